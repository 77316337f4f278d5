"""Fits on data that memory would not hold."""

import os
import re
import signal

import jax
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    BoltzmannMachine,
    CheckpointError,
    ComponentSweep,
    DataError,
    LinearAutoencoder,
    StackedAutoencoder,
    read,
)
from isthmus.io import budget as budget_module
from isthmus.io import limited_memory
from isthmus.io.formats import row_groups as row_groups_module
from isthmus.training import StreamedBatches
from isthmus.training import loop as loop_module

N_ROWS = 30_000


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(row_groups_module, "_LEAST_GROUP_ROWS", 1000)


@pytest.fixture(scope="module")
def rows():
    generator = np.random.default_rng(0)
    hidden = np.sort(generator.normal(size=(N_ROWS, 2)), axis=0)
    return np.tanh(hidden @ generator.normal(size=(2, 6))) * [1, 10, 100, 1, 1, 1] + 5


@pytest.fixture(scope="module")
def path(rows, tmp_path_factory):
    path = tmp_path_factory.mktemp("streamed") / "rows.parquet"
    table = pa.table({f"x{i}": column for i, column in enumerate(rows.T)})
    parquet.write_table(table, path, row_group_size=1000)
    return path


@pytest.fixture
def streamed(monkeypatch):
    """Count the epochs that were streamed."""
    epochs = []
    blocks = StreamedBatches._blocks
    monkeypatch.setattr(
        StreamedBatches,
        "_blocks",
        lambda self, *arguments, **more: (
            epochs.append(self.n_rows) or blocks(self, *arguments, **more)
        ),
    )
    return epochs


def make(kind=Autoencoder, **parameters):
    parameters = {"max_epochs": 3, "random_state": 0, "verbose": False, **parameters}
    if kind is Autoencoder:
        parameters.setdefault("hidden", 16)
    return kind(2, **parameters)


def vector(model):
    return np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(model.model_)])


def test_what_fits_into_the_budget_is_trained_as_ever(rows, path, streamed):
    once = make().fit(path)
    again = make().fit(pa.table({f"x{i}": column for i, column in enumerate(rows.T)}))
    np.testing.assert_array_equal(vector(once), vector(again))
    assert not streamed


def test_streamed_fit_is_as_good_as_one_in_memory(rows, path, streamed):
    in_memory = make().fit(path)
    with limited_memory("1MB"):
        model = make().fit(path)
    assert streamed == [N_ROWS - len(model.validation_rows_)] * 3
    assert 0 < len(model.validation_rows_) <= 2**20 / 32 / 24
    assert len(model.history_["validation_loss"]) == 3
    for name in ("offset", "scale"):
        one, other = (getattr(m.preparation_, name) for m in (model, in_memory))
        np.testing.assert_allclose(one, other, rtol=1e-12)
    errors = [-m.score(path) for m in (model, in_memory)]
    # So little memory holds few rows to find principal components from.
    assert errors[0] < 1.3 * errors[1]
    assert errors[0] < 0.2 * np.square((rows - rows.mean(0)) / rows.std(0)).sum(1).mean()


def test_same_seed_gives_the_same_streamed_fit(path):
    with limited_memory("1MB"):
        one, same, other = (make(random_state=seed).fit(path) for seed in (0, 0, 1))
    np.testing.assert_array_equal(vector(one), vector(same))
    np.testing.assert_array_equal(one.validation_rows_, same.validation_rows_)
    assert not np.array_equal(vector(one), vector(other))


def test_all_rows_are_used_where_none_are_held_out(path, streamed):
    with limited_memory("1MB"):
        make(validation_fraction=0.0, max_epochs=1).fit(path)
    assert streamed == [N_ROWS]


@pytest.mark.parametrize("n_calls", [3, 150])
def test_streamed_fit_that_was_stopped_goes_on_to_equal_bits(n_calls, path, tmp_path, monkeypatch):
    monkeypatch.setattr(loop_module, "_SECONDS_PER_CALL", 1e-9)
    with limited_memory("1MB"):
        whole = make(max_epochs=2).fit(path)
        show, calls = loop_module._Loop._show, []

        def stop(self):
            calls.append(self.now.step)
            if len(calls) == n_calls:
                os.kill(os.getpid(), signal.SIGINT)
            show(self)

        monkeypatch.setattr(loop_module._Loop, "_show", stop)
        assert make(max_epochs=2).fit(path, checkpoint=tmp_path).interrupted_
        assert calls[-1] > 0
        monkeypatch.setattr(loop_module._Loop, "_show", show)
        resumed = make(max_epochs=2).fit(path, checkpoint=tmp_path)
    np.testing.assert_array_equal(vector(resumed), vector(whole))
    assert resumed.history_["loss"] == whole.history_["loss"]


def test_checkpoint_made_with_another_budget_or_layout_is_refused(rows, path, tmp_path):
    with limited_memory("1MB"):
        make(max_epochs=1).fit(path, checkpoint=tmp_path)
    with (
        limited_memory("1.1MB"),
        pytest.raises(CheckpointError, match=r"memory=1153433\): give --memory 1MB \(in P"),
    ):
        make(max_epochs=1).fit(path, checkpoint=tmp_path)
    with pytest.raises(
        CheckpointError, match=r"\(memory=1MB, but now memory=none\): give --memory 1MB"
    ):
        make(max_epochs=1).fit(path, checkpoint=tmp_path)
    other = tmp_path / "other.parquet"
    table = pa.table({f"x{i}": column for i, column in enumerate(rows.T)})
    parquet.write_table(table, other, row_group_size=1500)
    with limited_memory("1MB"), pytest.raises(CheckpointError, match=r"row groups=30 \(.*now"):
        make(max_epochs=1).fit(other, checkpoint=tmp_path)


def test_images_and_machines_stream_too(tmp_path, streamed):
    images = np.random.default_rng(0).integers(0, 256, (10_000, 12, 12), dtype=np.uint8)
    np.save(tmp_path / "images.npy", images)
    with limited_memory("1MB"):
        machine = make(BoltzmannMachine, max_epochs=1).fit(tmp_path / "images.npy")
    assert streamed == [10_000 - len(machine.validation_rows_)]
    assert machine.transform(images[:5]).shape == (5, 2)


@pytest.mark.parametrize(
    ("fit", "name", "size"),
    [
        # In closed form float64 stays so.
        (lambda path: LinearAutoencoder(1).fit(path), "LinearAutoencoder", "1.4 MB"),
        (
            lambda path: StackedAutoencoder(2, hidden=[4]).fit(path),
            "pretrain='autoencoder'",
            "703.1 kB",
        ),
        (
            lambda path: ComponentSweep(make(), components=[1, 2]).fit(path),
            "ComponentSweep",
            "703.1 kB",
        ),
    ],
    ids=["linear", "pretraining", "sweep"],
)
def test_what_needs_all_rows_at_once_says_so(fit, name, size, path):
    sentence = (
        f"rows.parquet takes {size} of memory once it is prepared, but {name} needs all rows at "
        "once, and for those 512.0 kB are allowed (half of --memory or ISTHMUS_MEMORY): allow "
        "more, or give fewer rows."
    )
    with limited_memory("1MB"), pytest.raises(DataError, match=re.escape(sentence)):
        fit(path)


def test_classifier_needs_all_rows_at_once(path):
    start = make(max_epochs=1).fit(path)
    with limited_memory("1MB"), pytest.raises(DataError, match="but AutoencoderClassifier needs"):
        AutoencoderClassifier(start).fit(path, np.arange(N_ROWS) % 2)


def test_columns_that_are_left_out_are_not_read(path, streamed):
    with limited_memory("1MB"):
        model = make(max_epochs=1).fit(read([path, path], exclude=["x0"]))
    assert model.n_features_in_ == 5
    assert streamed == [2 * N_ROWS - len(model.validation_rows_)]


def test_like_machines_go_on_from_each_others_checkpoints(path, tmp_path, monkeypatch):
    monkeypatch.delenv("ISTHMUS_MEMORY", raising=False)
    for size in (4 * 2**20, 4 * 2**20 - 99_999):
        monkeypatch.setattr(budget_module, "machine_bytes", lambda size=size: size)
        model = make(max_epochs=1).fit(path, checkpoint=tmp_path)
    assert len(model.history_["loss"]) == 1
    monkeypatch.setattr(budget_module, "machine_bytes", lambda: 8 * 2**20)
    with pytest.raises(CheckpointError, match="memory=1MB, but now memory=none"):
        make(max_epochs=1).fit(path, checkpoint=tmp_path)


def test_scores_and_codes_stream(path, monkeypatch):
    model = make(max_epochs=1).fit(path)
    whole, score = model.score_samples(path), model.score(path)
    with limited_memory("1MB"):
        chunks, codes = (list(f(path)) for f in (model.score_chunks, model.transform_chunks))
        assert model.score(path) == pytest.approx(score, rel=1e-6)
    assert len(chunks) > 20
    np.testing.assert_allclose(np.concatenate(chunks), whole, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.concatenate(codes), model.transform(path), rtol=1e-4, atol=1e-6)
    assert whole.mean(dtype=float) == pytest.approx(score)
