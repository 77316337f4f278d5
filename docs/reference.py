"""Write the reference from the docstrings into docs/reference: `make docs`, before it builds.

Classes are asked once they are imported, because some of what they say is made at that moment.
"""

import inspect
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from types import FunctionType

from docstring_parser.numpydoc import NumpydocParser, RaisesSection, Section

import isthmus
import isthmus.metrics

FOLDER = Path(__file__).parent / "reference"
TITLES = {
    "estimators": "Estimators",
    "parts": "Parts",
    "data": "Data and files",
    "reports": "Reports",
    "metrics": "Metrics",
    "explorer": "Explorer",
    "errors": "Errors",
}
# Where what is defined in a room is shown: on which page, under which heading.
PLACES = {
    "isthmus.estimators": ("estimators", ""),
    "isthmus.maps": ("estimators", ""),
    "isthmus.metrics": ("metrics", ""),
    "isthmus.fitting": ("estimators", ""),
    "isthmus.family": ("parts", ""),
    "isthmus.models": ("parts", ""),
    "isthmus.networks": ("parts", "Networks"),
    "isthmus.models.codes": ("parts", "Codes"),
    "isthmus.models.likelihoods": ("parts", "Likelihoods"),
    "isthmus.objectives.corruptions": ("parts", "Corruptions"),
    "isthmus.objectives.penalties": ("parts", "Penalties"),
    "isthmus.objectives.unlabelled": ("parts", "What unlabelled rows teach"),
    "isthmus.io": ("data", ""),
    "isthmus.compression": ("data", "Archives"),
    "isthmus.fitting.persistence": ("data", ""),
    "isthmus.training": ("data", ""),
    "isthmus.runs": ("data", ""),
    "isthmus.report": ("reports", ""),
    "isthmus.explorer": ("explorer", ""),
    "isthmus.errors": ("errors", ""),
}

ENTRIES = ("Parameters", "Attributes", "Returns", "Yields", "Raises")
PARSER = NumpydocParser(
    [RaisesSection(title, title) for title in ENTRIES]
    + [Section(title, title) for title in ("Notes", "References", "Examples")]
)

PUBLIC = {name: getattr(isthmus, name) for name in isthmus.__all__}
PUBLIC |= {name: getattr(isthmus.metrics, name) for name in isthmus.metrics.__all__}


def place_of(thing: type | Callable) -> tuple[str, str]:
    """Give the page and the heading under which something is shown."""
    module = f"{thing.__module__}."
    return PLACES[max((room for room in PLACES if module.startswith(f"{room}.")), key=len)]


def methods_of(cls: type) -> dict[str, tuple[type, FunctionType | property]]:
    """Give the public methods and properties, each with the class that tells what it does."""
    found = {}
    for name in dir(cls):
        holders = [(base, _plain(vars(base)[name])) for base in cls.__mro__ if name in vars(base)]
        public = name == "__call__" or not name.startswith("_")
        if public and isinstance(holders[0][1], FunctionType | property):
            found[name] = next((holder for holder in holders if holder[1].__doc__), holders[0])
    return found


def _plain(member: object) -> object:
    return getattr(member, "__func__", member)


def shown() -> dict[str, list[type | Callable]]:
    """Give what each page shows: the public names, and the bases that tell what these can do."""
    things = dict.fromkeys(PUBLIC.values())
    for thing in PUBLIC.values():
        if isinstance(thing, type):
            things |= dict.fromkeys(home for home, _ in methods_of(thing).values() if _own(home))
    pages = {page: [] for page in TITLES}
    for thing in sorted(things, key=lambda thing: (place_of(thing), _rank(thing), thing.__name__)):
        pages[place_of(thing)[0]].append(thing)
    return pages


def _own(cls: type) -> bool:
    return cls.__module__.split(".")[0] == "isthmus"


def _rank(thing: type | Callable) -> int:
    """Families begin with what all their members share; estimators end with it."""
    if place_of(thing)[1]:
        return not inspect.isabstract(thing)
    return thing.__name__ not in PUBLIC


def link(cls: type, method: str = "") -> str:
    """Link to where a class or its method is shown, from another page of the reference."""
    return f"[`{method or cls.__name__}`]({place_of(cls)[0]}.md#{anchor(cls, method)})"


def anchor(cls: type, method: str = "") -> str:
    return f"{cls.__name__}.{method.strip('_')}" if method else cls.__name__


def linked(text: str, own_name: str = "") -> str:
    """Make links of the public names that a text has between backticks."""

    def replace(match: re.Match[str]) -> str:
        thing = PUBLIC.get(match[1])
        return match[0] if thing is None or match[1] == own_name else link(thing)

    return re.sub(r"(?<!`)`(\w+)`(?!`)", replace, text)


def signature(name: str, function: Callable) -> str:
    """Write a call with its defaults, on several lines where it is long."""
    asked = inspect.signature(function).parameters.values()
    given = [parameter for parameter in asked if parameter.name not in ("self", "cls")]
    parameters = [str(parameter.replace(annotation=parameter.empty)) for parameter in given]
    kinds = [parameter.kind for parameter in given]
    if inspect.Parameter.KEYWORD_ONLY in kinds and inspect.Parameter.VAR_POSITIONAL not in kinds:
        parameters.insert(kinds.index(inspect.Parameter.KEYWORD_ONLY), "*")
    call = f"{name}({', '.join(parameters)})"
    if len(call) > 80:
        call = "\n    ".join([f"{name}(", *(f"{parameter}," for parameter in parameters)]) + "\n)"
    return f"```py\n{call}\n```"


def docstring(text: str, own_name: str) -> Iterator[str]:
    """Turn a numpydoc docstring into paragraphs of Markdown."""
    parsed = PARSER.parse(text)
    for prose in (parsed.short_description, parsed.long_description):
        if prose:
            yield linked(prose, own_name)
    for title, items in groupby(parsed.meta, key=lambda item: item.args[0]):
        yield f"**{title}**"
        for item in items:
            if title in ENTRIES:
                yield entry(item.type_name, linked(item.description or "", own_name))
            elif title == "Examples":
                yield from examples(item.description)
            else:
                yield linked(item.description, own_name)


def entry(key: str, description: str) -> str:
    """Write a name, its type, and what it is, as an item of a definition list."""
    names, _, kind = " ".join(key.split()).partition(" : ")
    term = linked(", ".join(f"`{name}`" for name in names.split(", ")))
    if kind:
        # A brace would be read as attributes of the term.
        term += f" · *{kind.replace('{', '&#123;').replace('*', '&#42;')}*"
    indented = description.replace("\n", "\n    ")
    return f"{term}\n:   {indented}" if description else term


def examples(text: str) -> Iterator[str]:
    for session, paragraphs in groupby(text.split("\n\n"), key=lambda p: p.startswith(">>>")):
        joined = "\n\n".join(paragraphs)
        yield f"```pycon\n{joined}\n```" if session else joined


def section(thing: type | Callable, level: int) -> Iterator[str]:
    """Tell all about a class or a function."""
    name = thing.__name__
    yield f"{'#' * level} {name} {{ #{name} }}"
    is_class = isinstance(thing, type)
    if not (is_class and (inspect.isabstract(thing) or issubclass(thing, Exception))):
        yield signature(name, thing)
    yield from docstring(inspect.getdoc(thing) or "", name)
    if is_class:
        yield from members(thing, level + 1)


def members(cls: type, level: int) -> Iterator[str]:
    """Tell about the methods of a class; those of its bases are named, with links to them."""
    methods = methods_of(cls)
    inherited = [
        link(home, name) if _own(home) else f"`{name}`"
        for name, (home, _) in sorted(methods.items(), key=lambda item: not _own(item[1][0]))
        if home is not cls
    ]
    if inherited and not issubclass(cls, Exception):
        yield f"Inherited: {', '.join(inherited)}."
    for name, (home, method) in methods.items():
        if home is cls:
            title = name.replace("__", r"\_\_")
            yield f"{'#' * level} {title} {{ #{anchor(cls, name)} }}"
            if not isinstance(method, property):
                yield signature(name, method)
            yield from docstring(inspect.getdoc(method) or "", cls.__name__)


def pages() -> dict[str, str]:
    """Give the Markdown of every page of the reference, by its name."""
    written, things_of = {}, shown()
    index = ["# Reference", "What `from isthmus import …` finds."]
    for page, title in TITLES.items():
        paragraphs = [f"# {title}"]
        index.append(f"## {title}")
        for family, things in groupby(things_of[page], key=lambda thing: place_of(thing)[1]):
            if family:
                paragraphs.append(f"## {family}")
                index.append(f"**{family}**")
            rows = []
            for thing in things:
                paragraphs.extend(section(thing, 3 if family else 2))
                if thing.__name__ in PUBLIC:
                    first = (inspect.getdoc(thing) or "").split("\n\n")[0].replace("\n", " ")
                    rows.append(f"| {link(thing)} | {linked(first, thing.__name__)} |")
            index.append("\n".join(["| name | what it is |", "|---|---|", *rows]))
        written[page] = "\n\n".join(paragraphs) + "\n"
    return {"index": "\n\n".join(index) + "\n", **written}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for page, text in pages().items():
        (FOLDER / f"{page}.md").write_text(text, encoding="utf-8")
