"""The command on several processes of this machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from isthmus import cli, load
from isthmus.io import read_model_file

SMALL = ["--n-components", "2", "--hidden", "8", "--batch-size", "63", "--no-report"]
FIT = ["fit", "x*.npy", *SMALL]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    hidden = generator.normal(size=(300, 2))
    noise = 0.1 * generator.normal(size=(300, 6))
    np.save("x.npy", (hidden @ generator.normal(size=(2, 6)) + noise).astype(np.float32))
    return tmp_path


def start(n_processes, *arguments, command=FIT, ids=None, more=None, folders=None):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    job = ["--coordinator", f"127.0.0.1:{port}", "--processes", str(n_processes)]
    return [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "isthmus", *command, *arguments, *job),
                *("--process-id", str(i), *(more[i] if more else [])),
            ],
            cwd=folders[i] if folders else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for i in (range(n_processes) if ids is None else ids)
    ]


@pytest.mark.parametrize("streamed", [False, True])
def test_processes_together_give_the_losses_of_one_and_resume_on_another_number(here, streamed):
    options = ["--max-epochs", "3", "--checkpoint", "runs", "--checkpoint-seconds", "0"]
    options += ["--log", "run.jsonl"]
    memory = []
    if streamed:
        for i, rows in enumerate(np.split(np.tile(np.load("x.npy"), (1, 150)), 5)):
            np.save(f"x{i}.npy", rows)
        os.remove("x.npy")
        # Where training starts at the best linear code, gradients are rounding at first.
        memory = ["--memory", "1MB", "--no-shortcut"]
        options += memory
    assert cli.run([*FIT, "-o", "one.isthmus", "--max-epochs", "3", *memory]) == 0
    together = start(2, "-o", "two.isthmus", *options)
    outputs = [process.communicate(timeout=300) for process in together]
    assert [process.returncode for process in together] == [0, 0], outputs
    assert [output for output, _ in outputs] == ["Model: two.isthmus\n", ""]
    one, two = load("one.isthmus"), load("two.isthmus")
    log = (here / "run.jsonl").read_text().splitlines()
    epochs = [json.loads(line).get("epoch") for line in log]
    assert epochs == [None, 1, 2, 3, None]  # of the first process only
    for name in ("loss", "validation_loss"):
        np.testing.assert_allclose(one.history_[name], two.history_[name], rtol=1e-5)
    assert cli.run([*FIT, "-o", "again.isthmus", *options]) == 0
    assert load("again.isthmus").history_ == two.history_


def write_table():
    """Write a table with words and gaps in place of the numbers."""
    os.remove("x.npy")
    generator = np.random.default_rng(0)
    words = np.array(["red", "green", "blue", ""])[generator.integers(4, size=300)]
    numbers = [f"{x:.3f}" if x > -1 else "" for x in generator.normal(size=300)]
    rows = map(",".join, zip(words, numbers, reversed(numbers), strict=True))
    Path("x.csv").write_text("\n".join(["word,a,b", *rows]), "utf-8")


def test_processes_together_learn_a_table_with_words_and_gaps_as_one_does(here):
    write_table()
    fit = ["fit", "x.csv", *SMALL, "--max-epochs", "2"]
    assert cli.run([*fit, "-o", "one.isthmus"]) == 0
    together = start(2, "-o", "two.isthmus", command=fit)
    outputs = [process.communicate(timeout=300) for process in together]
    assert [process.returncode for process in together] == [0, 0], outputs
    one, two = load("one.isthmus"), load("two.isthmus")
    for name in ("loss", "validation_loss"):
        np.testing.assert_allclose(one.history_[name], two.history_[name], rtol=1e-5)


def test_processes_together_fill_gaps_as_one_does(here):
    write_table()
    impute = ["impute", "x.csv", "--max-epochs", "1"]
    assert cli.run([*impute, "-o", "one.csv", "--model-out", "one.isthmus"]) == 0
    together = start(2, "-o", "two.csv", "--model-out", "two.isthmus", command=impute)
    outputs = [process.communicate(timeout=300) for process in together]
    assert [process.returncode for process in together] == [0, 0], outputs
    assert [output for output, _ in outputs] == ["", ""]
    one, two = (load(f"{name}.isthmus").history_["loss"] for name in ("one", "two"))
    np.testing.assert_allclose(one, two, rtol=1e-5)
    one, two = (Path(f"{name}.csv").read_text("utf-8").splitlines() for name in ("one", "two"))
    assert len(one) == len(two) == 301
    assert [row.split(",")[0] for row in one] == [row.split(",")[0] for row in two]


def test_killed_process_is_named_and_the_rest_ends_and_resumes(here):
    options = ["--max-epochs", "400", "--patience", "400", "--checkpoint", "runs"]
    processes = start(2, "-o", "x.isthmus", *options, "--checkpoint-seconds", "0.2")
    path = here / "runs" / "checkpoint.isthmus"
    while not path.exists() or read_model_file(path)[0]["epoch"] < 3:
        assert processes[0].poll() is None, processes[0].communicate()
        time.sleep(0.02)
    processes[1].kill()
    output, error = processes[0].communicate(timeout=30)
    processes[1].communicate()
    assert processes[0].returncode == 1, error
    assert not output
    assert f"process 1 (host {socket.gethostname()}) has ended" in error.splitlines()[-1]
    assert not (here / "x.isthmus").exists()
    before = read_model_file(path)[0]["epoch"]
    alone = [*FIT, "-o", "x.isthmus", *options]
    environment = {**os.environ, "COLUMNS": "200"}
    resumed = subprocess.run(
        [sys.executable, "-m", "isthmus", *alone], capture_output=True, text=True, env=environment
    )
    assert resumed.returncode == 0
    assert f"Resuming from epoch {before} of 400" in resumed.stderr
    assert len(load("x.isthmus").history_["loss"]) == 400


def test_job_of_four_that_loses_one_goes_on_with_two(here, record_property):
    options = ["--max-epochs", "40", "--patience", "40", "--checkpoint", "runs"]
    options += ["-o", "x.isthmus", "--checkpoint-seconds", "0.2"]
    processes = start(4, *options)
    path = here / "runs" / "checkpoint.isthmus"
    while not path.exists() or read_model_file(path)[0]["epoch"] < 2:
        assert processes[0].poll() is None, processes[0].communicate()
        time.sleep(0.02)
    killed = processes.pop(2)
    killed.kill()
    begin = time.monotonic()
    outputs = [process.communicate(timeout=30) for process in processes]
    record_property("seconds until all others had ended", time.monotonic() - begin)
    killed.communicate()
    assert [process.returncode for process in processes] == [1, 1, 1], outputs
    for _, error in outputs:
        assert f"process 2 (host {socket.gethostname()}) has ended" in error.splitlines()[-1]
    before = read_model_file(path)[0]["epoch"]
    resumed = start(2, *options)
    outputs = [process.communicate(timeout=120) for process in resumed]
    assert [process.returncode for process in resumed] == [0, 0], outputs
    assert f"Resuming from epoch {before} of 40" in outputs[0][1].replace("\n", " ")
    assert len(load("x.isthmus").history_["loss"]) == 40


def test_missing_process_is_named(here):
    (process,) = start(2, "-o", "x.isthmus", "--join-seconds", "1", ids=[0])
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert error.startswith("isthmus: process 1 did not come within 1 s: start it with")
    assert len(error.splitlines()) == 1


@pytest.mark.parametrize(
    ("name", "code", "said"), [("SIGINT", 130, "Ctrl-C"), ("SIGTERM", 143, "SIGTERM")]
)
def test_signal_to_one_process_stops_all_and_saves(name, code, said, here):
    processes = start(2, "-o", "x.isthmus", "--max-epochs", "100000", "--checkpoint", "runs")
    path = here / "runs" / "checkpoint.isthmus"
    while not path.exists():
        assert processes[0].poll() is None, processes[0].communicate()
        time.sleep(0.02)
    time.sleep(0.5)
    processes[1].send_signal(getattr(signal, name))
    outputs = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [code, code], outputs
    assert f"Stopped by {said}; " in outputs[0][1]
    assert load("x.isthmus").interrupted_


@pytest.mark.parametrize("what", ["data", "parameter"])
def test_processes_that_differ_end_with_one_sentence_before_the_first_step(what, here):
    (here / "other").mkdir()
    rows = np.load("x.npy")
    np.save("other/x.npy", rows[::-1] if what == "data" else rows)
    more = ["--learning-rate", "0.01"] if what == "parameter" else []
    output = ["-o", str(here / "x.isthmus"), "--max-epochs", "3"]
    first, second = start(2, *output, more=([], more), folders=(".", "other"))
    outputs = [process.communicate(timeout=60) for process in (first, second)]
    sentence = {
        "data": "other data than process 0 (of the same shape, but with other names or values)",
        "parameter": "other parameters than process 0 (learning_rate=0.01, but there "
        "learning_rate=0.002)",
    }
    for output, error in outputs:
        assert not output
        assert error.startswith(f"isthmus: process 1 has {sentence[what]}: give all processes")
        assert error.count("\n") == 1
    assert [first.returncode, second.returncode] == [1, 1]
    assert not (here / "x.isthmus").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--processes", "2"], "mean nothing without --coordinator"),
        (["--coordinator", "host:4567"], "needs --processes and --process-id"),
        (["--coordinator", "a:1", "--model", "linear"], "means nothing to --model linear"),
    ],
)
def test_misuse_is_a_sentence(options, sentence, here, capsys):
    fit = [*FIT[:2], "-o", "x.isthmus", *options]
    assert cli.run(fit) == 2
    assert sentence in capsys.readouterr().err


def test_cluster_that_is_none_is_a_sentence(here, capsys):
    assert cli.run([*FIT, "-o", "x.isthmus", "--coordinator", "auto"]) == 1
    assert "no job of Slurm or Open MPI was found" in capsys.readouterr().err
