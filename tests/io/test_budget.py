import pytest

from isthmus.errors import IsthmusError
from isthmus.io import affordable_rows, limited_memory, memory_budget
from isthmus.io import budget as budget_module
from isthmus.io.budget import exact_bytes, machine_bytes, parse_bytes


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


@pytest.mark.parametrize(
    ("machine", "n_processes", "budget"),
    [
        (2**34, 1, 2**32),
        (2**34 - 7 * 10**8, 1, 2**32),  # the same machine, as Linux tells of it
        (24 * 2**30, 1, 2**32),
        (2**34, 4, 2**30),
        (2**34, 3, 2**30),
        (2**20, 1, 2**20),
    ],
)
def test_default_is_a_power_of_two_near_a_quarter(machine, n_processes, budget, monkeypatch):
    monkeypatch.delenv("ISTHMUS_MEMORY", raising=False)
    monkeypatch.setattr(budget_module, "machine_bytes", lambda: machine)
    assert memory_budget(n_processes) == budget


def test_what_the_user_said_holds_for_each_process():
    with limited_memory("1.5GB"):
        assert memory_budget(4) == 3 * 2**29


@pytest.mark.parametrize("size", [2**20, 3 * 2**30, 1_153_433, 2**42])
def test_exact_size_is_read_again(size):
    assert parse_bytes(exact_bytes(size), "--memory") == size


GROUPS = {
    "container": ("0::/\n", {"memory.max": "4096\n"}, 4096),
    "job": (
        "0::/slurm/job_1/step_0\n",
        {"slurm/job_1/memory.max": "2048\n", "slurm/job_1/step_0/memory.max": "max\n"},
        2048,
    ),
    "container as its host names it": ("0::/docker/0123\n", {"memory.max": "4096\n"}, 4096),
    "first version": (
        "5:devices:/\n4:cpu,memory:/pod\n0::/\n",
        {"memory/memory.limit_in_bytes": f"{2**62}", "memory/pod/memory.limit_in_bytes": "1024"},
        1024,
    ),
    "no limit": ("0::/\n", {"memory.max": "max\n"}, 8192),
    "more than there is": ("0::/\n", {"memory.max": "9999\n"}, 8192),
    "no groups": (None, {}, 8192),
}


@pytest.mark.parametrize("name", GROUPS)
def test_limit_of_a_container_is_the_machine(name, tmp_path, monkeypatch):
    own, limits, expected = GROUPS[name]
    files = {f"sys/fs/cgroup/{path}": text for path, text in limits.items()}
    if own is not None:
        files["proc/self/cgroup"] = own
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.setattr(budget_module, "_physical_bytes", lambda: 8192)
    assert machine_bytes(tmp_path) == expected
