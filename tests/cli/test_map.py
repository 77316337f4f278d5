"""Maps of files."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_digits

from isthmus import load

from .commands import run

QUICK = ["--max-epochs", "2"]


@pytest.fixture
def digits(here):
    images, labels = load_digits(return_X_y=True)
    np.save("digits.npy", images[:200].reshape(-1, 8, 8))
    np.save("labels.npy", labels[:200])


def test_a_map_is_drawn_kept_and_used_again(digits, capsys):
    made = ["-o", "map.png", "--model-out", "map.isthmus", "--codes-out", "places.npy"]
    assert run("map", "digits.npy", *made, "--labels", "labels.npy", *QUICK) == 0
    assert Path("map.png").read_bytes().startswith(b"\x89PNG")
    assert "200 rows: map.png" in capsys.readouterr().err
    assert run("map", "map.isthmus", "digits.npy", "-o", "dark.svg", "--dark") == 0
    assert "#14181c" in Path("dark.svg").read_text()
    places = load("map.isthmus").transform(np.load("digits.npy"))
    np.testing.assert_array_equal(np.load("places.npy"), places)


def test_a_page_is_written(digits):
    assert run("map", "digits.npy", "-o", "map.html", "--labels", "labels.npy", *QUICK) == 0
    assert "<html" in Path("map.html").read_text()


def test_a_column_gives_colours(here):
    table = pd.DataFrame({"a": np.arange(60.0), "b": np.arange(60.0) ** 2, "kind": ["x", "y"] * 30})
    table.to_csv("table.csv", index=False)
    assert run("map", "table.csv", "-o", "map.png", "--colour", "kind", *QUICK) == 0
    assert run("map", "table.csv", "-o", "map.html", "--labels", "kind", *QUICK) == 0
    assert '"label"' in Path("map.html").read_text()


def test_mistakes_are_told_before_any_work(digits, capsys):
    mistakes = [
        (["digits.npy", "-o", "map.pdf"], "end it in .png, .svg or .html"),
        (["map.isthmus", "-o", "map.png"], "name the data that it is to place too"),
        (["m.isthmus", "digits.npy", "-o", "m.png", "--n-neighbors", "4"], "is fitted already"),
        (["digits.npy", "-o", "map.png", "--exaggeration", "0"], "exaggeration"),
        (["digits.npy", "-o", "digits.npy"], "would write over"),
        (["digits.npy", "-o", "nowhere/map.png"], "make the folder"),
    ]
    for arguments, message in mistakes:
        assert run("map", *arguments) != 0
        assert message in capsys.readouterr().err
    assert not Path("map.png").exists()
