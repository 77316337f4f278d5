import re
from functools import cache
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from sklearn.decomposition import PCA

from isthmus import (
    Autoencoder,
    ContractiveAutoencoder,
    Convolutional,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    LinearAutoencoder,
    SparseAutoencoder,
    VariationalAutoencoder,
    write_report,
)
from isthmus.errors import DataError, IsthmusError
from isthmus.report import compare, print_table
from isthmus.report.pictures.canvas import to_png
from isthmus.report.pictures.codes import draw_code
from isthmus.report.terminal import change


@pytest.fixture(scope="module")
def images(digits):
    return digits.reshape(-1, 8, 8)


@pytest.fixture(scope="module")
def deep(images):
    return Autoencoder(3, hidden=[16], max_epochs=3, random_state=0).fit(images)


@pytest.fixture(scope="module")
def comparison(deep, images):
    return compare(deep, images, labels=np.arange(len(images)) % 7)


def squared_error(x, y):
    return np.mean(np.sum((x.astype(float) - y) ** 2, axis=1))


def test_error_is_that_of_the_held_out_rows(comparison, deep, images):
    held_out = images[deep.validation_rows_]
    expected = squared_error(held_out.reshape(-1, 64), deep.reconstruct(held_out).reshape(-1, 64))
    assert comparison.held_out
    assert comparison.error == pytest.approx(expected, rel=1e-5)


def test_pca_learns_from_the_same_rows_and_is_judged_on_the_same(comparison, deep, images):
    x = images.reshape(-1, 64)
    learned = np.ones(len(x), bool)
    learned[deep.validation_rows_] = False
    pca = PCA(3, svd_solver="full").fit(x[learned])
    again = pca.inverse_transform(pca.transform(x[~learned]))
    assert comparison.pca_error == pytest.approx(squared_error(x[~learned], again), rel=1e-4)
    assert comparison.n_training_rows == learned.sum()


def test_explained_share_is_one_minus_error_over_variance(comparison, deep, images):
    x = images.reshape(-1, 64)
    mean = np.delete(x, deep.validation_rows_, axis=0).mean(axis=0)
    variance = squared_error(x[deep.validation_rows_], mean)
    assert comparison.explained == pytest.approx(1 - comparison.error / variance, rel=1e-4)


def test_without_held_out_rows_the_training_rows_are_judged_and_named_so(images, capsys):
    linear = LinearAutoencoder(5).fit(images)
    comparison = compare(linear, images)
    assert not comparison.held_out
    assert len(comparison.training_codes) == 0
    assert comparison.error == pytest.approx(comparison.pca_error, rel=1e-4)
    print_table([comparison], Console(width=120))
    assert f"{len(images):,} training rows" in capsys.readouterr().out


@pytest.fixture(scope="module")
def page_of(deep, images, tmp_path_factory):
    """Give the page of estimators, written once."""
    models = {"deep": deep, "linear": LinearAutoencoder(2).fit(images)}

    @cache
    def page_of(*kinds):
        folder = tmp_path_factory.mktemp("page")
        chosen = [models[kind] for kind in kinds]
        comparisons = write_report(chosen, images, folder, labels=np.arange(len(images)) % 7)
        assert [comparison.estimator for comparison in comparisons] == chosen
        return (folder / "report.html").read_text("utf-8")

    return page_of


DECIDED = "Held-out rows also decided which parameters to keep"
TRAINED_ON = (
    "Of LinearAutoencoder no rows are held out: these errors are those of rows that it has learned "
    "from"
)


@pytest.mark.parametrize("kinds", [("deep",), ("linear",), ("deep", "linear")], ids=str)
def test_page_says_what_part_the_judged_rows_had_in_training(kinds, page_of):
    page = page_of(*kinds)
    assert (DECIDED in page) == ("deep" in kinds)
    assert (TRAINED_ON in page) == ("linear" in kinds)


def test_table_prints_both_errors(comparison, capsys):
    print_table([comparison], Console(width=120))
    printed = capsys.readouterr().out
    assert f"{comparison.error:.4g}" in printed
    assert f"{comparison.pca_error:.4g}" in printed
    assert f"{len(comparison.rows)} held-out rows" in printed


def test_labels_follow_their_rows(comparison, deep):
    assert np.array_equal(comparison.labels, deep.validation_rows_ % 7)


def test_wrong_number_of_labels_is_refused(deep, images):
    with pytest.raises(DataError, match=f"3 labels were given for the {len(images):,} rows"):
        compare(deep, images, labels=[1, 2, 3])


class Addresses(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found += [value for name, value in attrs if name in {"src", "href", "srcset"}]


def test_page_needs_nothing_from_outside(page_of):
    page = page_of("deep")
    addresses = Addresses()
    addresses.feed(page)
    assert addresses.found
    assert all(address.startswith("data:image/png;base64,") for address in addresses.found)
    assert "http" not in re.sub(r"base64,[^\"]+", "", page)
    assert "<script" not in page


ALWAYS = {"code", "loss", "originals-and-reconstructions"}
FEATURES = {
    "activations",
    "weights-of-the-first-layer",
    "what-each-unit-of-the-code-draws",
}
GENERATED = {"samples", "along-the-units-of-the-code"}
SHORT = {"max_epochs": 2, "random_state": 0}
PICTURES = {
    "deep": (Autoencoder(3, hidden=[16], **SHORT), ALWAYS | FEATURES),
    "linear": (LinearAutoencoder(3), (ALWAYS | FEATURES) - {"loss"}),
    "denoising": (
        DenoisingAutoencoder(3, hidden=[16], **SHORT),
        ALWAYS | FEATURES | {"clean-noisy-and-denoised"},
    ),
    "contractive": (ContractiveAutoencoder(12, **SHORT), ALWAYS | FEATURES),
    "sparse": (SparseAutoencoder(80, k=4, **SHORT), ALWAYS | FEATURES),
    "convolutional": (
        ConvolutionalAutoencoder(3, channels=(4,), **SHORT),
        ALWAYS | FEATURES,
    ),
    "variational": (
        VariationalAutoencoder(3, hidden=[16], **SHORT),
        ALWAYS | FEATURES | GENERATED,
    ),
    "variational, flat": (
        VariationalAutoencoder(2, hidden=[16], **SHORT),
        ALWAYS | FEATURES | GENERATED | {"the-code-s-plane-decoded"},
    ),
}


@pytest.mark.parametrize("kind", PICTURES)
def test_pictures_of_every_kind_are_whole(kind, images, tmp_path):
    estimator, expected = PICTURES[kind]
    assert set(pictures_of(estimator, images[:300], tmp_path)) == expected


def pictures_of(estimator, x, folder):
    """Write a report and open its pictures, by caption."""
    write_report(estimator.fit(x), x, folder)
    found = {re.sub(r"^\w+-\d+-components?-", "", path.stem): path for path in folder.glob("*.png")}
    for picture in found.values():
        with Image.open(picture) as image:
            image.load()
            assert min(image.size) > 60
    return found


COLUMNS = {"code", "loss", "columns-worst-and-best-reconstructed"}
TABLE_PICTURES = {
    "one unit": (Autoencoder(1, **SHORT), COLUMNS | FEATURES - {"activations"}),
    "linear": (LinearAutoencoder(2), (COLUMNS | FEATURES) - {"loss"}),
    "denoising": (
        DenoisingAutoencoder(2, corruption="swap", **SHORT),
        COLUMNS | FEATURES | {"clean-noisy-and-denoised"},
    ),
    "variational": (
        VariationalAutoencoder(2, **SHORT),
        COLUMNS | FEATURES | {"quantiles-of-data-and-samples", "along-the-units-of-the-code"},
    ),
}


@pytest.mark.parametrize("kind", TABLE_PICTURES)
def test_pictures_of_tables_are_about_columns(kind, table, tmp_path):
    estimator, expected = TABLE_PICTURES[kind]
    assert set(pictures_of(estimator, table, tmp_path)) == expected


def test_kernels_over_the_columns_of_a_frame_are_not_drawn(table, tmp_path):
    import pandas as pd

    frame = pd.DataFrame(table, columns=[f"a long name of column {letter}" for letter in "abcdef"])
    convolutional = ConvolutionalAutoencoder(2, channels=(4,), **SHORT)
    found = pictures_of(convolutional, frame, tmp_path)
    assert set(found) == COLUMNS | FEATURES - {"weights-of-the-first-layer"}


SIGNALS = ALWAYS | FEATURES | {"variance-that-comes-back-place-by-place"}
STEREO = Convolutional(channels=(4,), signal=True)
SIGNAL_PICTURES = {
    "dense": (Autoencoder(3, hidden=[16], **SHORT), 1, SIGNALS),
    "convolutional": (ConvolutionalAutoencoder(3, channels=(4,), **SHORT), 1, SIGNALS),
    "denoising": (
        DenoisingAutoencoder(3, network=STEREO, **SHORT),
        2,
        SIGNALS | {"clean-noisy-and-denoised"},
    ),
    "variational": (
        VariationalAutoencoder(2, hidden=[16], **SHORT),
        1,
        SIGNALS | GENERATED | {"the-code-s-plane-decoded"},
    ),
}


@pytest.mark.parametrize("kind", SIGNAL_PICTURES)
def test_pictures_of_signals_are_about_lines(kind, tmp_path):
    estimator, n_channels, expected = SIGNAL_PICTURES[kind]
    phases = np.random.default_rng(0).uniform(0, 6, size=(100, 1))
    waves = np.sin(phases + np.linspace(0, 9, 41))
    waves = waves if n_channels == 1 else np.stack([waves, waves**2], axis=2)
    assert set(pictures_of(estimator, waves, tmp_path)) == expected


def test_denoising_figures_are_those_of_the_noise_that_was_trained_on(images):
    model = DenoisingAutoencoder(8, corruption="masking", level=0.3, hidden=[32], **SHORT)
    comparison = compare(model.fit(images), images)
    noisy, denoised, by_pca = comparison.denoising.errors(comparison.x)
    clean = comparison.x
    assert noisy == pytest.approx(0.3 * np.sum(clean**2) / len(clean), rel=0.05)
    again = model.denoise(comparison.denoising.noisy.reshape(-1, 8, 8)).reshape(-1, 64)
    assert denoised == pytest.approx(squared_error(clean, again), rel=1e-4)
    assert by_pca > 0


def test_top_k_code_is_set_beside_as_many_components_as_it_has_active(images):
    model = SparseAutoencoder(100, k=4, **SHORT).fit(images)
    assert compare(model, images).n_pca_components == 4


def test_error_is_drawn_against_the_size_of_the_code(images, tmp_path):
    models = [LinearAutoencoder(k).fit(images) for k in (1, 2, 4)]
    write_report(models, images, tmp_path)
    assert (tmp_path / "error-and-the-size-of-the-code.png").stat().st_size > 5_000


def test_page_shows_names_as_text_not_as_markup(tmp_path):
    import pandas as pd

    x = np.random.default_rng(0).normal(size=(60, 2))
    table = pd.DataFrame(x, columns=["<script>alert(1)</script>", "b"])
    deep = Autoencoder(1, hidden=[4], max_epochs=1, random_state=0).fit(table)
    labels = ["<b>bold</b>"] * 60
    write_report(deep, table, tmp_path, labels=labels, title="<i>title</i>", source="<u>source</u>")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "&lt;i&gt;title" in page
    assert "&lt;u&gt;source" in page
    assert not re.search(r"<(script|b|i|u)>", page)


def test_several_estimators_share_one_page(page_of):
    page = page_of("deep", "linear")
    assert "Autoencoder, 3 components" in page
    assert "LinearAutoencoder, 2 components" in page


def test_page_repeats_the_settings_that_make_the_model(page_of):
    page = page_of("deep")
    assert "from isthmus import Autoencoder" in page
    assert "Autoencoder(hidden=[16], max_epochs=3, n_components=3, random_state=0)" in page


@pytest.mark.parametrize(
    "labels",
    [None, "few", "many", "measured", "text", "gaps"],
)
def test_code_is_drawn_whatever_the_labels(deep, images, labels):
    n = len(images)
    given = {
        None: None,
        "few": np.arange(n) % 3,
        "many": np.arange(n) % 19,
        "measured": np.linspace(0, 1, n),
        "text": [f"label {i}" for i in range(n)],
        "gaps": [None, "a"] * (n // 2) + [None] * (n % 2),
    }[labels]
    assert len(to_png(draw_code(compare(deep, images, labels=given)))) > 5_000


def test_folder_that_cannot_be_made_is_named(deep, images, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(IsthmusError, match="cannot be written"):
        write_report(deep, images, tmp_path / "file" / "report")


def test_a_pca_that_loses_nothing_is_no_measure(tmp_path, digits):
    model = Autoencoder(64, hidden=[8], max_epochs=1, random_state=0).fit(digits)
    (comparison,) = write_report(model, digits, tmp_path)
    assert comparison.pca_error == 0
    assert change(comparison) == "–"
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "PCA loses nothing" in page


def test_much_larger_errors_are_told_as_multiples(digits, monkeypatch):
    model = Autoencoder(2, hidden=[8], max_epochs=1, random_state=0).fit(digits[:200])
    comparison = compare(model, digits[:200])
    monkeypatch.setitem(vars(comparison), "pca_error", comparison.error / 25)
    assert change(comparison) == "× 25"
