import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import isthmus
from isthmus import Archive, Compressor, compress, decompress, load
from isthmus.compression import sources
from isthmus.compression.autoencoder import model as rows_of_models
from isthmus.compression.autoencoder.codec import AutoencoderCodes
from isthmus.compression.autoencoder.floats import FloatAutoencoder, FloatNetwork, as_floats
from isthmus.compression.autoencoder.model import CodesModel
from isthmus.compression.blocks import encode_block
from isthmus.compression.promise import Promise
from isthmus.errors import ArchiveError, DataError, IsthmusError

MODELS = Path(__file__).parents[2] / "fitting" / "models"
N_COLUMNS, N_CODES = 30, 3
FRESH = """
import sys, numpy as np
from isthmus import Archive
np.save(sys.argv[2], Archive(sys.argv[1]).read(int(sys.argv[3])))
assert "jax" not in sys.modules
"""


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    # Two of the linear algebra library's are slower, and `compress` does without, too.
    with threadpool_limits(1):
        yield


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def autoencoder(last_curve=None, shortcut=True, scale=2.0, offset=5.0):
    """Give an autoencoder of drawn weights, whose encoder undoes its decoder's shortcut."""
    rng = np.random.default_rng(7)
    up = rng.normal(size=(N_COLUMNS, N_CODES)) / 2

    def layers(*sizes):
        return tuple(
            (rng.normal(size=(n_out, n_in)) / np.sqrt(n_in) / 2, rng.normal(size=n_out) / 9)
            for n_in, n_out in pairwise(sizes)
        )

    around = (up, np.zeros(N_COLUMNS)) if shortcut else None
    decoder = FloatNetwork(layers(N_CODES, 16, N_COLUMNS), np.tanh, around, last_curve)
    down = np.linalg.pinv(up), np.zeros(N_CODES)
    encoder = FloatNetwork(layers(N_COLUMNS, 16, N_CODES), np.tanh, down)
    domain = as_floats(load(MODELS / "stacked_autoencoder.isthmus")).domain
    offset, scale = np.full(N_COLUMNS, offset), np.full(N_COLUMNS, scale)
    return FloatAutoencoder(encoder, decoder, offset, scale, domain, as_shades=False)


def rows_of(model, n=400, noise=0.05, seed=0):
    """Give rows near those that the decoder makes."""
    rng = np.random.default_rng(seed)
    prepared = model.decoder(rng.normal(size=(n, N_CODES)))
    return (prepared + noise * rng.normal(size=prepared.shape)) * model.scale + model.offset


def there_and_back(model, block, max_error=0.0):
    """Give the bytes of the model, those of the block, and what comes back."""
    promise = Promise(max_error)
    codec = AutoencoderCodes.of(model, block, len(block))
    assert codec.takes(block, promise)
    fitted = codec.fit(block, promise, "fast")
    coded = encode_block(codec, fitted, block, promise, ())
    assert coded is not None
    data, found = coded
    if max_error == 0:
        np.testing.assert_array_equal(found, block, strict=True)
    assert np.abs(found.astype(float) - block.astype(float)).max() <= max_error
    return fitted, data, found


@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "i2", "i8", "u1"])
@pytest.mark.parametrize("max_error", [0, 0.1, 1])
def test_rows_come_back_within_what_was_promised(dtype, max_error):
    model = autoencoder(scale=20.0, offset=90.0)
    rows = rows_of(model, 100)
    if np.dtype(dtype).kind != "f" or max_error == 0:
        rows = np.rint(np.clip(rows, 0, 255))
    there_and_back(model, rows.astype(dtype), max_error)


@pytest.mark.parametrize("shortcut", [True, False])
@pytest.mark.parametrize("last_curve", [None, sigmoid])
def test_networks_of_all_kinds_predict_their_rows(shortcut, last_curve):
    model = autoencoder(last_curve, shortcut, 255.0, 0.0)
    rows = np.clip(np.rint(rows_of(model, 800, 0.004)), 0, 255).astype(np.uint8)
    fitted, data, _ = there_and_back(model, rows)
    decoder = CodesModel.from_bytes(fitted).decoder
    assert (decoder.shortcut is None, decoder.last_curve is None) == (not shortcut, not last_curve)
    assert len(data) < 0.95 * rows.size


def test_what_an_autoencoder_knows_makes_rows_smaller(tmp_path):
    model = autoencoder()
    decoder = FloatNetwork(((model.decoder.shortcut[0], np.zeros(N_COLUMNS)),), None)
    encoder = FloatNetwork(((model.encoder.shortcut[0], np.zeros(N_CODES)),), None)
    model = replace(model, encoder=encoder, decoder=decoder)
    rows = rows_of(model, 2_000, 0.002)
    fitted, data, _ = there_and_back(model, rows, 0.02)
    others = compress(rows, tmp_path / "x.isz", max_error=0.02, effort="fast")
    assert len(fitted) + len(data) < 0.5 * others.n_bytes
    assert len(fitted) < 1_000


def test_columns_of_coarser_steps_are_coded_in_these():
    model = autoencoder()
    rows = rows_of(model)
    coarse = rows.copy()
    coarse[:, ::2] = np.rint(coarse[:, ::2] / 0.75) * 0.75 + 0.1
    coarse[3, 4] = rows[3, 4]
    fine, own = (there_and_back(model, block, 0.01)[1] for block in (rows, coarse))
    assert len(own) < 0.8 * len(fine)


@pytest.mark.parametrize(
    "block",
    [
        np.zeros((50, N_COLUMNS)),
        np.full((1, N_COLUMNS), 7, np.uint8),
        np.random.default_rng(0).normal(size=(2, N_COLUMNS)),
        np.random.default_rng(0).normal(size=(60, N_COLUMNS)) * 99,
        np.random.default_rng(0).integers(0, 255, (40, 5, 6)).astype(np.uint8),
    ],
    ids=["nothing", "one row", "two rows", "other rows", "images"],
)
def test_rows_of_any_kind_come_back(block):
    there_and_back(autoencoder(), block, 0.0 if block.dtype == np.uint8 else 0.01)


def test_rows_unlike_the_sample_come_back():
    model, promise = autoencoder(), Promise(0.01)
    sample = rows_of(model)
    codec = AutoencoderCodes.of(model, sample, 1_000)
    fitted = codec.fit(sample, promise, "fast")
    for block in (sample * 1e9, sample - 1e4, sample[:1], sample[:0]):
        coded = encode_block(codec, fitted, block, promise, ())
        assert coded is not None
        assert np.abs(coded[1] - block).max(initial=0) <= 0.01


def test_what_it_cannot_code_is_not_taken():
    model = autoencoder()
    rows = rows_of(model)
    assert not AutoencoderCodes().takes(rows, Promise(0.1))
    assert not AutoencoderCodes.of(model, rows[:, 1:], 9).takes(rows[:, 1:], Promise(0.1))
    codec = AutoencoderCodes.of(model, rows, len(rows))
    assert not codec.takes(rows, Promise())
    assert not codec.takes(rows, Promise(1e-12))


def test_bytes_of_another_width_or_length_are_refused():
    model = autoencoder()
    rows = rows_of(model, 60)
    fitted, data, _ = there_and_back(model, rows, 0.1)
    coded = data[2:]
    decode, promise = AutoencoderCodes().decode, Promise(0.1)
    assert decode(fitted, coded, rows.shape, rows.dtype, promise).shape == rows.shape
    for shape, sent, known in (
        ((60, 29), coded, fitted),
        ((61, 30), coded, fitted),
        (rows.shape, coded[:-2], fitted),
        (rows.shape, coded, fitted[:-3]),
        (rows.shape, coded, b""),
    ):
        with pytest.raises(ArchiveError):
            decode(known, sent, shape, rows.dtype, promise)


@pytest.fixture(scope="module")
def fitted():
    """Give an autoencoder as users have it, and rows like those that it was fitted to."""
    rng = np.random.default_rng(0)
    place = np.linspace(0, 3, 24)
    waves = np.sin(place + rng.uniform(0, 2, (600, 1))) * rng.uniform(1, 2, (600, 1))
    rows = (waves + 0.002 * rng.normal(size=waves.shape)).astype(np.float32)
    return isthmus.LinearAutoencoder(n_components=3).fit(rows[:300]), rows[300:]


def test_a_file_has_the_same_bits_in_other_processes_threads_and_batches(
    fitted, tmp_path, monkeypatch
):
    model, rows = fitted
    rows = np.concatenate([rows] * 3)
    rows[5, 3:7] = np.nan
    monkeypatch.setattr(sources, "BLOCK_BYTES", 10_000)
    contents = set()
    for n_jobs in (1, 2):
        settings = {"max_error": 0.01, "codecs": ["autoencoder"], "effort": "fast"}
        compress(rows, tmp_path / "x.isz", model=model, n_jobs=n_jobs, **settings)
        contents.add((tmp_path / "x.isz").read_bytes())
    assert len(contents) == 1
    expected = decompress(tmp_path / "x.isz")
    assert np.nanmax(np.abs(expected - rows)) <= 0.01
    np.testing.assert_array_equal(np.isnan(expected), np.isnan(rows))
    np.testing.assert_array_equal(Archive(tmp_path / "x.isz")[77:201], expected[77:201])
    subprocess.run(
        [sys.executable, "-c", FRESH, tmp_path / "x.isz", tmp_path / "y.npy", "2"],
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "2"},
    )
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), expected, strict=True)
    for chunk in (24, 24 * 4_096):
        monkeypatch.setattr(rows_of_models, "_CHUNK", chunk)
        back = there_and_back(as_floats(model), rows[10:], 0.01)[2]
        assert np.abs(back - rows[10:]).max() <= 0.01


def test_a_model_is_used_where_it_makes_the_smallest_file_and_nowhere_else(fitted, tmp_path):
    model, rows = fitted
    own = compress(rows, tmp_path / "x.isz", max_error=0.01, model=model, effort="fast")
    without = compress(rows, tmp_path / "y.isz", max_error=0.01, effort="fast")
    assert own.n_bytes < without.n_bytes
    assert [trial.codec for trial in own.trials if trial.chosen] == ["autoencoder"]
    assert {trial.codec for trial in own.trials} > {trial.codec for trial in without.trials}
    noise = np.random.default_rng(0).normal(size=(40, 24)).astype(np.float32)
    with_it = compress(noise, tmp_path / "x.isz", max_error=0.5, model=model, effort="fast")
    without = compress(noise, tmp_path / "y.isz", max_error=0.5, effort="fast")
    assert with_it.n_bytes <= without.n_bytes
    assert len(with_it.trials) > len(without.trials)


def test_masks_and_rows_of_any_number_go_with_a_model(fitted, tmp_path):
    model, rows = fitted
    masked = np.ma.masked_greater(rows, 1.9)
    compress(masked, tmp_path / "x.isz", max_error=0.01, model=model, effort="fast")
    found = decompress(tmp_path / "x.isz")
    np.testing.assert_array_equal(found.mask, masked.mask)
    assert np.abs(found - masked).max() <= 0.01
    compress(rows[:0], tmp_path / "x.isz", max_error=0.01, model=model)
    assert decompress(tmp_path / "x.isz").shape == (0, 24)


def test_a_compressor_keeps_the_model_beside_many_files(fitted, tmp_path):
    model, rows = fitted
    settings = {"effort": "fast", "codecs": ["autoencoder"]}
    compressor = Compressor(0.01, model=model, **settings).fit(rows)
    compressor.save(tmp_path / "rows.iszm")
    again = Compressor.load(tmp_path / "rows.iszm")
    assert again.encode(rows[:80]) == compressor.encode(rows[:80])
    assert np.abs(again.decode(again.encode(rows[:80])) - rows[:80]).max() <= 0.01
    whole = compress(rows[:80], tmp_path / "x.isz", max_error=0.01, model=model, **settings)
    assert len(again.encode(rows[:80])) < whole.n_bytes
    other = Compressor(0.5, effort="fast", model=model).fit(np.zeros((9, 24), np.float32))
    other.decode(Compressor.from_bytes(other.to_bytes()).encode(rows[:80]))


@pytest.mark.parametrize("name", ["autoencoder", "convolutional_autoencoder"])
def test_autoencoders_that_no_archive_holds_are_refused(name, tmp_path):
    with pytest.raises(IsthmusError, match="compress takes dense autoencoders"):
        compress(np.zeros((9, 4)), tmp_path / "x.isz", model=load(MODELS / f"{name}.isthmus"))


def test_what_does_not_go_with_a_model_has_a_sentence(fitted, tmp_path):
    model, rows = fitted
    with pytest.raises(DataError, match=r"data has rows of shape \(9,\), but was to have"):
        compress(rows[:, :9], tmp_path / "x.isz", model=model)
    with pytest.raises(IsthmusError, match=r"model='m.isthmus' is no fitted autoencoder: give"):
        compress(rows, tmp_path / "x.isz", model="m.isthmus")
    with pytest.raises(IsthmusError, match="model=LinearAutoencoder is no fitted autoencoder"):
        compress(rows, tmp_path / "x.isz", model=isthmus.LinearAutoencoder(2))
    with pytest.raises(IsthmusError, match=r"'autoencoder', which needs a fitted .* give model="):
        compress(rows, tmp_path / "x.isz", codecs=["autoencoder"])
    assert not (tmp_path / "x.isz").exists()
