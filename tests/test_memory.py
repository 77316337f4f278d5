"""The command line on data that --memory does not hold."""

import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from isthmus import LinearAutoencoder, cli, load

N_ROWS = 30_000
FIT = ["--n-components", "2", "--hidden", "8", "--max-epochs", "1"]


def run(*arguments):
    return cli.run([str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    hidden = np.random.default_rng(0).normal(size=(N_ROWS, 2))
    columns = {f"x{i}": np.tanh(hidden[:, 0] * i + hidden[:, 1]) for i in range(6)}
    parquet.write_table(pa.table(columns), folder / "rows.parquet", row_group_size=1000)
    frame = pd.DataFrame({name: column[:200] for name, column in columns.items()})
    LinearAutoencoder(2).fit(frame).save(folder / "frame.isthmus")
    columns["x3"] = columns["x3"].copy()
    columns["x3"][25_000] = np.nan
    parquet.write_table(pa.table(columns), folder / "gap.parquet", row_group_size=1000)
    return folder


@pytest.fixture(autouse=True)
def _here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.delenv("ISTHMUS_MEMORY", raising=False)


@pytest.fixture(scope="module")
def model(folder):
    assert run("fit", folder / "rows.parquet", "-o", folder / "m.isthmus", *FIT, "--no-report") == 0
    return folder / "m.isthmus"


def test_fit_streams_and_its_report_says_how_many_rows_pca_saw(folder, capsys):
    arguments = ["rows.parquet", "-o", "small.isthmus", *FIT, "--report", "report"]
    assert run("fit", *arguments, "--memory", "1MB") == 0
    assert "Report: report/report.html" in capsys.readouterr().out
    page = (folder / "report" / "report.html").read_text("utf-8")
    kept = 2**20 // 32 // 24
    assert "of these, drawn for PCA" in page
    assert f"{N_ROWS - kept:,}" in page
    assert "ISTHMUS_MEMORY" not in os.environ


@pytest.mark.parametrize("suffix", [".npy", ".parquet", ".csv"])
def test_encode_and_decode_write_as_they_go(suffix, model):
    for name, memory in (("small", ["--memory", "1MB"]), ("large", [])):
        codes, rows = f"{name}{suffix}", f"{name}-rows.parquet"
        assert run("encode", model, "rows.parquet", "-o", codes, *memory) == 0
        assert run("decode", model, codes, "-o", rows, *memory) == 0
    small, large = (parquet.read_table(f"{name}-rows.parquet") for name in ("small", "large"))
    assert small.num_rows == N_ROWS
    assert small.schema == large.schema
    for one, other in zip(small.columns, large.columns, strict=True):
        np.testing.assert_allclose(one.to_numpy(), other.to_numpy(), rtol=1e-5, atol=1e-6)
    if suffix == ".npy":
        np.testing.assert_array_equal(np.load("large.npy"), load(model).transform("rows.parquet"))


def test_missing_value_in_a_later_chunk_leaves_no_file(model, folder, capsys):
    (folder / "codes.npy").write_bytes(b"old")
    assert run("encode", model, "gap.parquet", "-o", "codes.npy", "--memory", "1MB") == 1
    assert "column 'x3' holds NaN in row 25,001" in capsys.readouterr().err
    assert (folder / "codes.npy").read_bytes() == b"old"
    assert not list(folder.glob(".*.part"))


def test_model_fitted_on_a_frame_decodes_to_a_table(folder):
    assert run("encode", "frame.isthmus", "rows.parquet", "-o", "codes.npy") == 0
    assert run("decode", "frame.isthmus", "codes.npy", "-o", "again.csv") == 0
    assert list(pd.read_csv("again.csv")) == [f"x{i}" for i in range(6)]


@pytest.mark.parametrize("command", ["fit", "encode", "decode"])
@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ("much", "isthmus: --memory='much' is no size of memory: write it like 512MB or 4GB.\n"),
        (
            "10KB",
            "isthmus: --memory='10KB' is 10,240 bytes, expected at least 1MB: write it like 512MB "
            "or 4GB.\n",
        ),
    ],
)
def test_size_that_is_none_is_misuse(command, size, sentence, capsys):
    data = ["rows.parquet"] if command == "fit" else ["frame.isthmus", "rows.parquet"]
    assert run(command, *data, "-o", "o.npy", "--memory", size) == 2
    assert capsys.readouterr().err == sentence


def test_linear_model_of_too_many_rows_is_refused_with_the_size_allowed(capsys):
    arguments = ["rows.parquet", "-o", "l.isthmus", "--model", "linear", "--memory", "1MB"]
    assert run("fit", *arguments) == 1
    assert "but LinearAutoencoder needs all rows at once" in capsys.readouterr().err
