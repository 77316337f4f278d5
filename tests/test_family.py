from abc import abstractmethod
from dataclasses import dataclass
from types import new_class

import pytest

from isthmus import Code, Corruption, GaussianCode, GaussianNoise, Likelihood, Masking, Penalty
from isthmus.errors import IsthmusError
from isthmus.family import Family, is_member, is_part, part_class
from isthmus.models import ActivationError


class Toy(Family):
    """A family whose members differ from test to test."""

    @abstractmethod
    def __call__(self) -> None:
        """Do nothing."""


def member(class_name: str, /, module: str = __name__, **keywords) -> type:
    body = {"__module__": module, "__call__": lambda self: None}
    return new_class(class_name, (Toy,), keywords, lambda namespace: namespace.update(body))


@pytest.fixture(autouse=True)
def _no_members_stay(monkeypatch):
    monkeypatch.setattr("isthmus.family._PARTS", {})


@pytest.mark.parametrize(
    ("class_name", "name"),
    [("TopK", "top_k"), ("L1", "l1"), ("SaltAndPepper", "salt_and_pepper"), ("ABCode", "ab_code")],
)
def test_a_name_is_made_from_that_of_the_class(class_name, name):
    kind = member(class_name)
    assert Toy.members() == {name: kind}
    assert isinstance(Toy.named(name), kind)


def test_members_are_sorted_and_may_choose_their_names():
    b, a = member("B"), member("C", part_name="a")
    assert list(Toy.members().items()) == [("a", a), ("b", b)]


def test_abstract_private_and_unlisted_classes_are_no_members():
    class Halfway(Toy):
        """Does not say what it does."""

    member("_Private")
    hidden = member("Hidden", part_listed=False)
    assert Toy.members() == {}
    assert part_class("Hidden") is hidden
    for name in ("Toy", "Halfway", "_Private", "Nothing"):
        with pytest.raises(KeyError):
            part_class(name)


@pytest.mark.parametrize("family", [Code, Corruption, Likelihood, Penalty, Toy])
def test_what_is_abstract_cannot_be_made(family):
    with pytest.raises(TypeError, match="abstract"):
        family()


def test_a_class_that_is_defined_anew_takes_the_old_ones_place():
    old, new = member("Part"), member("Part")
    assert Toy.members() == {"part": new}
    assert is_member(new())
    assert is_part(old())
    assert not is_member(old())


def test_slots_keep_the_name():
    @dataclass(frozen=True, slots=True)
    class Slotted(Toy, part_name="narrow"):
        size: int = 1

        def __call__(self) -> None: ...

    assert Toy.members() == {"narrow": Slotted}


@pytest.mark.parametrize("other", [("Part", {}), ("Other", {"part_name": "part"})])
def test_a_second_class_of_a_name_is_refused(other):
    member("Part")
    with pytest.raises(IsthmusError, match=r"^elsewhere defines .* has Part named"):
        member(other[0], "elsewhere", **other[1])
    with pytest.raises(IsthmusError, match="choose another name"):
        member("Other", part_name="part")


def test_unknown_names_are_refused_with_the_names_that_there_are():
    member("Masking")
    member("Swap")
    with pytest.raises(IsthmusError, match=r"no Toy named 'mask': .* masking, swap; 'masking' is"):
        Toy.named("mask")


def test_only_parts_are_parts():
    assert is_part(Masking(0.1))
    assert not is_part(Masking)
    assert not is_part("masking")


def test_names_may_be_the_same_in_two_families(monkeypatch):
    monkeypatch.undo()
    assert Corruption.members()["gaussian"] is GaussianNoise
    assert Code.members()["gaussian"] is GaussianCode


def test_making_a_part_makes_no_member(monkeypatch):
    monkeypatch.undo()
    before = dict(Likelihood.members())
    assert Likelihood.named("gaussian", 0.5).sized(3).variance == 0.5
    assert Likelihood.members() == before
    assert part_class("ActivationError") is ActivationError
    assert ActivationError not in before.values()
