"""What one run has otherwise than another is told."""

import re

import pytest

from isthmus.fitting.identity import Identity

IDENTITY = Identity("Autoencoder", {"level": "1"}, "8 (float32)", 200, "d", "s")

OTHERS = {
    "model": (
        Identity("Sparse", {"level": "1"}, "8 (float32)", 200, "d", "s"),
        "comes from Autoencoder, but this is Sparse",
    ),
    "parameter": (
        Identity("Autoencoder", {"level": "2"}, "8 (float32)", 200, "d", "s"),
        r"other parameters \(level=1, but now level=2\)",
    ),
    "schema": (
        Identity("Autoencoder", {"level": "1"}, "9 (float32)", 200, "d", "s"),
        r"other data \(rows of 8 \(float32\), but now 9 \(float32\)\)",
    ),
    "rows": (
        Identity("Autoencoder", {"level": "1"}, "8 (float32)", 201, "d", "s"),
        r"other data \(200 rows, but now 201\)",
    ),
    "content": (
        Identity("Autoencoder", {"level": "1"}, "8 (float32)", 200, "e", "s"),
        r"other data \(of the same shape, but with other names or values\)",
    ),
    "start": (
        Identity("Autoencoder", {"level": "1"}, "8 (float32)", 200, "d", "t"),
        "started from other weights than this run does",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_difference_is_told(name):
    identity, sentence = OTHERS[name]
    assert IDENTITY.difference(IDENTITY.state()) is None
    assert re.search(sentence, identity.difference(IDENTITY.state()))


def test_another_order_of_the_rows_is_told_with_its_remedy():
    then = Identity("A", {}, "8", 200, "d", "s", {"memory": "1MB"})
    now = Identity("A", {}, "8", 200, "d", "s", {"memory": "2MB"})
    assert "memory=1MB, but now memory=2MB" in now.difference(then.state())
    assert now.remedy(then.state()).startswith("give --memory 1MB (in Python")
    assert not now.remedy(now.state())
