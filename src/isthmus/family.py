"""A family of parts knows its members: each registers itself when its class is defined."""

from __future__ import annotations

import re
from abc import ABC
from inspect import isabstract
from typing import Any, ClassVar, Self

from isthmus.checks import advice
from isthmus.errors import IsthmusError

_PARTS: dict[str, type[Family]] = {}


class Family(ABC):
    """The base of each family's base class.

    Classes under it become members when they are defined. Those that are still abstract do not
    count, nor those whose names begin with an underscore.

    Parameters
    ----------
    part_name : str or None
        What the member is called in its family, a keyword of its class or an attribute; None
        makes it from the name of the class, as "top_k" from ``TopK``.
    part_listed : bool
        Whether it is among `members`; if not, only model files find it.

    Attributes
    ----------
    part_forgotten : tuple of str
        Settings that model files of earlier versions give, and that a fitted model does without.

    Examples
    --------
    >>> from isthmus.objectives import Corruption
    >>> list(Corruption.members())
    ['gaussian', 'hiding', 'masking', 'salt_and_pepper', 'swap']
    >>> Corruption.named("masking", 0.3)
    Masking(level=0.3)
    """

    part_name: ClassVar[str]
    part_forgotten: ClassVar[tuple[str, ...]] = ()
    part_listed: ClassVar[bool]

    def __init_subclass__(
        cls, *, part_name: str | None = None, part_listed: bool = True, **keywords: Any
    ) -> None:
        super().__init_subclass__(**keywords)
        # A dataclass with slots is defined twice, the second time without keywords.
        if "part_name" not in vars(cls):
            cls.part_name = part_name or _snake_case(cls.__name__)
        if "part_listed" not in vars(cls):
            cls.part_listed = part_listed
        # Equinox makes private subclasses of its own.
        if Family not in cls.__bases__ and not cls.__name__.startswith("_"):
            _register(cls)

    @classmethod
    def members(cls) -> dict[str, type[Self]]:
        """Give the classes of the family by their names, in alphabetical order."""
        found = {
            part.part_name: part
            for part in _PARTS.values()
            if issubclass(part, cls) and part.part_listed and not isabstract(part)
        }
        return dict(sorted(found.items()))

    @classmethod
    def named(cls, name: str, *args: Any, **settings: Any) -> Self:
        """Make the member of this name with these settings.

        Raises
        ------
        IsthmusError
            The family has no member of this name.
        """
        members = cls.members()
        if name not in members:
            raise IsthmusError(
                f"there is no {cls.__name__} named {name!r}: {advice(name, members)}."
            )
        return members[name](*args, **settings)


def part_class(class_name: str) -> type[Family]:
    """Give the part of any family whose class has this name; KeyError if there is none."""
    part = _PARTS[class_name]
    if isabstract(part):
        raise KeyError(class_name)
    return part


def is_part(value: object) -> bool:
    """Tell whether a value is a part of any family."""
    return isinstance(value, Family)


def is_member(part: Family) -> bool:
    """Tell whether `part_class` finds a part's class by its name."""
    return _PARTS.get(type(part).__name__) is type(part)


def _register(part: type[Family]) -> None:
    for other in _PARTS.values():
        if part.__name__ == other.__name__:
            # Defined anew, as a notebook does, it takes the place of what was defined before.
            clash = part.__module__ != other.__module__
        else:
            clash = part.part_name == other.part_name and _family_of(part) is _family_of(other)
        if clash:
            raise IsthmusError(
                f"{part.__module__} defines a part {part.__name__} named {part.part_name!r}, but "
                f"{other.__module__} has {other.__name__} named {other.part_name!r} already: "
                "choose another name."
            )
    _PARTS[part.__name__] = part


def _family_of(part: type[Family]) -> type:
    return next(base for base in part.__mro__ if Family in base.__bases__)


def _snake_case(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
