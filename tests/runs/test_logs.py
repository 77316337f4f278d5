"""Logs tell every epoch, and lose no line."""

import json
import os
import struct
import subprocess
import sys
from contextlib import closing, suppress

import numpy as np
import pytest

from isthmus.errors import IsthmusError
from isthmus.runs import Logs, Progress
from isthmus.runs.log_file import LogFile
from isthmus.runs.peak_memory import peak_memory

EPOCH = Progress(
    30, 90, 2, 6, 0.5, 0.25, "layer 1 of 2", 32.0, 1234.56, 7.0, learning_rate=1e-3
)._replace(epoch_complete=True)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path, *progress, resumed_epoch=None, tensorboard=None):
    logs = Logs(path, tensorboard)
    try:
        logs.begin(resumed_epoch)
        for one in progress:
            logs(one)
        logs.end(interrupted=False)
    finally:
        logs.close()


def events(folder):
    """Read event files back, checksums and all."""
    record_writer = pytest.importorskip("tensorboardX.record_writer")
    protocol = pytest.importorskip("tensorboardX.proto.event_pb2")
    found = []
    for file in sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns):
        content, at = file.read_bytes(), 0
        while at < len(content):
            (length,) = struct.unpack_from("<Q", content, at)
            data = content[at + 12 : at + 12 + length]
            for start, part in ((at + 8, content[at : at + 8]), (at + 12 + length, data)):
                (checksum,) = struct.unpack_from("<I", content, start)
                assert checksum == record_writer.masked_crc32c(part)
            found.append(protocol.Event.FromString(data))
            at += 16 + length
    return found


def curves(folder):
    return [
        (event.step, {value.tag: value.simple_value for value in event.summary.value})
        for event in events(folder)
        if event.HasField("summary")
    ]


def test_every_whole_epoch_is_a_line(tmp_path):
    path = tmp_path / "new" / "run.jsonl"
    write(path, EPOCH._replace(epoch_complete=False), EPOCH)
    started, epoch, finished = lines(path)
    memory = epoch.pop("peak_memory")
    assert 2**20 < memory <= peak_memory()
    assert epoch == {
        "stage": "layer 1 of 2",
        "epoch": 2,
        "n_epochs": 6,
        "updates": 30,
        "loss": 0.5,
        "validation_loss": 0.25,
        "rows_per_second": 1234.6,
        "seconds": 7.0,
        "learning_rate": 1e-3,
    }
    assert (started["event"], finished["event"]) == ("started", "finished")


def test_what_is_no_number_is_null(tmp_path):
    path = tmp_path / "run.jsonl"
    write(path, EPOCH._replace(loss=np.inf, validation_loss=None, rows_per_second=None))
    _, epoch, _ = lines(path)
    assert epoch["loss"] is epoch["validation_loss"] is epoch["rows_per_second"] is None


def test_new_run_replaces_the_log_and_a_resumed_one_goes_on(tmp_path):
    path = tmp_path / "run.jsonl"
    write(path, EPOCH)
    write(path, EPOCH, EPOCH)
    assert len(lines(path)) == 4
    path.write_bytes(path.read_bytes() + b'{"stage": "", "epo')  # killed while it wrote
    write(path, EPOCH, resumed_epoch=3)
    assert [line.get("event", line.get("epoch")) for line in lines(path)] == [
        *("started", 2, 2, "finished"),
        *("resumed", 2, "finished"),
    ]
    assert lines(path)[4]["epoch"] == 3


def test_log_that_was_cut_within_its_first_line_is_one_still(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_text('{"event": "sta')
    write(path, EPOCH, resumed_epoch=1)
    assert lines(path)[0]["event"] == "resumed"


@pytest.mark.parametrize("content", ["a,b\n1,2\n", "{}\n", "[1]\n", "no line"])
def test_file_of_something_else_is_not_replaced(content, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(IsthmusError, match="holds something else than a log of Isthmus"):
        Logs(path)
    assert path.read_text() == content


def test_place_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    for name in (".", "file/run.jsonl"):
        with pytest.raises(IsthmusError, match=r"cannot be a log, because .*: .*\.$"):
            Logs(tmp_path / name)


def test_full_disk_at_the_start_is_a_sentence(small_disk):
    path = small_disk / "run.jsonl"
    fill(small_disk)
    with closing(Logs(path)) as logs, pytest.raises(IsthmusError, match="the disk is full"):
        logs.begin()


def fill(disk):
    with open(disk / "large", "wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(512)):
            pass


def tell(logs, n_epochs):
    for _ in range(n_epochs):
        logs(EPOCH)


def test_disk_that_gets_full_warns_once_and_breaks_no_line(small_disk):
    path = small_disk / "run.jsonl"
    with closing(Logs(path)) as logs:
        logs.begin()
        fill(small_disk)
        with pytest.warns(RuntimeWarning, match="training goes on") as warned:
            tell(logs, 100)
        assert len(warned) == 1
        (small_disk / "large").unlink()
        logs.end(interrupted=True)
    assert path.read_bytes().endswith(b"\n")
    assert lines(path)[-1]["event"] == "interrupted"


def test_line_that_does_not_fit_is_taken_back(tmp_path, monkeypatch):
    file = LogFile(tmp_path / "run.jsonl")
    file.write({"event": "started"})
    system_write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, line: system_write(descriptor, line[:5]))
    with pytest.raises(OSError, match="No space left"):
        file.write({"epoch": 1})
    assert lines(file.path) == [{"event": "started"}]


def test_peak_memory_is_that_of_this_process_alone():
    block = np.ones(2**23)
    before = peak_memory()
    assert before > block.nbytes
    rest = np.ones(before // 8)
    assert peak_memory() > before + block.nbytes
    del rest
    code = "from isthmus.runs.peak_memory import peak_memory; print(peak_memory())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert int(child.stdout) < peak_memory()


def test_tensorboard_gets_the_same_numbers(tmp_path):
    pytest.importorskip("tensorboardX")
    write(None, EPOCH, EPOCH._replace(stage="", epoch=3), tensorboard=tmp_path / "curves")
    (first, values), (second, bare) = curves(tmp_path / "curves")
    assert (first, second) == (2, 3)
    assert values["layer_1_of_2/loss"] == 0.5
    assert values["layer_1_of_2/validation_loss"] == 0.25
    assert values["layer_1_of_2/learning_rate"] == pytest.approx(1e-3)
    assert bare.keys() == {name.removeprefix("layer_1_of_2/") for name in values}
    assert events(tmp_path / "curves")[0].file_version == "brain.Event:2"


def test_resumed_run_takes_back_what_tensorboard_has_of_its_epochs(tmp_path):
    pytest.importorskip("tensorboardX")
    write(None, EPOCH, tensorboard=tmp_path)
    write(None, EPOCH, resumed_epoch=2, tensorboard=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2
    starts = [event for event in events(tmp_path) if event.HasField("session_log")]
    assert [(event.step, event.session_log.status) for event in starts] == [(2, 1)]


def test_disk_that_gets_full_ends_no_curves(small_disk):
    pytest.importorskip("tensorboardX")
    with closing(Logs(tensorboard=small_disk / "curves")) as logs:
        logs.begin()
        fill(small_disk)
        with pytest.warns(RuntimeWarning, match="training goes on") as warned:
            tell(logs, 1000)
        assert len(warned) == 1


def test_without_tensorboardx_a_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX.record_writer", None)
    with pytest.raises(IsthmusError, match=r"pip install 'isthmus\[tensorboard\]'\.$"):
        Logs(tmp_path / "run.jsonl", tmp_path / "curves")
    assert not list(tmp_path.iterdir())


def test_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    pytest.importorskip("tensorboardX")
    (tmp_path / "file").touch()
    with pytest.raises(IsthmusError, match="cannot be a folder for TensorBoard, because"):
        Logs(tensorboard=tmp_path / "file")
