import numpy as np
import pytest

from isthmus import IsthmusError
from isthmus.explorer.messages import DTYPES, pack, unpack


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(0,), (1,), (3,), (2, 5, 3)])
def test_messages_come_back(dtype, shape):
    arrays = [np.arange(np.prod(shape)).reshape(shape).astype(dtype), np.ones(3, np.uint8)]
    header, found = unpack(pack({"ask": "größe 🙂", "x": None}, arrays))
    assert header == {"ask": "größe 🙂", "x": None}
    for array, again in zip(arrays, found, strict=True):
        assert again.dtype == array.dtype
        assert np.array_equal(again, array)


def test_arrays_lie_where_a_browser_reads_them():
    message = pack({"a": 1}, [np.ones(1, np.uint8), np.full(1, 7.0)])
    assert len(message) % 8 == 0
    assert np.frombuffer(message[-8:], np.float64)[0] == 7


def test_a_message_that_is_cut_off_is_refused():
    message = pack({"a": 1}, [np.arange(100.0)])
    for end in range(0, len(message), 7):
        with pytest.raises(IsthmusError, match="damaged"):
            unpack(message[:end])
