import pytest

from isthmus.errors import IsthmusError
from isthmus.io import affordable_rows, limited_memory, memory_budget
from isthmus.io.budget import parse_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1GB", 2**30),
        ("1.5 GiB", 3 * 2**29),
        ("512m", 512 * 2**20),
        ("2097152", 2**21),
        ("1tb", 2**40),
    ],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert parse_bytes(text, "--memory") == size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "1XB", "GB", "1 GB 2", "nan", "1e9"])
def test_what_is_no_size_is_one_sentence(text):
    with pytest.raises(IsthmusError, match=r"--memory=.* is no size of memory: write it like"):
        parse_bytes(text, "--memory")


def test_too_little_is_one_sentence():
    with pytest.raises(IsthmusError, match="is 1,024 bytes, expected at least 1MB"):
        parse_bytes("1KB", "--memory")


def test_limit_holds_inside_only(monkeypatch):
    monkeypatch.delenv("ISTHMUS_MEMORY", raising=False)
    machine = memory_budget()
    with limited_memory("4MB"):
        assert memory_budget() == 2**22
        with limited_memory(None):
            assert memory_budget() == 2**22
    assert memory_budget() == machine > 2**22
    monkeypatch.setenv("ISTHMUS_MEMORY", "some")
    with pytest.raises(IsthmusError, match="ISTHMUS_MEMORY='some' is no size"):
        memory_budget()


def test_wide_rows_come_in_smaller_chunks():
    with limited_memory("1GB"):
        sizes = [affordable_rows(width) for width in (1, 30, 784, 3000, 10**6)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 65_536
    assert sizes[-1] == 32
