"""Names of columns and classes are anybody's: the report shows them as they are, or numbers."""

import logging
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from isthmus import Autoencoder, DenoisingAutoencoder, VariationalAutoencoder, write_report
from isthmus.report import without_folders
from isthmus.report.names import DrawnNames, _families, add_legend, text_style
from isthmus.report.pictures.canvas import new_figure, to_png

CHINESE, DEVANAGARI = "中文列名", "हिन्दी"
NAMES = [
    *["$x", "a_b^c{}\\frac", "_hidden", CHINESE, "العربية", DEVANAGARI, "😀", "$$", "\\$5", ""],
    *["a\nb\x1b[31m", "\u202eevil", "<script>alert(1)</script>", "x" * 500 + "1", "x" * 500 + "2"],
]
QUICK = {"hidden": [4], "max_epochs": 1, "random_state": 0}


@pytest.fixture(scope="module")
def frame():
    generator = np.random.default_rng(0)
    return pd.DataFrame(generator.normal(size=(60, len(NAMES))), columns=NAMES)


class Texts(HTMLParser):
    """The texts of a page."""

    def __init__(self, page):
        super().__init__()
        self.texts = []
        self.feed(page)

    def handle_data(self, data):
        self.texts.append(data)


@pytest.mark.parametrize("kind", [Autoencoder, DenoisingAutoencoder, VariationalAutoencoder])
def test_report_takes_any_names_without_a_warning(kind, frame, tmp_path, caplog):
    labels = np.array([CHINESE, "$a_1$", "_b", "$", "<b>", "\x1b[31m"])[np.arange(60) % 6]
    with caplog.at_level(logging.WARNING):
        source = "\u202e<i>$x"
        model = kind(2, **QUICK).fit(frame)
        write_report(
            model, frame, tmp_path, labels=labels, source=source, title="<b>\x1b[31m\ud800"
        )
    assert not caplog.records
    page = (tmp_path / "report.html").read_text("utf-8")
    for unsafe in ("<script>alert", "<i>", "<b>", "\x1b", "\u202e"):
        assert unsafe not in page
    texts = Texts(page).texts
    assert "\\u202e<i>$x · " in "".join(texts)
    assert "<b>\\u001b[31m\\ud800" in texts


def test_page_says_what_the_numbers_of_the_pictures_stand_for(frame, tmp_path):
    write_report(Autoencoder(2, **QUICK).fit(frame), frame, tmp_path)
    text = "".join(Texts((tmp_path / "report.html").read_text("utf-8")).texts)
    assert f"column 6 is {DEVANAGARI}" in text
    assert "column 1 is" not in text


def test_plain_names_are_drawn_and_nothing_is_explained(tmp_path):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=["a", "b", "größe"])
    write_report(Autoencoder(2, **QUICK).fit(frame), frame, tmp_path, labels=list("ab") * 30)
    assert "In the pictures" not in (tmp_path / "report.html").read_text("utf-8")


def test_names_that_cannot_be_told_apart_are_numbers():
    names = DrawnNames(["x" * 100 + "1", "x" * 100 + "2", "x" * 24, "y" * 10**6], "column")
    labels = [names.label(i) for i in range(4)]
    assert labels == ["column 1", "column 2", "x" * 24, "y" * 23 + "…"]
    assert list(names.replaced) == ["column 1", "column 2"]


def test_name_without_anything_to_see_is_a_number():
    names = DrawnNames(["", "  ", "a"], "class")
    assert [names.label(i) for i in range(3)] == ["class 1", "class 2", "a"]
    assert names.replaced == {"class 1": "", "class 2": "  "}


def test_letters_of_another_font_that_is_there_are_drawn_in_it():
    # A mathematical letter, which matplotlib's own serif fonts have.
    letter = "\N{SCRIPT CAPITAL B}\N{MATHEMATICAL SCRIPT CAPITAL A}"
    families = _families(letter)
    assert families
    assert text_style([letter])["fontfamily"][-len(families) :] == list(families)
    assert DrawnNames([letter], "column").label(0) == letter


def test_no_font_has_letters_that_nobody_has_given_a_meaning():
    assert _families("\U000effff") is None


def test_legend_shows_what_matplotlib_would_hide_or_read_as_a_formula():
    figure, axes = new_figure(3, 2)
    labels = ["_hidden", "$a_1$", "\\frac{"]
    add_legend(figure, [axes.plot([0, 1])[0] for _ in labels], labels)
    assert to_png(figure)
    texts = figure.legends[0].get_texts()
    assert [text.get_text() for text in texts] == labels
    assert not any(text.get_parse_math() for text in texts)


@pytest.mark.parametrize(
    ("source", "title"),
    [
        ("/home/anna/heights.csv", "heights.csv"),
        ("/home/anna/heights.csv and 3 more", "heights.csv and 3 more"),
        ("../part-*.parquet", "part-*.parquet"),
        ("X", "X"),
        (".", "."),
    ],
)
def test_titles_do_not_tell_where_files_lie(source, title):
    assert without_folders(source) == title
