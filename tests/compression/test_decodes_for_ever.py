"""Blocks that earlier versions coded: they decode to the same bits for ever, on every machine.

What the networks that ship hold is a part of the format, too.
"""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from isthmus.compression.codec import Codec
from isthmus.compression.fields.predictor import built_in
from isthmus.compression.promise import Promise

CODED = Path(__file__).with_name("coded")
# File, codec, shape, dtype, promise and the digest of what comes back.
BLOCKS = [
    ("bins", "fields", (12, 18, 21), np.float32, 0.02, "d65712f880ba140a"),
    ("levels", "fields", (12, 18, 21), np.float64, 0.0, "9773863132781232"),
    ("whole", "fields", (30, 41), np.int16, 0.0, "303f1760406ed773"),
    ("own_network", "fields", (12, 18, 21), np.float32, 0.02, "4c3fbf722d0548e5"),
    ("grey", "images", (40, 9, 8), np.uint8, 0.0, "1741c278b914f13b"),
    ("few", "images", (60, 8, 8), np.uint8, 0.0, "bbb9dedb10617a12"),
    ("two", "context_mixing", (120, 11, 9), np.uint8, 0.0, "d80cf601375161c9"),
]


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


@pytest.mark.parametrize("block", BLOCKS, ids=[block[0] for block in BLOCKS])
def test_a_coded_block_decodes_to_the_same_bits(block):
    name, codec, shape, dtype, max_error, expected = block
    content = (CODED / f"{name}.bin").read_bytes()
    n_model = int.from_bytes(content[:4], "little")
    model, data = content[4 : 4 + n_model], content[4 + n_model :]
    found = Codec.named(codec).decode(model, data, shape, np.dtype(dtype), Promise(max_error))
    assert digest(found.tobytes()) == expected


def test_the_network_of_fields_that_ships_is_the_same():
    assert digest(built_in().to_bytes()) == "a37cf8b75eeb6c2e"
