"""The texts of options, written once: in the docstrings of the estimators that take them.

Reading those means importing the library, for which only those wait who ask for help.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import partial
from inspect import signature
from typing import Any

from cyclopts import App

from isthmus.cli.options import Options

# Libraries are imported inside the functions, as in the commands.

_FLAGS = frozenset({"--help", "-h"})
_LONG = 120
"""A sentence that is longer ends where it goes into detail."""

_originals: dict[Callable[..., Any], str] = {}


def fill_in(app: App, arguments: Sequence[str]) -> None:
    """Complete the texts of a command if its help is asked for."""
    if _FLAGS.isdisjoint(arguments):
        return
    named = app.parse_commands([word for word in arguments if word not in _FLAGS])[1][-1]
    command = named.default_command
    if command is None:
        return
    command.__doc__ = _named(_originals.setdefault(command, command.__doc__ or ""))
    for parameter in signature(command, eval_str=True).parameters.values():
        if isinstance(parameter.annotation, type) and issubclass(parameter.annotation, Options):
            _complete(parameter.annotation)


def _complete(options: type[Options]) -> None:
    """Write the docstring of options anew, with a text for each."""
    from isthmus.fitting.declaration import documented

    own: dict[str, str] = {}
    for base in reversed(options.__mro__):
        entries = documented(getattr(base, "text", ""))
        own |= {name: _named(text) for name, (_, text) in entries.items()}
    texts = _Texts(options)
    names = [item.name for item in fields(options)]
    lines = [f"{name}\n    {' '.join([*texts.of(name), own.get(name, '')])}" for name in names]
    summary = options.text.splitlines()[0]
    options.__doc__ = "\n".join([summary, "", "Parameters", "----------", *lines])


class _Texts:
    """What docstrings of estimators and their parts say of the parameters behind options."""

    def __init__(self, options: type[Options]) -> None:
        import isthmus
        from isthmus.cli.models import models
        from isthmus.family import Family
        from isthmus.fitting.declaration import documented

        source: Any = getattr(isthmus, options.estimator)
        kinds = models()
        self.by_kind = options.by_kind
        self.source = documented(source.__doc__)
        self.kinds = {name: documented(kind.__doc__) for name, kind in kinds.items()}
        self.names_kinds = source in kinds.values()
        # What options such as --network choose from.
        families = {family.__name__: family for family in Family.__subclasses__()}
        self.members: dict[str, dict[str, Any]] = {}
        for item in fields(options):
            kind, _ = self.source.get(item.name, ("", ""))
            for word in families.keys() & re.findall(r"\w+", kind):
                self.members[item.name] = families[word].members()
        self.parts = [
            documented(p.__doc__ or "") for m in self.members.values() for p in m.values()
        ]

    def of(self, name: str) -> Iterator[str]:
        """Give who takes a parameter, what it means, and what it may be; nothing if unknown."""
        known = [self.source, *self.kinds.values(), *self.parts]
        kind, text = next((texts[name] for texts in known if name in texts), ("", ""))
        if not text:
            return
        yield self._takers(name)
        yield _first_sentence(text)
        names = re.findall(r'"(\w+)"', kind.partition(" default=")[0])
        names = names or list(self.members.get(name, ()))
        if names:
            yield f"One of {', '.join(names)}."

    def _takers(self, name: str) -> str:
        kinds = [kind for kind, texts in self.kinds.items() if name in texts]
        if self.by_kind:
            return f"{', '.join(kinds).capitalize()}:"
        if name in self.source:
            return ""
        ways = [f"--model {', '.join(kinds)}"] if kinds and self.names_kinds else []
        for option, members in self.members.items():
            takers = [m for m in members if name in (f.name for f in fields(members[m]))]
            if len(takers) == len(members):
                ways.append(f"--{option}")
            elif takers:
                ways.append(f"--{option} {', '.join(takers)}")
        return f"With {' or '.join(ways)}:" if ways else ""


def _first_sentence(text: str) -> str:
    """Give the first sentence of a text, as it is read at a command line."""
    # Parts are written otherwise there.
    text = re.sub(r"[,:][^,:;.`]*\bsuch as ``[^`]*``[^;.]*", "", text)
    sentence = re.split(r"\.(?:\s|$)", text)[0]
    if len(sentence) > _LONG:
        sentence = re.split(r"[:;]| \(", sentence)[0]
    return re.sub(r"\bNone\b", "by default it", sentence) + "."


def _named(text: str) -> str:
    """Fill in names in braces."""
    return re.sub(r"\{(\w+)\}", lambda found: _NAMES[found[1]](), text)


def _models() -> str:
    from isthmus.cli.models import models

    return ", ".join(models())


def _swept_models() -> str:
    from isthmus import ComponentSweep
    from isthmus.cli.models import models

    def can_be_swept(kind: Any) -> bool:
        try:
            ComponentSweep(kind()).check_parameters()
        except ValueError:
            return False
        return True

    return ", ".join(name for name, kind in models().items() if can_be_swept(kind))


def _writable(names: tuple[str, ...] | None = None, dtype: str | None = None) -> str:
    from isthmus.io.dataset import Schema
    from isthmus.io.formats import writable

    return writable(None if dtype is None else Schema(names, (dtype,), (1,)))


_NAMES = {
    "models": _models,
    "swept_models": _swept_models,
    "files": _writable,
    "files_of_numbers": partial(_writable, None, "float32"),
    "files_of_tables": partial(_writable, ("name",), "string"),
}
