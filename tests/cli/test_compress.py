import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from isthmus import Archive
from isthmus.compression import compressing

from .commands import run

MODELS = Path(__file__).parents[1] / "fitting/models"


def test_a_text_file_comes_back_byte_for_byte(here, capsys):
    assert run("compress", "table.csv", "-o", "t.isz") == 0
    said = capsys.readouterr()
    assert "times smaller, exactly, in" in said.out
    assert said.out.endswith(": t.isz\n")
    assert said.err == ""
    assert run("decompress", "t.isz", "-o", "back.csv") == 0
    assert capsys.readouterr().err == "80 rows: back.csv\n"
    assert (here / "back.csv").read_bytes() == (here / "table.csv").read_bytes()


def test_an_archive_that_is_larger_says_so(here, capsys):
    Path("few.csv").write_text("a,b\n1,x\n2,y\n")
    assert run("compress", "few.csv", "-o", "few.isz") == 0
    said = capsys.readouterr().out
    assert "times larger, exactly, in" in said
    assert float(said.split(", ")[1].split()[0]) > 1


def test_an_array_comes_back_within_the_error(here, capsys):
    field = np.asfortranarray(np.cumsum(np.ones((60, 40)), axis=0)).astype(">f4")
    np.save("x.npy", field)
    assert run("compress", "x.npy", "-o", "x.isz", "--max-error", "1e-2x") == 0
    assert "within 0.59" in capsys.readouterr().out
    assert run("decompress", "x.isz", "-o", "y.npy", "--rows", "10:20") == 0
    found = np.load("y.npy")
    assert (found.dtype, found.flags.f_contiguous) == (field.dtype, True)
    assert np.abs(found - field[10:20]).max() <= 0.59


def test_lossless_is_the_default(here):
    assert run("compress", "images.npy", "-o", "a.isz", "--lossless", "--effort", "fast") == 0
    assert run("decompress", "a.isz", "-o", "a.npy") == 0
    assert (here / "a.npy").read_bytes() == (here / "images.npy").read_bytes()


def test_what_was_tried_is_explained(here, capsys):
    assert run("compress", "images.npy", "-o", "a.isz", "--explain", "--codec", "xz", "stored") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["track", "codec", "bytes", "model", "ratio", "seconds"]
    assert sorted(line.split()[1] for line in lines[1:3]) == ["stored", "xz"]
    assert sum("<- used" in line for line in lines) == 1
    sizes = [int(line.split()[-2].replace(",", "")) for line in lines[3:-1]]
    assert sum(sizes) == (here / "a.isz").stat().st_size


def test_a_model_is_tried_too(here, capsys):
    rows = np.load(MODELS / "rows.npy")
    np.save("rows.npy", rows)
    model = MODELS / "stacked_autoencoder.isthmus"
    options = ["--model", model, "--max-error", "1e-2x", "--explain", "--effort", "fast"]
    assert run("compress", "rows.npy", "-o", "a.isz", *options) == 0
    assert " autoencoder " in capsys.readouterr().out
    assert run("compress", "rows.npy", "-o", "a.isz", *options, "--codec", "autoencoder") == 0
    capsys.readouterr()
    assert run("info", "a.isz") == 0
    assert "autoencoder" in capsys.readouterr().out
    assert np.abs(Archive("a.isz").read() - rows).max() <= 0.01 * np.ptp(rows)


def test_fill_values_are_told(here, capsys):
    field = np.sin(np.arange(900.0))
    field[::9] = -9999
    np.save("x.npy", field)
    assert run("compress", "x.npy", "-o", "x.isz", "--max-error", "1e-2x") == 0
    assert capsys.readouterr().err.startswith("-9999 in values: taken for gaps")
    assert (
        run("compress", "x.npy", "-o", "x.isz", "--max-error", "0.01", "--fill", "0", "-9999") == 0
    )


def test_info_tells_what_an_archive_holds(here, capsys):
    assert run("compress", "table.csv", "-o", "t.isz") == 0
    capsys.readouterr()
    assert run("info", "t.isz") == 0
    said = capsys.readouterr().out
    assert "comes back as        a text file, byte for byte\n" in said
    assert "promise              the same bits\n" in said
    assert run("info", "t.isz", "--json") == 0
    facts = json.loads(capsys.readouterr().out)
    assert sum(facts["where the bytes are"].values()) == facts["bytes"]


def test_tables_are_converted_where_the_suffix_asks_for_it(here):
    assert run("compress", "table.csv", "-o", "t.isz") == 0
    assert run("decompress", "t.isz", "-o", "t.parquet", "--rows", ":5") == 0
    pd.testing.assert_frame_equal(pd.read_parquet("t.parquet"), pd.read_csv("table.csv")[:5])


MISTAKES = {
    "both": (2, ["--lossless", "--max-error", "1"], "contradict each other"),
    "no error": (2, ["--max-error", "-1"], "max_error='-1' is no error"),
    "effort": (2, ["--effort", "huge"], "effort='huge' is unknown"),
    "codec without its model": (1, ["--codec", "autoencoder"], "give model="),
    "model of something else": (1, ["--model", "table.csv"], "is not an Isthmus model"),
    "codec": (2, ["--codec", "zip"], "codecs names 'zip'"),
    "folder": (1, ["-o", "no/x.isz"], "make the folder"),
    "over itself": (1, ["-o", "table.csv"], "would write over table.csv"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_in_compressing_have_a_sentence(assert_fails, name):
    code, options, says = MISTAKES[name]
    place = [] if "-o" in options else ["-o", "x.isz"]
    assert_fails(code, "compress", "table.csv", *place, *options, says=says)


def test_mistakes_in_decompressing_have_a_sentence(assert_fails, here, capsys):
    assert_fails(1, "decompress", "table.csv", "-o", "x.csv", says="is no archive of Isthmus")
    assert_fails(1, "decompress", "none.isz", "-o", "x.csv", says="does not exist")
    assert_fails(1, "info", "none.isz", says="does not exist")
    assert run("compress", "images.npy", "-o", "a.isz", "--effort", "fast") == 0
    assert_fails(2, "decompress", "a.isz", "-o", "x.npy", "--rows", "3", says="like 1000:2000")
    assert_fails(1, "decompress", "a.isz", "-o", "x.csv", says="would be a table")
    assert_fails(1, "decompress", "a.isz", "-o", "a.isz", says="write over a.isz")
    data = bytearray((here / "a.isz").read_bytes())
    data[400] ^= 1
    (here / "a.isz").write_bytes(data)
    assert_fails(1, "decompress", "a.isz", "-o", "x.npy", says="has been altered or damaged")


def test_ctrl_c_leaves_what_was_there(here, capsys, monkeypatch):
    assert run("compress", "table.csv", "-o", "t.isz") == 0
    before = (here / "t.isz").read_bytes()

    def interrupted(file, *arguments):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(compressing, "write_archive", interrupted)
    capsys.readouterr()
    assert run("compress", "images.npy", "-o", "t.isz") == 130
    assert capsys.readouterr().err.endswith("nothing was written.\n")
    assert (here / "t.isz").read_bytes() == before
    assert not list(here.glob("*part*"))
    assert Archive("t.isz").n_rows == 80
