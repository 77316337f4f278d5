"""What holds for every codec of blocks: what was coded comes back, whole or with the one error."""

import numpy as np

from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError

EXACT = Promise()


def decoded(codec, block, promise, effort="fast"):
    """Give what comes back of a block, and the bytes that it takes."""
    assert codec.takes(block, promise)
    model = codec.fit(block, promise, effort)
    data = codec.encode(model, block, promise)
    found = codec.decode(model, data, block.shape, block.dtype, promise)
    assert found.dtype == block.dtype
    assert found.shape == block.shape
    return found, len(model) + len(data)


def exact_size(codec, block, effort):
    """Give the bytes that a block takes which comes back to the bit."""
    found, n_bytes = decoded(codec, block, EXACT, effort)
    np.testing.assert_array_equal(found, block)
    return n_bytes


def n_refused_of_40(codec, block, promise):
    """Damage a byte or the end of the model or the data, and give how often that was noticed."""
    model = codec.fit(block, promise, "fast")
    data = codec.encode(model, block, promise)
    rng = np.random.default_rng(0)
    n_refused = 0
    for number in range(40):
        part = [bytearray(model), bytearray(data)]
        damaged = part[number % 2]
        if number < 26:
            damaged[rng.integers(len(damaged))] ^= 1 << rng.integers(8)
        else:
            del damaged[rng.integers(len(damaged)) :]
        try:
            found = codec.decode(bytes(part[0]), bytes(part[1]), block.shape, block.dtype, promise)
            assert found.shape == block.shape
        except ArchiveError:
            n_refused += 1
    return n_refused
