"""Parameters of estimators, each declared in one place: type, constraint, default and text.

A class decorated with `estimator` names its parameters as fields of a dataclass. What it inherits
from the groups in `isthmus.fitting.parameters` comes along, with the lines of its documentation.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar, dataclass_transform

from sklearn.utils._param_validation import StrOptions

T = TypeVar("T")

_MERGED = ("Parameters", "Attributes")
_HEADING = re.compile(r"^([A-Z][A-Za-z ]+)\n-{3,}\n", re.MULTILINE)


class Named(StrOptions):
    """One of some names, or of those that a family of parts has when it is asked.

    Parameters
    ----------
    *names : str
        Names that there are always.
    family : callable or None
        Gives further names as the keys of a dict.
    """

    def __init__(self, *names: str, family: Callable[[], Iterable[str]] | None = None) -> None:
        self._names, self._family = names, family
        self.type, self.deprecated, self.hidden = str, set(), False

    @property
    def options(self) -> list[str]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """All names, sorted but for those that there are always."""
        return [*self._names, *sorted(self._family() if self._family is not None else ())]


def parameter(*constraints: Any, default: Any, kw_only: bool = True) -> Any:
    """Declare a parameter of an estimator.

    Parameters
    ----------
    *constraints
        What it may be, as scikit-learn's own estimators say it.
    default : object
        Its default.
    kw_only : bool, default=True
        Whether it has to be given by name.
    """
    return field(default=default, kw_only=kw_only, metadata={"constraints": constraints})


@dataclass_transform(kw_only_default=True, field_specifiers=(parameter,))
def estimator(cls: type[T]) -> type[T]:
    """Give a class the `__init__`, the constraints and the documentation that its fields describe.

    `__init__` only stores, as scikit-learn asks. The docstring needs to hold no entry that a base
    class has for the same parameter or attribute; defaults and ``{names}`` are filled in.
    """
    decorated: Any = dataclass(repr=False, eq=False, match_args=False)(cls)
    # Own parameters first, then those of the bases from near to far; dataclasses do the opposite.
    declared = {
        name: decorated.__dataclass_fields__[name]
        for base in decorated.__mro__
        for name in inspect.get_annotations(base)
        if "constraints" in getattr(decorated.__dataclass_fields__.get(name), "metadata", ())
    }
    # Where scikit-learn looks for them.
    decorated._parameter_constraints = {  # noqa: SLF001
        name: list(item.metadata["constraints"]) for name, item in declared.items()
    }
    signature = inspect.signature(decorated.__init__)
    ordered = [signature.parameters[name] for name in ("self", *declared)]
    ordered.sort(key=lambda item: item.kind)
    decorated.__init__.__signature__ = signature.replace(parameters=ordered)
    decorated._own_documentation = cls.__doc__ or ""  # noqa: SLF001
    decorated.__doc__ = _documentation(decorated, declared)
    return decorated


def documented(docstring: str) -> dict[str, tuple[str, str]]:
    """Give what a docstring says of each parameter: its type, and the text on one line."""
    found: dict[str, tuple[str, str]] = {}
    for entry in _entries(_sections(docstring).get("Parameters", "")).values():
        head, *lines = entry.splitlines()
        names, _, kind = head.partition(" : ")
        found |= dict.fromkeys(names.split(", "), (kind, " ".join(map(str.strip, lines))))
    return found


def _documentation(cls: Any, declared: dict[str, Any]) -> str:
    """Put the class's own docstring and the entries of its bases together."""
    own = _sections(cls._own_documentation)
    entries = {name: _merged(cls, name) for name in _MERGED}
    parameters = [_completed(item, entries["Parameters"]) for item in declared.values()]
    merged = {"Parameters": parameters, "Attributes": entries["Attributes"].values()}
    sections = {name: "\n".join(lines) for name, lines in merged.items()}
    sections |= {name: text for name, text in own.items() if name and name not in _MERGED}
    parts = [f"{name}\n{'-' * len(name)}\n{text}" for name, text in sections.items() if text]
    return "\n\n".join([own[""], *parts]) + "\n"


def _merged(cls: Any, section: str) -> dict[str, str]:
    """Give a section's entries of a class and its bases; those of the nearest count."""
    entries: dict[str, str] = {}
    for base in cls.__mro__[:-1]:
        text = base.__dict__.get("_own_documentation", base.__dict__.get("__doc__")) or ""
        entries = {**_entries(_sections(text).get(section, "")), **entries}
    return entries


def _completed(declared: Any, entries: dict[str, str]) -> str:
    """Give a parameter's entry with the names that it may be, and its default."""
    head, *text = entries.get(declared.name, f"{declared.name} : object").splitlines()
    for constraint in declared.metadata["constraints"]:
        if isinstance(constraint, StrOptions):
            names = ", ".join(f'"{name}"' for name in constraint.options)
            head = head.replace("{names}", f"{{{names}}}")
    default = declared.default
    head += f', default="{default}"' if isinstance(default, str) else f", default={default!r}"
    return "\n".join([head, *text])


@lru_cache
def _sections(doc: str) -> dict[str, str]:
    """Cut a docstring into its sections; what comes before them has no name."""
    summary, *rest = _HEADING.split(inspect.cleandoc(doc))
    names, texts = rest[::2], rest[1::2]
    return {"": summary.strip()} | {
        name: text.strip("\n") for name, text in zip(names, texts, strict=True)
    }


def _entries(text: str) -> dict[str, str]:
    """Cut a section into the entries of single parameters, by their names."""
    found = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    return {entry.partition(" :")[0]: entry.rstrip() for entry in found if entry.strip()}
