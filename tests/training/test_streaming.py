"""Rows that stay on disk: each once an epoch, in an order fixed by the seed."""

import threading

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from isthmus.errors import DataError
from isthmus.io import ArrayDataset, RowGroup, as_dataset, limited_memory, read
from isthmus.io import dataset as dataset_module
from isthmus.io.formats import row_groups as row_groups_module
from isthmus.prepare import NumberPreparation
from isthmus.training import StreamedBatches

N_ROWS = 20_000
NONE = np.empty(0, int)


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch):
    monkeypatch.setattr(row_groups_module, "_LEAST_GROUP_ROWS", 500)
    monkeypatch.setattr(dataset_module, "_GROUP_ROWS", 500)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("streamed") / "rows.parquet"
    number = np.arange(N_ROWS, dtype=np.float64)
    table = pa.table({"number": number, **{f"x{i}": number % (i + 2) for i in range(9)}})
    parquet.write_table(table, path, row_group_size=500)
    return path


def make(dataset, batch_size=64, left_out=(), memory="1MB", n_processes=1):
    preparation = NumberPreparation.fit(dataset, "none")
    left_out = np.array(left_out, int)
    with limited_memory(memory):
        return StreamedBatches(dataset, preparation, batch_size, left_out, n_processes)


def numbers(batches, seed=0, columns=slice(None)):
    """Give the first column of every row that counts, block by block."""
    generator = None if seed is None else np.random.default_rng(seed)
    blocks = []
    for block in batches.epoch(generator, columns):
        flat = block.rows[..., 0].ravel()
        if columns == slice(None):
            assert (flat[block.n_rows : block.n_steps * batches.batch_size] == 0).all()
            flat = flat[: block.n_rows]
        blocks.append(flat)
    return blocks


@pytest.mark.parametrize("batch_size", [1, 8, 64, 1000])
@pytest.mark.parametrize("left_out", [[], [0], [3, 500, 501, N_ROWS - 1], range(0, N_ROWS, 7)])
def test_every_row_that_is_not_left_out_comes_exactly_once(path, batch_size, left_out):
    batches = make(read(path), batch_size, list(left_out))
    seen = np.concatenate(numbers(batches))
    expected = np.setdiff1d(np.arange(N_ROWS), list(left_out))
    assert len(seen) == batches.n_rows
    np.testing.assert_array_equal(np.sort(seen), expected)
    blocks = list(batches.epoch(np.random.default_rng(0)))
    assert {block.rows.shape for block in blocks} == {
        (batches.steps_per_block, batches.batch_size, 10)
    }
    assert sum(block.n_steps for block in blocks) == batches.n_steps


@pytest.mark.parametrize("n_rows", [1, 2, 63, 64, 65, 129, 1000])
def test_few_rows_come_exactly_once_too(n_rows):
    matrix = np.arange(1.0, n_rows + 1)[:, None]
    batches = make(as_dataset(matrix), 64)
    assert sorted(np.concatenate(numbers(batches))) == list(range(1, n_rows + 1))


def test_order_is_fixed_by_the_seed_and_differs_between_seeds(path):
    batches = make(read(path))
    one, same, other = (np.concatenate(numbers(batches, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_order_depends_on_how_far_reading_is_ahead_in_no_way(path):
    batches = make(read(path))
    slow = []
    for block in batches.epoch(np.random.default_rng(1)):
        slow.append(block.rows[..., 0].ravel()[: block.n_rows].copy())
        threading.Event().wait(0.01)
    np.testing.assert_array_equal(np.concatenate(slow), np.concatenate(numbers(batches, 1)))


def test_rows_keep_their_order_without_a_generator(path):
    seen = np.concatenate(numbers(make(read(path), left_out=[1, 2]), None))
    np.testing.assert_array_equal(seen, np.setdiff1d(np.arange(N_ROWS), [1, 2]))


def test_rows_of_sorted_files_are_mixed(path):
    first = numbers(make(read(path)))[0]
    # A block in the middle of an epoch holds rows of a shuffle buffer, of many groups.
    assert len(np.unique(first // 500)) >= 4
    assert abs(np.corrcoef(first, np.arange(len(first)))[0, 1]) < 0.2


def test_groups_larger_than_the_shuffle_buffer_are_read_in_turn(path, monkeypatch):
    monkeypatch.setattr(row_groups_module, "_LEAST_GROUP_ROWS", 4000)
    batches = make(read(path), 8, memory="1MB")
    first = numbers(batches)[0]
    assert len(np.unique(first // 4000)) == 4
    assert sorted(np.concatenate(numbers(batches))) == list(range(N_ROWS))


@pytest.mark.parametrize("memory", ["1MB", "4MB", "1GB"])
def test_shuffle_buffers_and_blocks_stay_within_their_budget(path, memory):
    batches = make(read(path), memory=memory)
    budget = int(memory[:-2]) * (2**20 if memory.endswith("MB") else 2**30)
    assert batches.shuffle_buffer_bytes <= budget / 8
    assert batches.steps_per_block * batches.batch_size * 40 <= budget / 64


@pytest.mark.parametrize("n_processes", [1, 2, 3, 4, 8])
@pytest.mark.parametrize("batch_size", [5, 64])
def test_processes_have_all_columns_of_every_minibatch_between_them(path, n_processes, batch_size):
    batches = make(read(path), batch_size, range(0, N_ROWS, 7), n_processes=n_processes)
    whole = np.concatenate([block.rows for block in batches.epoch(np.random.default_rng(3))])
    bounds = np.linspace(0, batch_size, n_processes + 1).astype(int)
    parts = [
        np.concatenate([b.rows for b in batches.epoch(np.random.default_rng(3), columns)])
        for columns in map(slice, bounds[:-1], bounds[1:])
    ]
    np.testing.assert_array_equal(np.concatenate(parts, axis=1), whole)
    seen = whole[..., 0].ravel()[: batches.n_rows]
    expected = np.setdiff1d(np.arange(N_ROWS), range(0, N_ROWS, 7))
    np.testing.assert_array_equal(np.sort(seen), expected)


def test_up_to_four_processes_have_the_order_of_one(path):
    one, four = (
        np.concatenate(numbers(make(read(path), n_processes=n_processes))) for n_processes in (1, 4)
    )
    np.testing.assert_array_equal(one, four)


@pytest.mark.parametrize("n_processes", [2, 4, 8])
def test_a_process_reads_its_own_share_of_the_parts(path, monkeypatch, n_processes):
    batches = make(read(path), n_processes=n_processes)
    read_rows = []
    transform = NumberPreparation.transform

    def counted(self, chunk, source, first_row):
        read_rows.append(len(chunk))
        return transform(self, chunk, source, first_row)

    monkeypatch.setattr(NumberPreparation, "transform", counted)
    for columns in (slice(0, 64 // n_processes), slice(64 - 64 // n_processes, 64)):
        read_rows.clear()
        list(batches.epoch(np.random.default_rng(0), columns))
        # The part between two shares is read by both.
        assert N_ROWS / n_processes <= sum(read_rows) <= N_ROWS / n_processes + 2 * 500


class Changed(ArrayDataset):
    """A source that gives other rows than it promised."""

    def row_groups(self):
        return [RowGroup(0, self.n_rows + 1, self.chunks)]


def test_source_that_changed_is_refused():
    dataset = Changed(np.ones((300, 2)), "X")
    dataset.n_rows += 1
    batches = StreamedBatches(dataset, NumberPreparation.fit(as_dataset(np.ones((9, 2)))), 64, NONE)
    with pytest.raises(DataError, match="X gave other rows than the 301 that it promised"):
        list(batches.epoch(np.random.default_rng(0)))


def test_rows_are_prepared_and_integers_stay_integers(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (3000, 4, 4), dtype=np.uint8)
    np.save(tmp_path / "images.npy", images)
    dataset = read(tmp_path / "images.npy")
    batches = StreamedBatches(dataset, NumberPreparation.fit(dataset), 64, NONE)
    rows = np.concatenate(
        [b.rows.reshape(-1, 16)[: b.n_rows] for b in batches.epoch(np.random.default_rng(0))]
    )
    assert rows.dtype == np.uint8
    np.testing.assert_array_equal(np.sort(rows, axis=0), np.sort(images.reshape(-1, 16), axis=0))
    table = pa.table({"a": np.arange(3000.0), "b": np.ones(3000)})
    dataset = as_dataset(table)
    batches = StreamedBatches(dataset, NumberPreparation.fit(dataset), 64, NONE)
    rows = np.concatenate([b.rows.reshape(-1, 2)[: b.n_rows] for b in batches.epoch()])
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(rows[:, 0].std(), 1, rtol=1e-5)


def test_error_of_a_reader_comes_through_as_its_sentence(path, tmp_path):
    broken = tmp_path / "broken.parquet"
    content = bytearray(path.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 2000] = bytes(2000)
    broken.write_bytes(content)
    dataset = read(broken)
    batches = StreamedBatches(dataset, NumberPreparation.fit(read(path), "none"), 64, NONE)
    with pytest.raises(DataError, match=r"broken\.parquet could not be read as a parquet file"):
        list(batches.epoch(np.random.default_rng(0)))


def test_missing_value_that_comes_later_names_its_row(tmp_path):
    values = np.arange(3000.0)
    values[2345] = np.nan
    dataset = as_dataset(pa.table({"a": values}))
    preparation = NumberPreparation.fit(as_dataset(pa.table({"a": np.arange(3000.0)})), "none")
    batches = StreamedBatches(dataset, preparation, 64, NONE)
    with pytest.raises(DataError, match="column 'a' holds NaN in row 2,346"):
        list(batches.epoch(np.random.default_rng(0)))


def test_thread_ends_when_the_consumer_stops(path):
    epoch = make(read(path)).epoch(np.random.default_rng(0))
    next(epoch)
    epoch.close()
    assert not [t for t in threading.enumerate() if t.name == "isthmus-reader"]
