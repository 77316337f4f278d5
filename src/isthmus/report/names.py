"""Names of columns and classes, as pictures can show them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from pathlib import PurePath
from typing import Any, final

import matplotlib
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties

from isthmus.errors import printable

_LONGEST = 24
_TOLD = 300
_UPRIGHT = ("normal", "normal", 400, "normal")


@final
class DrawnNames:
    """The names of columns or classes in the pictures of a report.

    A name that no font here has letters for, or that cannot be told from others once it is cut,
    is drawn as a number, and the page tells what that stands for: browsers have all letters.

    Parameters
    ----------
    names : sequence of str, or of what is shown as text
        What users call them.
    kind : str
        What they are, such as "column".
    longest : int
        Letters from which on a name is cut.
    """

    def __init__(self, names: Sequence[Any], kind: str, longest: int = _LONGEST) -> None:
        self._names, self._kind = [str(name) for name in names], kind
        self._longest = longest
        self._replaced: dict[str, str] = {}
        self._shown = Counter(_shortened(name, longest) for name in self._names)

    @property
    def names(self) -> Sequence[str]:
        """What users call them."""
        return self._names

    def label(self, position: int) -> str:
        """Give what stands for a name at the edge of a plot."""
        name = self._names[position]
        label = _shortened(name, self._longest)
        if label.strip() and self._shown[label] == 1 and _families(label) is not None:
            return label
        label = f"{self._kind} {position + 1}"
        if name != label:
            self._replaced[label] = name if len(name) <= _TOLD else f"{name[:_TOLD]}…"
        return label

    @property
    def replaced(self) -> dict[str, str]:
        """What the labels given so far stand for, where they are not the names themselves."""
        return self._replaced


def text_style(labels: Sequence[str]) -> dict[str, Any]:
    """Give the properties of text that shows names as they are.

    To matplotlib, a dollar begins a formula.
    """
    families = (_families(label) or () for label in labels)
    more = list(dict.fromkeys(family for found in families for family in found))
    usual = list(matplotlib.rcParams["font.family"])
    return {"parse_math": False, "usetex": False, "fontfamily": [*usual, *more]}


def add_legend(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """Explain lines or points of these names, beside the plots."""
    # A legend leaves out what is called _so, and reads formulas; so it gets the names afterwards.
    numbers = list(map(str, range(len(labels))))
    legend = figure.legend(handles, numbers, frameon=False, loc="outside right center")
    style = text_style(labels)
    for text, label in zip(legend.get_texts(), labels, strict=True):
        text.update({"text": label, **style})


def without_folders(source: str) -> str:
    """Give the name of a file as a title has it: where it lies is nobody's business.

    Examples
    --------
    >>> without_folders("/home/anna/secret/heights.csv"), without_folders("X")
    ('heights.csv', 'X')
    """
    return PurePath(source).name or source


def _shortened(name: str, longest: int) -> str:
    # A name of a megabyte need not be looked through.
    name = printable(name[: 4 * longest])
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _families(text: str) -> tuple[str, ...] | None:
    """Give the fonts that text needs beside the usual ones; None where none has its letters."""
    if _needs_shaping(text) and matplotlib.__version_info__ < (3, 11):
        return None
    usual = FontProperties(family=matplotlib.rcParams["font.family"])
    missing = set(text) - _letters_in(font_manager.findfont(usual))
    found = []
    for family, file in _other_families().items() if missing else ():
        if missing & _letters_in(file):
            found.append(family)
            missing -= _letters_in(file)
        if not missing:
            break
    return None if missing else tuple(found)


def _needs_shaping(text: str) -> bool:
    """Tell text that is written from right to left, or whose letters change with each other."""
    return any(
        unicodedata.bidirectional(letter) in ("R", "AL") or unicodedata.category(letter)[0] == "M"
        for letter in text
    )


@lru_cache(maxsize=1)
def _other_families() -> dict[str, str]:
    """Give the upright fonts that there are and their files, those without serifs first."""
    files = {
        font.name: font.fname
        for font in font_manager.fontManager.ttflist
        if (font.style, font.variant, font.weight, font.stretch) == _UPRIGHT
        # This one has a box for every letter.
        and not font.name.startswith("Last Resort")
    }
    return dict(sorted(files.items(), key=lambda item: ("Sans" not in item[0], item[0])))


@lru_cache(maxsize=4096)
def _letters_in(file: str) -> frozenset[str]:
    try:
        font = font_manager.get_font(file)
        # Fonts of pictures, as those of coloured emoji are, cannot be drawn.
        return frozenset(map(chr, font.get_charmap() if font.scalable else ()))
    except (OSError, RuntimeError):
        return frozenset()
