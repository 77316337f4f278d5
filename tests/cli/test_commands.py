import gzip
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import isthmus.io
from isthmus import cli, load
from isthmus.io.formats.idx import idx_header
from isthmus.runs.interruption import Interruption

QUICK = ["--n-components", "2", "--hidden", "8", "--max-epochs", "2"]
BARE = [*QUICK, "--no-report"]
SCRIPT = Path(sys.executable).with_name("isthmus")
COMMANDS = ("demo", "fit", "sweep", "encode", "decode", "classify", "score", "sample", "info")
LEAVES = (*(name for name in COMMANDS if name != "classify"), "classify fit", "classify predict")


def make_frame(n_rows=80):
    generator = np.random.default_rng(0)
    mixed = generator.normal(size=(n_rows, 2)) @ generator.normal(size=(2, 4))
    frame = pd.DataFrame(mixed + 0.1 * generator.normal(size=(n_rows, 4)), columns=list("abcd"))
    frame["c"] = frame["c"].astype(np.float32)
    frame["count"] = generator.integers(0, 50, n_rows)
    frame["flag"] = generator.integers(0, 2, n_rows).astype(bool)
    return frame


def make_images(n_images=60):
    generator = np.random.default_rng(0)
    return generator.integers(0, 256, (n_images, 8, 8)).astype(np.uint8)


def write_idx(path, array):
    path.write_bytes(gzip.compress(idx_header(array.shape, array.dtype) + array.tobytes()))


def write_pngs(folder, images):
    folder.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number:03}.png")


def run(*arguments):
    return cli.run([str(argument) for argument in arguments])


def command(*arguments, **options):
    arguments = [SCRIPT, *map(str, arguments)]
    return subprocess.run(arguments, capture_output=True, encoding="utf-8", **options)


def logged(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def files_in(folder):
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def frame():
    return make_frame()


@pytest.fixture(scope="module")
def fitted(tmp_path_factory, frame):
    """A folder with data of every kind and a model of the table; never write into it."""
    folder = tmp_path_factory.mktemp("fitted")
    frame.to_csv(folder / "table.csv", index=False)
    frame.to_parquet(folder / "table.parquet")
    np.save(folder / "codes-of-3.npy", np.zeros((5, 3), np.float32))
    assert run("fit", folder / "table.parquet", "-o", folder / "m.isthmus", *BARE) == 0
    assert run("encode", folder / "m.isthmus", folder / "table.csv", "-o", folder / "z.npy") == 0
    np.save(folder / "images.npy", make_images())
    assert run("fit", folder / "images.npy", "-o", folder / "images.isthmus", *BARE) == 0
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch, fitted):
    """A fresh current folder with the fitted files."""
    for name, content in files_in(fitted).items():
        (tmp_path / name.name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# Every command


def test_demo_prints_table_and_writes_report_and_models(tmp_path, capsys, monkeypatch):
    # The docs run it in full.
    monkeypatch.setattr("isthmus.fitting.trained.default_epochs", lambda *_: 2)
    assert run("demo", "-o", tmp_path / "out", "--random-state", "3") == 0
    captured = capsys.readouterr()
    assert "PCA" in captured.out
    assert re.findall(r"Autoencoder\W+(\d+)", captured.out) == ["2", "16"]
    assert "\x1b" not in captured.out + captured.err
    assert len(captured.err.splitlines()) == 2
    assert (tmp_path / "out" / "report.html").stat().st_size > 0
    for n_components in (2, 16):
        model = load(tmp_path / "out" / f"digits-{n_components}.isthmus")
        assert model.n_components_ == n_components
        assert model.random_state == 3


def make_csv(folder):
    make_frame().to_csv(folder / "x.csv", index=False)
    return ["x.csv"]


def make_parquet(folder):
    make_frame().to_parquet(folder / "x.parquet")
    return ["x.parquet"]


def make_npy(folder):
    np.save(folder / "x.npy", make_frame()[list("abcd")].to_numpy())
    return ["x.npy"]


def make_idx(folder):
    write_idx(folder / "x-idx3-ubyte.gz", make_images())
    return ["x-idx3-ubyte.gz"]


def make_folder(folder):
    write_pngs(folder / "pictures", make_images())
    return ["pictures"]


def make_several(folder):
    frame = make_frame()
    frame[:30].to_csv(folder / "one.csv", index=False)
    frame[30:].to_csv(folder / "two.csv", index=False)
    return ["one.csv", "two.csv"]


def make_glob(folder):
    make_several(folder)
    return ["*.csv"]


MAKERS = [make_csv, make_parquet, make_npy, make_idx, make_folder, make_several, make_glob]


@pytest.mark.parametrize("make", MAKERS)
def test_fit_encode_and_decode_take_every_kind_of_data(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = make(tmp_path)
    images = make in (make_idx, make_folder)
    n_rows = 60 if images else 80
    assert run("fit", *data, "-o", "m.isthmus", *BARE) == 0
    assert run("encode", "m.isthmus", *data, "-o", "z.npy") == 0
    codes = np.load("z.npy")
    assert codes.shape == (n_rows, 2)
    rows = "again" if images else "again.npy" if make is make_npy else "again.parquet"
    assert run("decode", "m.isthmus", "z.npy", "-o", rows) == 0
    if images:
        assert len(list(Path(rows).glob("*.png"))) == n_rows
        again = isthmus.io.read(rows).to_memory()
        assert again.dtype == np.uint8
        assert again.shape == (60, 8, 8)
    elif make is make_npy:
        assert np.load(rows).shape == (80, 4)
        assert np.load(rows).dtype == np.float64
    else:
        assert list(pd.read_parquet(rows)) == list(make_frame())


def test_several_files_are_read_as_one(tmp_path, monkeypatch, fitted):
    monkeypatch.chdir(tmp_path)
    make_several(tmp_path)
    for name, data in {"all.npy": [fitted / "table.csv"], "parts.npy": make_glob(tmp_path)}.items():
        assert run("encode", fitted / "m.isthmus", *data, "-o", name) == 0
    np.testing.assert_array_equal(np.load("parts.npy"), np.load("all.npy"))


@pytest.mark.parametrize("suffix", [".npy", ".parquet", ".csv", ".tsv", ".feather"])
def test_encode_writes_the_codes_of_transform(suffix, here, frame, capsys):
    assert run("encode", "m.isthmus", "table.parquet", "-o", f"out{suffix}") == 0
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"80 codes of 2: out{suffix}\n"
    estimator = load("m.isthmus")
    read = {
        ".npy": np.load,
        ".parquet": pd.read_parquet,
        ".csv": pd.read_csv,
        ".tsv": lambda path: pd.read_csv(path, sep="\t"),
        ".feather": pd.read_feather,
    }[suffix]
    codes = read(f"out{suffix}")
    if suffix != ".npy":
        assert list(codes) == list(estimator.get_feature_names_out())
    np.testing.assert_allclose(np.asarray(codes), estimator.transform(frame), rtol=1e-6)


def test_decode_gives_back_columns_and_dtypes(here, frame, capsys):
    assert run("decode", "m.isthmus", "z.npy", "-o", "again.parquet") == 0
    assert capsys.readouterr().err == "80 rows: again.parquet\n"
    again = pd.read_parquet("again.parquet")
    assert list(again) == list(frame)
    assert list(again.dtypes) == list(frame.dtypes)
    assert again.shape == frame.shape
    expected = load("m.isthmus").reconstruct("table.parquet").to_pandas()
    pd.testing.assert_frame_equal(again, expected)


@pytest.mark.parametrize("codes", ["codes.npy", "codes.parquet", "codes.csv"])
def test_decode_takes_every_kind_of_codes_that_encode_writes(codes, here, frame):
    assert run("encode", "m.isthmus", "table.csv", "-o", codes) == 0
    assert run("decode", "m.isthmus", codes, "-o", "again.csv") == 0
    again = pd.read_csv("again.csv")
    assert list(again) == list(frame)
    assert again.shape == frame.shape


def test_decode_gives_back_images_with_their_shape_and_dtype(here):
    assert run("encode", "images.isthmus", "images.npy", "-o", "codes.npy") == 0
    assert run("decode", "images.isthmus", "codes.npy", "-o", "again.npy") == 0
    assert np.load("again.npy").shape == (60, 8, 8)
    assert np.load("again.npy").dtype == np.uint8
    assert run("decode", "images.isthmus", "codes.npy", "-o", "pictures") == 0
    np.testing.assert_array_equal(isthmus.io.read("pictures").to_memory(), np.load("again.npy"))


def test_info_tells_what_the_model_is(here, capsys):
    assert run("info", "m.isthmus") == 0
    lines = capsys.readouterr().out.splitlines()
    told = {line.split()[0]: line.split(maxsplit=1)[1] for line in lines}
    assert told["model"] == "Autoencoder"
    assert "'count'" in told["columns"]
    assert told["code"] == "2 numbers for 6"


def test_info_json_parses_and_tells_the_same(here, capsys):
    assert run("info", "m.isthmus", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["model"] == "Autoencoder"
    assert told["columns"] == ["a", "b", "c", "d", "count", "flag"]
    assert told["epochs"] == 2


def test_version_is_printed(capsys):
    assert run("--version") == 0
    assert capsys.readouterr().out.strip() == isthmus.__version__


# Options of fit


def test_fit_writes_report_beside_the_model(here, capsys):
    assert run("fit", "table.csv", "-o", "new.isthmus", *QUICK) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    assert "PCA’s" in captured.out
    assert captured.out.endswith(
        f"Report: {Path('new-report', 'report.html')}\nModel: new.isthmus\n"
    )
    assert Path("new-report", "report.html").is_file()
    assert load("new.isthmus").n_components_ == 2


def test_fit_without_report_writes_the_model_only(here, capsys):
    before = set(files_in(here))
    assert run("fit", "table.csv", "-o", "new.isthmus", *BARE) == 0
    assert capsys.readouterr().out == "Model: new.isthmus\n"
    assert set(files_in(here)) - before == {here / "new.isthmus"}


def test_report_goes_where_it_is_told(here, capsys):
    arguments = ["-o", "new.isthmus", "--report", "elsewhere/deep", *QUICK]
    assert run("fit", "table.csv", *arguments) == 0
    assert Path("elsewhere/deep/report.html").is_file()
    assert not Path("new-report").exists()
    assert "elsewhere" in capsys.readouterr().out


def test_column_of_labels_is_no_feature(here, frame):
    kinds = np.where(frame["flag"], "sick", "well")
    frame.assign(kind=kinds).to_csv("labelled.csv", index=False)
    arguments = ["-o", "new.isthmus", "--labels", "kind", *QUICK]
    assert run("fit", "labelled.csv", *arguments) == 0
    assert list(load("new.isthmus").feature_names_in_) == list(frame)
    assert Path("new-report/report.html").is_file()


def test_labels_may_have_gaps(here, frame):
    kinds = np.where(frame["flag"], "sick", "well").astype(object)
    kinds[3] = None
    frame.assign(kind=kinds).to_parquet("labelled.parquet")
    arguments = ["-o", "new.isthmus", "--labels", "kind", *QUICK]
    assert run("fit", "labelled.parquet", *arguments) == 0


@pytest.mark.parametrize("name", ["labels.csv", "labels.npy"])
def test_file_of_labels_colours_the_report(name, here, frame):
    labels = frame["flag"].to_numpy().astype(int)
    if name == "labels.npy":
        np.save(name, labels)
    else:
        pd.DataFrame({"kind": labels}).to_csv(name, index=False)
    arguments = ["-o", "new.isthmus", "--labels", name, *QUICK]
    assert run("fit", "table.csv", *arguments) == 0
    assert list(load("new.isthmus").feature_names_in_) == list(frame)


@pytest.mark.parametrize("option", [["--exclude", "d", "flag"], ["--exclude=d", "--exclude=flag"]])
def test_excluded_columns_are_left_out(option, here):
    assert run("fit", "table.csv", "-o", "new.isthmus", *option, *BARE) == 0
    assert list(load("new.isthmus").feature_names_in_) == ["a", "b", "c", "count"]


def test_fit_takes_text_columns_when_they_are_excluded(here, frame):
    frame.assign(name="x").to_csv("named.csv", index=False)
    assert run("fit", "named.csv", "-o", "new.isthmus", "--exclude", "name", *BARE) == 0
    assert list(load("new.isthmus").feature_names_in_) == list(frame)


def test_linear_model_takes_its_own_options(here):
    arguments = ["--model", "linear", "--solver", "closed_form", "--l2", "0.5", "--no-report"]
    assert run("fit", "table.csv", "-o", "new.isthmus", "--n-components", "3", *arguments) == 0
    model = load("new.isthmus")
    assert type(model).__name__ == "LinearAutoencoder"
    assert (model.n_components, model.solver, model.l2) == (3, "closed_form", 0.5)


def test_linear_model_has_a_report_too(here, capsys):
    assert run("fit", "table.csv", "-o", "new.isthmus", "--model", "linear") == 0
    assert "LinearAutoencoder" in capsys.readouterr().out
    assert Path("new-report/report.html").is_file()


@pytest.mark.parametrize(
    ("text", "hidden"), [("16,8", (16, 8)), ("16, 8", (16, 8)), ("16,", (16,)), ("8", 8)]
)
def test_hidden_takes_widths_or_one_number(text, hidden, here):
    arguments = ["--n-components", "2", "--max-epochs", "1", "--no-report"]
    assert run("fit", "table.csv", "-o", "new.isthmus", "--hidden", text, *arguments) == 0
    found = load("new.isthmus").hidden
    assert (found if isinstance(found, int) else tuple(found)) == hidden


def test_options_reach_the_estimator(here):
    options = {
        "activation": "tanh",
        "likelihood": "squared_error",
        "scaling": "center",
        "batch_size": 16,
        "learning_rate": 0.01,
        "weight_decay": 0.001,
        "validation_fraction": 0.25,
        "patience": 3,
        "random_state": 7,
    }
    arguments = []
    for name, value in options.items():
        arguments += ["--" + name.replace("_", "-"), value]
    arguments += ["--tied-weights", "--no-early-stopping", "--no-verbose"]
    assert run("fit", "table.csv", "-o", "new.isthmus", *arguments, *BARE) == 0
    parameters = load("new.isthmus").get_params()
    options |= {"tied_weights": True, "early_stopping": False, "verbose": False}
    assert {name: parameters[name] for name in options} == options


# Mistakes


def assert_fails(capsys, folder, code, *arguments, says=""):
    """One line on standard error, and no file made, changed or removed."""
    before = files_in(folder)
    folders = {path for path in Path(folder).rglob("*") if path.is_dir()}
    capsys.readouterr()
    assert run(*arguments) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("isthmus: ")
    assert captured.err.endswith("\n")
    assert len(captured.err.splitlines()) == 1, captured.err
    assert "Traceback" not in captured.err
    assert says in captured.err
    assert files_in(folder) == before
    assert {path for path in Path(folder).rglob("*") if path.is_dir()} == folders


FIT = ["fit", "table.csv", "-o", "new.isthmus"]

MISUSES = {
    "unknown command": (["frobnicate"], "frobnicate"),
    "unknown option": ([*FIT, "--frobnicate", "3"], "--frobnicate"),
    "no output": (["fit", "table.csv"], "--output"),
    "no data": (["fit", "-o", "new.isthmus"], "DATA"),
    "no model": (["info"], "MODEL"),
    "hidden is no number": ([*FIT, "--hidden", "abc"], "512,128"),
    "hidden is half a number": ([*FIT, "--hidden", "8,abc"], "512,128"),
    "hidden is empty": ([*FIT, "--hidden", ","], "512,128"),
    "hidden is negative": ([*FIT, "--hidden=-8"], "hidden"),
    "solver of a deep model": ([*FIT, "--solver", "gradient"], "--solver means nothing"),
    "l2 of a deep model": ([*FIT, "--l2", "1"], "--l2 means nothing"),
    "hidden of a linear model": ([*FIT, "--model", "linear", "--hidden", "8"], "--hidden means"),
    "log of a linear model": ([*FIT, "--model", "linear", "--log", "x.jsonl"], "--log means"),
    "code of no number": ([*FIT, "--n-components", "0"], "n_components"),
    "code of text": ([*FIT, "--n-components", "two"], "--n-components"),
    "unknown model": ([*FIT, "--model", "quadratic"], "quadratic"),
    "unknown activation": ([*FIT, "--activation", "foo"], "activation"),
    "unknown likelihood": ([*FIT, "--likelihood", "foo"], "likelihood"),
    "unknown scaling": ([*FIT, "--scaling", "foo"], "scaling"),
    "negative seed": ([*FIT, "--random-state=-1"], "random_state"),
    "half a unit": ([*FIT, "--n-components", "2.5"], "n_components"),
    "level of nothing": ([*FIT, "--level", "0.1"], "--level means nothing without --corruption"),
    "channels of a dense network": ([*FIT, "--channels", "4"], "give --network convolutional"),
    "k of another sparsity": (
        [*FIT, "--model", "sparse", "--sparsity", "l1", "--k", "3"],
        "--k means nothing to --sparsity l1",
    ),
    "penalty without strength": ([*FIT, "--penalty", "l1"], "l1=0.01,contractive=0.1"),
    "batches of no row": ([*FIT, "--batch-size", "0"], "batch_size"),
}


@pytest.mark.parametrize("name", MISUSES)
def test_misuse_is_one_line_and_exit_code_2(name, here, capsys):
    arguments, says = MISUSES[name]
    assert_fails(capsys, here, 2, *arguments, says=says)


def test_misuse_is_told_before_data_are_read(here, capsys, monkeypatch):
    def read(*arguments, **options):
        raise AssertionError

    monkeypatch.setattr(isthmus.io, "read", read)
    for name in ("hidden is no number", "solver of a deep model", "unknown activation"):
        arguments, says = MISUSES[name]
        assert_fails(capsys, here, 2, *arguments, says=says)


def fit(data="table.csv", *options, output="new.isthmus"):
    return ["fit", data, "-o", output, *QUICK, *options]


FAILURES = {
    "missing data": (fit("missing.csv"), "missing.csv does not exist"),
    "glob without match": (fit("*.nope"), "*.nope matches no file"),
    "column of text": (fit("text.csv"), "column 'name' holds text"),
    "missing value": (fit("gap.csv"), "column 'b' has a missing value, the first in row 4"),
    "unknown format": (fit("notes.xyz"), "notes.xyz"),
    "unknown excluded column": (fit("table.csv", "--exclude", "nope"), "no column 'nope'"),
    "everything excluded": (fit("table.csv", "--exclude", *"abcd", "count", "flag"), "table.csv"),
    "suffix of the model": (fit(output="new.model"), "does not end in .isthmus"),
    "folder of the model": (fit(output="no/new.isthmus"), "folder that does not exist"),
    "model is a folder": (fit(output="folder.isthmus"), "is a folder"),
    "labels are nowhere": (fit("table.csv", "--labels", "nope"), "neither a column"),
    "too few labels": (fit("table.csv", "--labels", "two.csv"), "2 labels"),
    "too few labels, no report": (
        fit("table.csv", "--labels", "two.csv", "--no-report"),
        "2 labels",
    ),
    "labels in several columns": (fit("table.csv", "--labels", "table.csv"), "6 columns"),
    "labels in a matrix": (fit("table.csv", "--labels", "matrix.npy"), "matrix.npy"),
    "report is a file": (fit("table.csv", "--report", "gap.csv"), "gap.csv"),
    "two kinds of data": (["fit", "table.csv", "z.npy", *FIT[2:]], "z.npy"),
    "model that is none": (["encode", "table.csv", "table.csv", "-o", "o.npy"], "not an Isthmus"),
    "model cut off": (["encode", "cut.isthmus", "table.csv", "-o", "o.npy"], "cut.isthmus"),
    "model cut off, info": (["info", "cut.isthmus"], "cut.isthmus"),
    "model cut off, decode": (["decode", "cut.isthmus", "z.npy", "-o", "o.csv"], "cut.isthmus"),
    "empty model": (["info", "empty.isthmus"], "empty.isthmus"),
    "missing model": (["info", "missing.isthmus"], "missing.isthmus does not exist"),
    "folder as model": (["info", "folder.isthmus"], "folder.isthmus"),
    "other columns": (["encode", "m.isthmus", "other.csv", "-o", "o.npy"], "no column 'a'"),
    "image as table": (["encode", "m.isthmus", "images.npy", "-o", "o.npy"], "images.npy"),
    "codes of wrong width": (
        ["decode", "m.isthmus", "codes-of-3.npy", "-o", "o.csv"],
        "the codes have 3 columns",
    ),
    "images to a table": (["decode", "images.isthmus", "z.npy", "-o", "o.csv"], "o.csv"),
    "table to a folder": (["decode", "m.isthmus", "z.npy", "-o", "folder"], "PNG"),
    "codes to a folder": (["encode", "m.isthmus", "table.csv", "-o", "folder"], "PNG"),
    "suffix of codes": (["encode", "m.isthmus", "table.csv", "-o", "o.xyz"], "'.xyz'"),
    "suffix of rows": (["decode", "m.isthmus", "z.npy", "-o", "o.xyz"], "'.xyz'"),
    "model of scores": (["score", "table.csv", "table.csv"], "not an Isthmus"),
    "suffix of scores": (["score", "m.isthmus", "table.csv", "-o", "o.xyz"], "'.xyz'"),
    "folder of codes": (["encode", "m.isthmus", "table.csv", "-o", "no/o.npy"], "no"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failure_is_one_line_and_exit_code_1(name, here, frame, capsys):
    frame.assign(name="x").to_csv("text.csv", index=False)
    gap = frame.copy()
    gap.loc[3, "b"] = np.nan
    gap.to_csv("gap.csv", index=False)
    frame.drop(columns="a").to_csv("other.csv", index=False)
    Path("two.csv").write_text("label\n1\n2\n", encoding="utf-8")
    np.save("matrix.npy", np.zeros((80, 2)))
    Path("notes.xyz").write_text("nothing", encoding="utf-8")
    Path("empty.isthmus").touch()
    Path("folder.isthmus").mkdir()
    Path("cut.isthmus").write_bytes(Path("m.isthmus").read_bytes()[:-20])
    arguments, says = FAILURES[name]
    assert_fails(capsys, here, 1, *arguments, says=says)


def test_failure_is_one_line_even_if_a_name_has_two(here, capsys):
    assert_fails(capsys, here, 1, "info", "two\nlines.isthmus", says="two lines.isthmus")


def raising(error):
    def read(*arguments, **options):
        raise error

    return read


def test_failure_of_the_machine_is_one_line(here, capsys, monkeypatch):
    for error in (MemoryError(), OSError(28, "No space left on device")):
        monkeypatch.setattr(isthmus.io, "read", raising(error))
        assert_fails(capsys, here, 1, *fit())


def test_defect_is_one_line_that_asks_for_a_report(here, capsys, monkeypatch):
    monkeypatch.delenv("ISTHMUS_TRACEBACK", raising=False)
    monkeypatch.setattr(isthmus.io, "read", raising(RuntimeError("two\nlines")))
    says = "a defect of Isthmus came to light (RuntimeError: two lines); please report it"
    assert_fails(capsys, here, 1, *fit(), says=says)
    monkeypatch.setenv("ISTHMUS_TRACEBACK", "1")
    with pytest.raises(RuntimeError):
        run(*fit())


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["fit", "x.csv", "-o", "no/m.isthmus"], 1), (["frobnicate"], 2), (["--version"], 0)],
)
def test_script_leaves_with_the_exit_code(arguments, code, here):
    done = command(*arguments)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == (code != 0)
    assert bool(done.stdout) == (code == 0)


def test_main_leaves_with_the_exit_code():
    with pytest.raises(SystemExit) as left:
        cli.main(["frobnicate"])
    assert left.value.code == 2


# Ctrl-C

ANNOUNCING = """
import sys
from isthmus.cli import main
from isthmus.training import loop

record = loop._Loop._record

def announce(self, *arguments):
    record(self, *arguments)
    if len(self.now.history["loss"]) == 20:
        print("20 epochs", flush=True)

loop._Loop._record = announce
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_keeps_the_best_and_leaves_with_130(here):
    arguments = ["fit", "table.csv", "-o", "new.isthmus", "--hidden", "8", "--no-report"]
    arguments += ["--n-components", "2", "--max-epochs", "1000000", "--no-early-stopping"]
    with subprocess.Popen(
        [sys.executable, "-c", ANNOUNCING, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        try:
            assert process.stdout.readline() == "20 epochs\n"
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    model = load("new.isthmus")
    n_epochs = len(model.history_["loss"])
    assert 20 <= n_epochs < 1000000
    assert errors == f"Stopped by Ctrl-C; the best of {n_epochs} epochs was kept.\n"
    assert output == "Model: new.isthmus\n"
    assert np.isfinite(model.transform("table.csv")).all()


def test_ctrl_c_in_the_first_epoch_keeps_what_was_learned(here, capsys, monkeypatch):
    enter = Interruption.__enter__

    def interrupt(self):
        enter(self)
        signal.raise_signal(signal.SIGINT)
        return self

    monkeypatch.setattr(Interruption, "__enter__", interrupt)
    assert run(*fit(), "--no-report") == 130
    captured = capsys.readouterr()
    assert captured.err == "Stopped by Ctrl-C; what part of an epoch had taught was kept.\n"
    assert captured.out == "Model: new.isthmus\n"
    assert np.isfinite(load("new.isthmus").transform("table.csv")).all()


def test_ctrl_c_before_training_writes_nothing(here, capsys, monkeypatch):
    monkeypatch.setattr(isthmus.io, "read", raising(KeyboardInterrupt()))
    assert_fails(capsys, here, 130, *fit(), says="stopped by Ctrl-C; nothing was written.")


def test_ctrl_c_during_the_report_does_not_deny_the_model(here, capsys, monkeypatch):
    import isthmus.report

    monkeypatch.setattr(isthmus.report, "write_report", raising(KeyboardInterrupt()))
    assert run(*fit()) == 130
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "nothing was written" not in error
    assert "new.isthmus" in error
    assert load("new.isthmus").n_components_ == 2


def test_ctrl_c_in_pretraining_says_what_was_kept(here, capsys, monkeypatch):
    enter = Interruption.__enter__

    def interrupt(self):
        enter(self)
        if self._outer is not None:
            signal.raise_signal(signal.SIGINT)
        return self

    monkeypatch.setattr(Interruption, "__enter__", interrupt)
    options = ["--model", "stacked", "--n-pretraining-epochs", "9"]
    assert run(*fit(), *options) == 130
    captured = capsys.readouterr()
    assert captured.err == (
        "Stopped by Ctrl-C while layer 1 was pretrained; what the layers up to it had learned was "
        "kept, and the whole was not trained.\n"
    )
    assert "Report: " in captured.out
    assert np.isfinite(load("new.isthmus").transform("table.csv")).all()


def test_ctrl_c_twice_says_what_is_there(here, capsys, monkeypatch):
    enter = Interruption.__enter__

    def interrupt(self):
        enter(self)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Interruption, "__enter__", interrupt)
    assert_fails(capsys, here, 130, *fit(), says="stopped by Ctrl-C; nothing was written.")
    assert run(*fit(), "--log", "run.jsonl", "--checkpoint", "runs") == 130
    error = capsys.readouterr().err
    assert error == (
        "isthmus: stopped by Ctrl-C; no model was written; what runs holds can be gone on from.\n"
    )


def test_ctrl_c_during_the_report_of_the_demo_denies_nothing(tmp_path, capsys, monkeypatch):
    import isthmus.report

    def write(estimators, *arguments, **options):
        signal.raise_signal(signal.SIGINT)

    # The first Ctrl-C is for both trainings.
    pressed = []

    def press(bar, progress):
        if not pressed:
            pressed.append(progress)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(isthmus.training.ProgressBar, "__call__", press)
    monkeypatch.setattr(isthmus.report, "write_report", write)
    assert run("demo", "-o", tmp_path / "out") == 130
    last = capsys.readouterr().err.splitlines()[-1]
    assert (
        last == f"isthmus: stopped by Ctrl-C; {tmp_path / 'out'} may hold a part of the report, "
        "and no models."
    )


def test_ctrl_c_during_the_results_of_a_sweep_denies_nothing(here, capsys, monkeypatch):
    import isthmus.report

    monkeypatch.setattr(isthmus.report, "write_sweep", raising(KeyboardInterrupt()))
    arguments = ["--components", "2,1", "--hidden", "4", "--max-epochs", "3"]
    assert run("sweep", "table.csv", *arguments) == 130
    assert "isthmus-sweep may hold a part of the results." in capsys.readouterr().err


TWICE = """
import os, signal, sys
from isthmus.cli import main
from isthmus.runs import log_file

system_write, n_written = os.write, 0

def write(descriptor, line):
    global n_written
    n_written += 1
    if n_written == 5:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)
    return system_write(descriptor, line)

log_file.os.write = write
main(sys.argv[1:])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_log_is_whole_after_ctrl_c_twice_in_the_middle_of_it(here):
    arguments = ["fit", "table.csv", "-o", "new.isthmus", "--max-epochs", "10000", "--no-report"]
    arguments += ["--log", "run.jsonl"]
    result = subprocess.run([sys.executable, "-c", TWICE, *arguments], capture_output=True)
    assert result.returncode == 130
    assert result.stderr == b"isthmus: stopped by Ctrl-C; no model was written.\n"
    content = Path("run.jsonl").read_text()
    assert content.endswith("\n")
    assert len([json.loads(line) for line in content.splitlines()]) in (4, 5)


# Pipes


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
@pytest.mark.parametrize(
    "arguments", [["info", "m.isthmus"], ["fit", "--help"]], ids=["print", "rich"]
)
def test_reader_that_leaves_early_is_no_failure(arguments, here):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run([SCRIPT, *arguments], stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert done.stderr == b""
    assert done.returncode == 0


# Help


@pytest.mark.parametrize(
    "arguments", [["--help"], ["fit", "--help"], ["--version"], ["frobnicate"], ["fit"]]
)
def test_help_and_mistakes_do_not_wait_for_libraries(arguments):
    code = (
        "import sys; from isthmus.cli import run; run(sys.argv[1:]);"
        "heavy = {'jax', 'sklearn', 'matplotlib', 'pyarrow', 'equinox', 'optax'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_help_names_every_command_and_what_it_does(capsys):
    for arguments in ([], ["--help"]):
        assert run(*arguments) == 0
        shown = capsys.readouterr().out
        for name in COMMANDS:
            assert re.search(rf"│ {name} +\w", shown)


@pytest.mark.parametrize("name", LEAVES)
def test_every_command_and_option_has_help(name, capsys):
    assert run(*name.split(), "--help") == 0
    shown = capsys.readouterr().out
    app = cli.app
    for part in name.split():
        app = app[part]
    assert app.help
    assert app.help.splitlines()[0].split()[0] in shown
    arguments = app.assemble_argument_collection()
    assert len(arguments) > 0
    for argument in arguments:
        if argument.parameter.show is not False:
            assert argument.parameter.help, f"{argument.name} of {name} has no help"
            assert argument.name in shown


# Repetition


def test_same_seed_gives_equal_bits(here):
    for name in ("one", "two"):
        assert run(*fit(output=f"{name}.isthmus"), "--no-report", "--random-state", "5") == 0
        assert run("encode", f"{name}.isthmus", "table.csv", "-o", f"{name}.npy") == 0
    assert Path("one.npy").read_bytes() == Path("two.npy").read_bytes()
    assert run(*fit(output="other.isthmus"), "--no-report", "--random-state", "6") == 0
    assert run("encode", "other.isthmus", "table.csv", "-o", "other.npy") == 0
    assert Path("one.npy").read_bytes() != Path("other.npy").read_bytes()


def test_fit_in_another_process_prints_no_progress_and_gives_equal_bits(here):
    done = command(*fit(), "--random-state", "5")
    assert done.returncode == 0
    assert done.stderr == ""
    assert "PCA" in done.stdout
    assert not re.search(r"\x1b|\r|epoch", done.stdout)
    assert run(*fit(output="again.isthmus"), "--no-report", "--random-state", "5") == 0
    for name in ("new", "again"):
        assert run("encode", f"{name}.isthmus", "table.csv", "-o", f"{name}.npy") == 0
    assert Path("new.npy").read_bytes() == Path("again.npy").read_bytes()


# Other models


KINDS = {
    "denoising": "--corruption masking --level 0.2 --hidden 8",
    "contractive": "--strength 0.2",
    "sparse": "--n-components 12 --sparsity top_k --k 3",
    "variational": "--beta 0.5 --n-warmup-epochs 1 --hidden 8",
    "stacked": "--pretrain denoising --n-pretraining-epochs 1 --hidden 8",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_fits_and_reports(here, kind):
    arguments = ["fit", "table.csv", "-o", "kind.isthmus", "--max-epochs", "2", "--model", kind]
    assert run(*arguments, *KINDS[kind].split()) == 0
    assert type(load("kind.isthmus")).__name__ == f"{kind.capitalize()}Autoencoder"
    assert Path("kind-report/report.html").exists()


def test_a_convolutional_model_fits_images(here):
    np.save("pixels.npy", make_images())
    options = "--model convolutional --channels 4,8 --kernel-size 3 --max-epochs 1"
    assert run("fit", "pixels.npy", "-o", "kind.isthmus", *options.split()) == 0
    assert tuple(load("kind.isthmus").channels) == (4, 8)


COMBINED = {
    "images.npy": "--model variational --network convolutional --channels 4 --kernel-size 3",
    "table.csv": "--model sparse --n-components 12 --k 3 --corruption masking --level 0.1 "
    "--penalty l1=0.01,contractive=0.1",
}


@pytest.mark.parametrize("data", COMBINED)
def test_parts_combine(here, data):
    options = [*COMBINED[data].split(), "--max-epochs", "2"]
    assert run("fit", data, "-o", "kind.isthmus", *options) == 0
    assert Path("kind-report/report.html").exists()
    assert run("encode", "kind.isthmus", data, "-o", "z.npy") == 0
    assert np.isfinite(np.load("z.npy")).all()


def test_signals_of_several_channels_are_convolved(here):
    np.save("signals.npy", np.random.default_rng(0).normal(size=(40, 16, 3)))
    options = "--model convolutional --channels 4 --signal --max-epochs 1 --no-report"
    assert run("fit", "signals.npy", "-o", "kind.isthmus", *options.split()) == 0
    assert load("kind.isthmus").network.signal


def test_linear_code_is_as_large_as_a_share_of_the_variance_needs(here):
    arguments = ["--model", "linear", "--n-components", "0.9", "--no-report"]
    assert run("fit", "table.csv", "-o", "new.isthmus", *arguments) == 0
    model = load("new.isthmus")
    assert model.n_components == 0.9
    assert model.explained_variance_ratio_.sum() >= 0.9


@pytest.mark.parametrize(
    "kind", ["variational", "boltzmann --persistent --n-steps 2 --n-components 4"]
)
def test_samples_look_like_the_data(here, capsys, kind):
    fitted = ["fit", "table.csv", "-o", "kind.isthmus", "--max-epochs", "2", "--no-report"]
    assert run(*fitted, "--model", *kind.split()) == 0
    assert run("sample", "kind.isthmus", "-n", "7", "-o", "drawn.csv", "--noise") == 0
    drawn, data = pd.read_csv("drawn.csv"), pd.read_csv("table.csv")
    assert drawn.shape == (7, data.shape[1])
    assert list(drawn.columns) == list(data.columns)
    assert run(*fit(), "--no-report") == 0
    capsys.readouterr()
    assert run("sample", "new.isthmus", "-o", "other.csv") == 1
    assert "cannot be drawn from" in capsys.readouterr().err
    assert not Path("other.csv").exists()


# Sizes of the code


def test_score_prints_the_mean_and_writes_every_row(here, frame, capsys):
    scores = load("m.isthmus").score_samples(frame)
    assert run("score", "m.isthmus", "table.csv") == 0
    assert float(capsys.readouterr().out) == pytest.approx(scores.mean(), rel=1e-4)
    assert run("score", "m.isthmus", "table.csv", "-o", "scores.csv") == 0
    assert float(capsys.readouterr().out) == pytest.approx(scores.mean(), rel=1e-4)
    np.testing.assert_allclose(pd.read_csv("scores.csv")["score"], scores, rtol=1e-5)


def test_model_that_the_disk_has_no_room_for_is_kept_elsewhere(
    here, small_disk, capsys, monkeypatch
):
    (small_disk / "rest").write_bytes(bytes(64 * 1024))
    monkeypatch.setenv("TMPDIR", str(here))
    monkeypatch.setattr(tempfile, "tempdir", None)
    output = small_disk / "new.isthmus"
    assert run(*fit("table.csv", "--no-report", output=str(output))) == 1
    shown = capsys.readouterr().err
    assert shown.count("\n") == 1
    assert "the disk is full" in shown
    kept = re.search(r"What was learned is in (\S+):", shown)
    assert kept is not None
    assert load(kept[1]).n_components_ == load("m.isthmus").n_components_
    assert not output.exists()


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


# Starting from a model, and classes


def test_fit_starts_from_another_model(here, capsys):
    assert run(*fit(), "--no-report") == 0
    assert run(*fit(output="on.isthmus"), "--no-report", "--init", "new.isthmus") == 0
    first, second = load("new.isthmus").history_, load("on.isthmus").history_
    assert second["loss"][0] < first["loss"][0]
    capsys.readouterr()
    wrong = ["fit", "table.csv", "-o", "x.isthmus", "--n-components", "3", "--init", "new.isthmus"]
    assert run(*wrong) == 1
    assert "give both the same network" in capsys.readouterr().err
    assert run(*wrong, "--model", "linear") == 2
    assert not Path("x.isthmus").exists()


@pytest.fixture
def labelled(here):
    """The table, with a class that the columns tell, known in two rows of three."""
    frame = pd.read_csv("table.csv")
    frame["kind"] = np.where(frame["a"] > 0, "up", "down")
    frame.to_csv("truth.csv", index=False)
    frame["kind"] = frame["kind"].where(np.arange(len(frame)) % 3 > 0)
    frame.to_csv("labelled.csv", index=False)


LEARN = ["--max-epochs", "40", "--learning-rate", "0.01", "--batch-size", "16"]


def test_classes_are_told_from_few_labels(labelled, capsys):
    arguments = ["classify", "fit", "labelled.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    assert run("fit", "labelled.csv", "--exclude", "kind", "-o", "start.isthmus", *BARE) == 0
    capsys.readouterr()
    assert run(*arguments, "--init", "start.isthmus", *LEARN) == 0
    assert "classes: down, up" in capsys.readouterr().err
    predict = ["classify", "predict", "kinds.isthmus", "truth.csv", "-o", "found.csv"]
    assert run(*predict, "--labels", "kind", "--probabilities") == 0
    found, truth = pd.read_csv("found.csv"), pd.read_csv("truth.csv")
    hits = int((found["prediction"] == truth["kind"]).sum())
    assert hits > 0.8 * len(truth)
    assert f"Right: {hits} of {len(truth)} labelled rows" in capsys.readouterr().out
    shares = found[["probability of down", "probability of up"]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert run("info", "kinds.isthmus") == 0
    assert "['down', 'up']" in capsys.readouterr().out
    assert run("encode", "kinds.isthmus", "truth.csv", "-o", "z.npy") == 0
    assert np.load("z.npy").shape == (len(truth), 2)


def test_without_a_model_a_denoising_autoencoder_comes_first(labelled):
    arguments = ["classify", "fit", "labelled.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    shape = ["--n-components", "3", "--hidden", "8", "--max-epochs", "1", "--unlabelled"]
    assert run(*arguments, *shape, "pseudo_labels", "--log", "run.jsonl") == 0
    stages = [line.get("stage") for line in logged("run.jsonl")]
    assert stages[:2] == [None, "autoencoder"]
    assert stages[-2:] == ["", None]
    assert load("kinds.isthmus").autoencoder.n_components == 3


def test_noise_and_adversarial_changes_are_options_of_classifiers(labelled, capsys):
    arguments = ["classify", "fit", "labelled.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    arguments += ["--n-components", "2", "--hidden", "4", "--max-epochs", "1"]
    noise = ["--corruption", "gaussian", "--level", "0.1"]
    changes = ["--unlabelled", "virtual_adversarial", "--radius", "0.5", "--entropy", "1"]
    assert run(*arguments, *noise, *changes) == 0
    model = load("kinds.isthmus")
    assert model.corruption.level == 0.1
    assert (model.unlabelled.radius, model.unlabelled.entropy) == (0.5, 1.0)
    capsys.readouterr()
    for wrong, says in (
        (["--level", "0.1"], "--corruption"),
        (["--corruption", "wavy"], "no Corruption named 'wavy'"),
        (["--unlabelled", "consistency", "--radius", "1"], "virtual_adversarial"),
    ):
        assert run(*arguments, *wrong) == 2
        assert says in capsys.readouterr().err


def test_minus_one_beside_text_is_no_class(labelled, capsys):
    table = pd.read_csv("labelled.csv")
    table["kind"] = table["kind"].where(table["kind"].notna(), "-1")
    table.to_csv("marked.csv", index=False)
    fit_it = ["classify", "fit", "marked.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    assert run(*fit_it, "--max-epochs", "1", "--hidden", "4", "--n-components", "2") == 0
    n_labelled = int((table["kind"] != "-1").sum())
    assert f"{n_labelled:,} of {len(table):,} rows labelled" in capsys.readouterr().err
    assert "-1" not in load("kinds.isthmus").classes_
    predict = ["classify", "predict", "kinds.isthmus", "marked.csv", "-o", "found.csv"]
    assert run(*predict, "--labels", "kind") == 0
    assert f"of {n_labelled:,} labelled rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("fit labelled.csv --labels nothing -o k.isthmus", 1, "neither a column"),
        ("fit labelled.csv --labels kind -o k.model", 1, "does not end in .isthmus"),
        ("fit labelled.csv --labels kind -o k.isthmus --dropout 2", 2, "dropout"),
        ("fit labelled.csv --labels kind -o k.isthmus --init no.isthmus", 1, "does not exist"),
        ("fit labelled.csv --labels kind -o k.isthmus --init m.isthmus --hidden 3", 2, "--init"),
        ("predict m.isthmus table.csv -o found.csv", 1, "tells no classes"),
        ("predict m.isthmus table.csv -o found.xlsx", 1, "tells no classes"),
    ],
)
def test_what_cannot_be_classified_is_told_in_a_sentence(
    labelled, arguments, code, message, capsys
):
    before = files_in(".")
    assert run("classify", *arguments.split()) == code
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
    assert files_in(".") == before


def test_classifiers_have_no_decoder(labelled, capsys):
    arguments = ["classify", "fit", "labelled.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    assert run(*arguments, "--init", "m.isthmus", "--max-epochs", "1", "--exclude", "x") == 1
    run("fit", "labelled.csv", "--exclude", "kind", "-o", "start.isthmus", *BARE)
    assert run(*arguments, "--init", "start.isthmus", "--max-epochs", "1") == 0
    np.save("z.npy", np.zeros((3, 2), np.float32))
    capsys.readouterr()
    assert run("decode", "kinds.isthmus", "z.npy", "-o", "rows.csv") == 1
    assert "has no decoder" in capsys.readouterr().err


# Checkpoints


def test_same_command_resumes_and_says_so(here, capsys):
    arguments = ["fit", "table.csv", *BARE, "--checkpoint", "runs/a"]
    assert run(*arguments, "-o", "one.isthmus") == 0
    assert not capsys.readouterr().err
    assert run(*arguments, "-o", "two.isthmus") == 0
    assert capsys.readouterr().err == (
        "Nothing is left to train: runs/a/checkpoint.isthmus holds the finished training.\n"
    )
    assert Path("one.isthmus").read_bytes() == Path("two.isthmus").read_bytes()
    assert run(*arguments, "-o", "three.isthmus", "--fresh", "--checkpoint-seconds", "5") == 0
    assert not capsys.readouterr().err
    assert run(*arguments, "-o", "four.isthmus", "--random-state", "1") == 1
    error = capsys.readouterr().err
    assert "random_state=0, but now random_state=1" in error
    assert "--fresh" in error
    assert len(error.splitlines()) == 1
    assert not Path("four.isthmus").exists()


def test_ctrl_c_leaves_a_checkpoint_to_resume_from(here, capsys, monkeypatch):
    arguments = ["fit", "table.csv", *BARE, "--batch-size", "8", "-o", "one.isthmus"]
    assert run(*arguments) == 0
    whole = load("one.isthmus")
    enter = Interruption.__enter__

    def request(interruption):
        enter(interruption)
        interruption._handle(signal.SIGINT, None)
        return interruption

    capsys.readouterr()
    monkeypatch.setattr(Interruption, "__enter__", request)
    assert run(*arguments, "--checkpoint", "runs") == 130
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert run(*arguments, "--checkpoint", "runs") == 0
    assert "Resuming from epoch 1 of 2" in capsys.readouterr().err
    assert load("one.isthmus").history_["loss"] == whole.history_["loss"]


def test_log_and_curves_are_written_and_the_log_goes_on_with_the_checkpoint(here, capsys):
    pytest.importorskip("tensorboardX")
    arguments = ["fit", "table.csv", *BARE, "-o", "one.isthmus", "--checkpoint", "runs"]
    arguments += ["--log", "runs/run.jsonl", "--tensorboard", "curves"]
    assert run(*arguments) == 0
    epochs = [line["epoch"] for line in logged("runs/run.jsonl") if "event" not in line]
    assert epochs == [1, 2]
    assert len(list(Path("curves").iterdir())) == 1
    assert not capsys.readouterr().err
    assert run(*arguments) == 0
    events = [line.get("event") for line in logged("runs/run.jsonl")]
    assert events == ["started", None, None, "finished", "resumed", "finished"]


def test_log_is_never_written_over_data(here, capsys):
    says = "table.csv holds something else than a log of Isthmus"
    assert_fails(capsys, here, 1, *fit(), "--log", "table.csv", says=says)


def test_missing_tensorboardx_is_one_line(here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX.record_writer", None)
    says = "run pip install 'isthmus[tensorboard]'."
    assert_fails(capsys, here, 1, *fit(), "--tensorboard", "curves", says=says)


@pytest.mark.parametrize("option", [["--fresh"], ["--checkpoint-seconds", "3"]])
def test_options_of_checkpoints_need_a_folder(option, here, capsys):
    assert run("fit", "table.csv", "-o", "x.isthmus", *option) == 2
    assert f"{option[0]} means nothing without --checkpoint" in capsys.readouterr().err


def test_checkpoint_that_cannot_be_written_later_is_one_line(here, capsys, monkeypatch):
    from isthmus.errors import IsthmusError
    from isthmus.training import checkpoints

    write, written = checkpoints.write_model_file, []

    def fail_later(*arguments):
        if written:
            raise IsthmusError("x could not be written, because the disk is full.")
        written.append(write(*arguments))

    monkeypatch.setattr(checkpoints, "write_model_file", fail_later)
    assert run("fit", "table.csv", "-o", "x.isthmus", *BARE, "--checkpoint", "runs") == 0
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("isthmus: x could not be written, because the disk is full; training")
