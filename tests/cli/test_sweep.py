import re
from pathlib import Path

from isthmus import load

from .commands import logged, raising, run


def test_ctrl_c_during_the_results_of_a_sweep_denies_nothing(here, capsys, monkeypatch):
    import isthmus.report

    monkeypatch.setattr(isthmus.report, "write_sweep", raising(KeyboardInterrupt()))
    arguments = ["--components", "2,1", "--hidden", "4", "--max-epochs", "3"]
    assert run("sweep", "table.csv", *arguments) == 130
    assert "isthmus-sweep may hold a part of the results." in capsys.readouterr().err


def test_sweep_prints_draws_and_keeps_the_best(here, capsys):
    arguments = ["--components", "2,1", "--hidden", "4", "--max-epochs", "3"]
    arguments += ["--log", "run.jsonl"]
    assert run("sweep", "table.csv", *arguments, "--best", "best.isthmus") == 0
    assert [line.get("epoch") for line in logged("run.jsonl")] == [None, 1, 2, 3, None]
    shown = capsys.readouterr().out
    assert re.findall(r"│ +(\d) │", shown) == ["1", "2"]
    suggested = load("best.isthmus").n_components_
    assert f"Take {suggested}" in shown
    lines = Path("isthmus-sweep/sweep.csv").read_text("utf-8").splitlines()
    assert [line.split(",")[0] for line in lines] == ["components", "1", "2"]
    assert Path("isthmus-sweep/sweep.png").read_bytes().startswith(b"\x89PNG")
    assert run("sweep", "table.csv", "--components", "two") == 2
    assert run("sweep", "table.csv", "--components", "0") == 1
    assert "positive whole numbers" in capsys.readouterr().err


def test_sweep_takes_columns_for_what_it_is_told(here):
    rows = [f"{1000 + i % 3},{i / 7:.3f},{(i * i) % 11}" for i in range(60)]
    Path("zips.csv").write_text("\n".join(["zip,a,b", *rows]), "utf-8")
    arguments = ["--components", "1,2", "--hidden", "4", "--max-epochs", "2"]
    arguments += ["--kind", "zip=category", "--best", "best.isthmus"]
    assert run("sweep", "zips.csv", *arguments) == 0
    assert load("best.isthmus").kinds == {"zip": "category"}
    assert run("encode", "best.isthmus", "zips.csv", "-o", "codes.npy") == 0
    assert run("decode", "best.isthmus", "codes.npy", "-o", "back.csv") == 0
    lines = Path("back.csv").read_text("utf-8").splitlines()[1:]
    assert {line.split(",")[0] for line in lines} <= {"1000", "1001", "1002"}
