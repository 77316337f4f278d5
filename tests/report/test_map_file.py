"""Maps as pictures."""

import numpy as np
import pandas as pd
import pytest
from matplotlib import image
from sklearn.datasets import load_digits, load_iris

from isthmus import IsthmusError, LinearAutoencoder, write_map
from isthmus.report.pictures.map import MapPicture
from isthmus.report.pictures.peaks import peaks_of
from isthmus.report.pictures.regions import find_regions

DIGITS = load_digits()
IRIS = load_iris(as_frame=True).data


@pytest.fixture(scope="module")
def plane():
    return LinearAutoencoder(2).fit(DIGITS.images)


def test_a_map_of_images_is_drawn_light_and_dark(plane, tmp_path):
    shades = {}
    for theme in ("light", "dark"):
        path = tmp_path / f"{theme}.png"
        codes = write_map(plane, DIGITS.images, path, labels=DIGITS.target, theme=theme)
        pixels = image.imread(path)[..., :3]
        shades[theme] = np.median(pixels)
        colours = np.ptp(pixels, axis=2) > 0.3  # what is neither black nor white nor grey
        assert colours.mean() > 0.003
    assert shades["light"] > 0.9 > 0.2 > shades["dark"]
    assert codes.shape == (1797, 2)


def test_a_table_is_told_by_what_sets_its_regions_apart(tmp_path):
    write_map(LinearAutoencoder(2).fit(IRIS), IRIS, tmp_path / "iris.svg")
    assert (tmp_path / "iris.svg").read_text().count('<g id="text_') > 3  # letters are paths


def test_rows_that_are_all_the_same_are_a_spot(tmp_path):
    rows = np.ones((60, 3))
    rows[0] = 2
    fitted = LinearAutoencoder(2).fit(rows)
    write_map(fitted, np.ones((60, 3)), tmp_path / "spot.png")
    assert (tmp_path / "spot.png").exists()


def test_one_picture_has_a_map_too(plane, tmp_path):
    write_map(plane, DIGITS.images[:1], tmp_path / "one.png")
    assert (tmp_path / "one.png").exists()


def test_numbers_give_a_scale_and_gaps_are_grey(tmp_path):
    values = IRIS["petal length (cm)"].to_numpy().copy()
    values[::9] = np.nan
    write_map(LinearAutoencoder(2).fit(IRIS), IRIS, tmp_path / "scale.png", labels=values)
    assert (tmp_path / "scale.png").stat().st_size > 10_000


def test_many_rows_are_pixels():
    codes = np.random.default_rng(0).normal(size=(120_000, 2))
    figure = MapPicture(codes, codes[:, 0] > 0).draw()
    (axes,) = figure.axes
    assert len(axes.images) == 1
    assert {text.get_text() for text in axes.texts} == {"False", "True"}


def test_names_stand_in_the_heaps():
    generator = np.random.default_rng(0)
    codes = np.concatenate([generator.normal(c, 0.3, (200, 2)) for c in (-5, 5)])
    places = peaks_of(codes, np.full(2, -7.0), np.full(2, 7.0))
    assert sorted(np.round(place.mean() / 5) for place in places) == [-1, 1]


def test_regions_name_the_columns_that_differ():
    generator = np.random.default_rng(0)
    codes = np.concatenate([generator.normal(c, 0.3, (300, 2)) for c in (-5, 5)])
    x = np.column_stack([codes[:, 0], generator.normal(size=600), codes[:, 0] > 0]).astype(float)
    names = ["size", "noise", "kind = elm"]
    texts = [region.text for region in find_regions(codes, x, names, names.__getitem__)]
    assert any("size low" in text for text in texts)
    assert any("size high" in text and "kind = elm" in text for text in texts)
    assert not any("noise" in text or "elm low" in text for text in texts)


def test_what_cannot_be_drawn_is_refused(plane, tmp_path):
    with pytest.raises(IsthmusError, match=r"end it in .png or .svg"):
        write_map(plane, DIGITS.images, tmp_path / "map.pdf")
    with pytest.raises(IsthmusError, match="a map has two dimensions"):
        write_map(LinearAutoencoder(3).fit(IRIS), IRIS, tmp_path / "map.png")
    with pytest.raises(IsthmusError, match="'light', 'dark'"):
        write_map(plane, DIGITS.images, tmp_path / "map.png", theme="sepia")
    with pytest.raises(IsthmusError, match="one label a row"):
        write_map(plane, DIGITS.images, tmp_path / "map.png", labels=[1, 2])
    assert not list(tmp_path.iterdir())


def test_names_that_no_font_has_are_drawn_as_something(tmp_path):
    table = IRIS.set_axis(["سعر", "<b>x</b>", "$a$_1", "😀" * 40], axis=1)
    labels = pd.Series(["مرحبا", "a$b$", "<i>"] * 50)
    write_map(LinearAutoencoder(2).fit(table), table, tmp_path / "odd.png", labels=labels)
    write_map(LinearAutoencoder(2).fit(table), table, tmp_path / "regions.png")
    assert (tmp_path / "regions.png").exists()
