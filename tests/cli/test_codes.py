import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import isthmus.io
from isthmus import load
from isthmus.io.formats.idx import idx_header

from .commands import (
    BARE,
    fit,
    make_frame,
    make_images,
    run,
)


def write_idx(path, array):
    path.write_bytes(gzip.compress(idx_header(array.shape, array.dtype) + array.tobytes()))


def write_pngs(folder, images):
    folder.mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image).save(folder / f"{number:03}.png")


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
    pd.testing.assert_frame_equal(again, expected, atol=1e-6)


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


def test_score_prints_the_mean_and_writes_every_row(here, frame, capsys):
    scores = load("m.isthmus").score_samples(frame)
    assert run("score", "m.isthmus", "table.csv") == 0
    assert float(capsys.readouterr().out) == pytest.approx(scores.mean(), rel=1e-4)
    assert run("score", "m.isthmus", "table.csv", "-o", "scores.csv") == 0
    assert float(capsys.readouterr().out) == pytest.approx(scores.mean(), rel=1e-4)
    np.testing.assert_allclose(pd.read_csv("scores.csv")["score"], scores, rtol=1e-5)
