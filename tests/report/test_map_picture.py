"""What stands where on a map."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.offsetbox import AnnotationBbox

from isthmus.report.pictures.examples import Examples
from isthmus.report.pictures.map import MapPicture
from isthmus.report.pictures.placing import Board
from isthmus.report.pictures.regions import find_regions
from isthmus.report.pictures.themes import THEMES


def heaps(n_heaps=12, n_rows=80, seed=0):
    """Give rows in heaps about places of a plane that is three times as wide as high."""
    generator = np.random.default_rng(seed)
    which = np.repeat(np.arange(n_heaps), n_rows)
    centres = generator.uniform(size=(n_heaps, 2)) * (30, 10)
    return (centres[which] + generator.normal(0, 0.4, (len(which), 2))).astype("f4"), which


def examples(codes, image_shape=None, names=("size", "noise")):
    generator = np.random.default_rng(0)
    n = len(names) if image_shape is None else int(np.prod(image_shape))
    x = generator.uniform(size=(len(codes), n)).astype("f4")

    def decode(spots):
        return np.zeros((len(spots), n), "f4")

    return Examples(codes, x, decode, image_shape, names, names.__getitem__)


def boxes(figure):
    """Give the boxes that names and small pictures take of the first panel, and the panel's."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    axes = figure.axes[0]
    pictures = [a.patch for a in axes.artists if isinstance(a, AnnotationBbox)]
    found = [artist.get_window_extent(renderer) for artist in [*axes.texts, *pictures]]
    assert len(axes.texts) > 5
    return found, axes.get_window_extent(renderer), len(pictures)


@pytest.mark.parametrize("seed", range(3))
def test_names_and_small_pictures_cover_neither_each_other_nor_the_edge(seed):
    codes, which = heaps(seed=seed)
    labels = np.char.add("heap ", which.astype(str))
    figure = MapPicture(codes, labels, examples(codes, (4, 4))).draw()
    found, panel, n_pictures = boxes(figure)
    assert n_pictures > 5
    for i, box in enumerate(found):
        assert panel.x0 - 1 < box.x0 < box.x1 < panel.x1 + 1
        assert panel.y0 - 1 < box.y0 < box.y1 < panel.y1 + 1
        for other in found[:i]:
            width = min(box.x1, other.x1) - max(box.x0, other.x0)
            height = min(box.y1, other.y1) - max(box.y0, other.y0)
            assert width < 1 or height < 1


def test_a_wide_map_has_a_wide_picture():
    codes, _ = heaps()
    width, height = MapPicture(codes).draw().get_size_inches()
    assert width > 1.6 * height
    assert MapPicture(codes[:, ::-1]).draw().get_size_inches()[1] > 1.6 * height


def test_grey_pictures_have_the_colours_of_their_ground():
    codes, _ = heaps()
    for theme in THEMES:
        figure = MapPicture(codes, examples=examples(codes, (4, 4)), theme=theme).draw()
        empty = figure.axes[1].images[0].get_array()
        assert np.abs(empty - np.array(to_rgb(THEMES[theme].background))).max() < 0.01


def test_names_can_be_read_on_either_ground():
    for theme in THEMES.values():
        ground = luminance(np.array(to_rgb(theme.background)))
        names = luminance(theme.for_names(theme.palette(10)))
        assert contrasts(names, ground).min() > 3  # the least of WCAG 2 for large letters


def test_dots_are_seen_on_either_ground():
    for theme in THEMES.values():
        ground = luminance(np.array(to_rgb(theme.background)))
        numbers = theme.scale()(np.linspace(0, 1, 20))[:, :3]
        dots = luminance(np.concatenate([theme.palette(10), numbers]))
        assert contrasts(dots, ground).min() > 1.5


def contrasts(these, ground):
    return (np.maximum(these, ground) + 0.05) / (np.minimum(these, ground) + 0.05)


def luminance(colours):
    """Give the relative luminance of sRGB colours, as WCAG 2 defines it."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return linear @ (0.2126, 0.7152, 0.0722)


def test_numbers_as_labels_leave_room_for_what_sets_regions_apart():
    codes, which = heaps()
    shown = examples(codes)
    shown.x[:, 0] = which
    figure = MapPicture(codes, np.arange(len(codes)) / 7, shown).draw()
    assert any("size high" in text.get_text() for text in figure.axes[0].texts)


def test_levels_of_one_category_stand_together():
    codes = np.repeat([[0.0, 0.0], [5.0, 5.0]], 60, axis=0)
    x = np.zeros((120, 3))
    x[:30, 0] = x[30:60, 1] = x[60:, 2] = 1
    names = ["tree = elm", "tree = oak", "tree = fir"]
    texts = {region.text for region in find_regions(codes, x, names, names.__getitem__)}
    assert texts == {"tree = elm or oak", "tree = fir"}


def test_what_finds_no_room_is_told():
    board = Board(np.zeros(2), np.ones(2))
    size = np.array([0.4, 0.4])
    for _ in range(9):
        place = board.free_place(np.full(2, 0.5), size)
        if place is None:
            break
        assert board.are_free(place[None], size).all()
        board.take(place, size)
    assert place is None
