import numpy as np
import pytest

from isthmus.training import AllOnce, ArrayBatches
from isthmus.training.batches import DoubleBuffer


@pytest.mark.parametrize("n_rows", [1, 7, 64, 100, 1000])
@pytest.mark.parametrize("batch_size", [1, 8, 64])
def test_every_row_comes_exactly_once_an_epoch(n_rows, batch_size):
    matrix = np.arange(1, n_rows + 1, dtype=np.float32)[:, None]
    batches = ArrayBatches(matrix, batch_size)
    seen = []
    for block in batches.epoch(np.random.default_rng(0)):
        flat = block.rows.reshape(-1)
        seen.extend(flat[: block.n_rows])
        assert (flat[block.n_rows : block.n_steps * batches.batch_size] == 0).all()
    assert sorted(seen) == list(range(1, n_rows + 1))


def test_blocks_have_one_shape_and_data_larger_than_a_block_take_several():
    matrix = np.zeros((2000, 40_000), np.float32)
    blocks = list(ArrayBatches(matrix, 64).epoch())
    assert len({block.rows.shape for block in blocks}) == 1
    assert len(blocks) > 1
    assert sum(block.n_rows for block in blocks) == 2000


def test_order_is_fixed_by_the_generator_and_differs_between_epochs():
    matrix = np.arange(50, dtype=np.float32)[:, None]
    batches = ArrayBatches(matrix, 8)

    def order(seed):
        return np.concatenate(
            [b.rows.reshape(-1)[: b.n_rows] for b in batches.epoch(np.random.default_rng(seed))]
        )

    np.testing.assert_array_equal(order(1), order(1))
    assert not np.array_equal(order(1), order(2))


def test_chosen_rows_only():
    matrix = np.arange(20, dtype=np.float32)[:, None]
    batches = ArrayBatches(matrix, 4, AllOnce(np.array([3, 5, 9])))
    block = next(batches.epoch())
    assert block.rows.reshape(-1)[: block.n_rows].tolist() == [3, 5, 9]


def test_similar_lengths_share_one_shape():
    shapes = {
        next(ArrayBatches(np.zeros((n, 3), np.float32), 32).epoch()).rows.shape
        for n in range(130, 250, 7)
    }
    assert len(shapes) == 1


def test_targets_stay_with_their_rows():
    matrix = np.arange(50, dtype=np.float32)[:, None]
    batches = ArrayBatches(matrix, 8, targets=np.arange(50) * 2)
    for block in batches.epoch(np.random.default_rng(0)):
        rows = block.rows.ravel()[: block.n_rows]
        np.testing.assert_array_equal(block.targets.ravel()[: block.n_rows], rows * 2)


def test_two_buffers_are_used_in_turn_and_hold_the_same_rows():
    batches = ArrayBatches(np.arange(300.0, dtype=np.float32)[:, None], 8, targets=np.arange(300))
    buffer, fresh, again, places = DoubleBuffer(), [], [], set()
    for seed in range(3):
        for block in batches.epoch(np.random.default_rng(seed)):
            fresh.append((block.rows.ravel(), block.targets.ravel(), block.n_rows))
        for block in batches.epoch(np.random.default_rng(seed), buffer=buffer):
            again.append((block.rows.ravel().copy(), block.targets.ravel().copy()))
            places.add((block.rows.ctypes.data, block.targets.ctypes.data))
            assert block.rows.ctypes.data % 64 == 0
    assert len(again) > 2
    assert len(places) == 2
    for (rows, targets, n_rows), (same_rows, same_targets) in zip(fresh, again, strict=True):
        np.testing.assert_array_equal(rows[:n_rows], same_rows[:n_rows])
        np.testing.assert_array_equal(targets[:n_rows], same_targets[:n_rows])
