"""Rows that come only once can be read again, from a temporary file."""

import gc
import os
import subprocess
import sys
import tempfile

import numpy as np
import pandas as pd
import polars
import pyarrow as pa
import pytest

from isthmus import Autoencoder, DataError, from_batches

FRAME = pd.DataFrame({"a": np.arange(10.0), "b": np.arange(10)})
KINDS = {
    "pandas": lambda rows: rows,
    "polars": polars.from_pandas,
    "arrow": lambda rows: pa.Table.from_pandas(rows, preserve_index=False),
    "batch": lambda rows: pa.RecordBatch.from_pandas(rows, preserve_index=False),
    "columns": lambda rows: {name: rows[name].to_numpy() for name in rows},
}


@pytest.mark.parametrize("kind", KINDS)
def test_batches_of_every_kind_become_one_table(kind):
    pieces = [FRAME[:4], FRAME[4:4], FRAME[4:]]
    dataset = from_batches(KINDS[kind](piece) for piece in pieces)
    assert dataset.schema.names == ("a", "b")
    assert dataset.schema.dtypes == ("double", "int64")
    for _ in range(2):
        assert dataset.to_memory().to_pydict() == FRAME.to_dict("list")
    assert dataset.select(["b"]).to_memory().to_pydict() == {"b": list(range(10))}


def test_arrays_keep_their_shape_and_a_callable_is_called_once():
    calls = []

    def batches():
        calls.append(1)
        for i in range(3):
            yield np.full((2, 4, 5), i, np.uint8)

    dataset = from_batches(batches)
    assert dataset.schema.row_shape == (4, 5)
    assert dataset.schema.dtypes == ("uint8",)
    assert dataset.to_memory()[:, 0, 0].tolist() == [0, 0, 1, 1, 2, 2]
    assert calls == [1]


def test_temporary_file_lives_as_long_as_the_dataset():
    dataset = from_batches([FRAME]).select(["a"])
    gc.collect()
    folder = dataset.folder.path
    assert folder.exists()
    assert len(dataset.to_memory()) == 10
    del dataset
    gc.collect()
    assert not folder.exists()


KILLED = """
import os, signal
import numpy as np
from isthmus import from_batches

def batches():
    yield np.ones((10, 2))
    if while_writing:
        os.kill(os.getpid(), signal.SIGKILL)

kept = from_batches(batches())
os._exit(1)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps what a kill leaves behind")
@pytest.mark.parametrize("while_writing", [False, True])
def test_what_a_kill_leaves_behind_is_swept_away(while_writing, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    living = from_batches([np.ones((5, 2))])
    other = tmp_path / "isthmus-of-somebody"
    other.mkdir()
    code = f"while_writing = {while_writing}\n{KILLED}"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    assert subprocess.run([sys.executable, "-c", code], env=environment).returncode != 0
    assert len(list(tmp_path.iterdir())) == 3
    again = from_batches([np.ones((5, 2))])
    assert set(tmp_path.iterdir()) == {living.folder.path, again.folder.path, other}
    assert living.to_memory().sum() == 10


WRONG = {
    "nothing": ([], "the batches gave no rows"),
    "empty": ([FRAME[:0]], "the batches gave no rows"),
    "other columns": ([FRAME, FRAME[["a"]]], r"batch 2 holds the columns \['a'\], but the first"),
    "other types": ([FRAME, FRAME + 0.5], "batch 2 holds other types than the first one"),
    "array after table": ([FRAME, np.ones((2, 2))], "batch 2 holds an array, but the first one"),
    "table after array": ([np.ones((2, 2)), FRAME], "batch 2 holds a table, but the first one"),
    "other shape": ([np.ones((2, 2)), np.ones((2, 3))], r"batch 2 holds rows of \(3,\)"),
    "text": ([np.array(["a"])], "batch 1 holds text"),
    "ragged columns": ([{"a": [1], "b": [1, 2]}], "batch 1 is no table"),
}


@pytest.mark.parametrize("name", WRONG)
def test_batches_that_do_not_agree_are_one_sentence(name):
    batches, sentence = WRONG[name]
    with pytest.raises(DataError, match=sentence):
        from_batches(batches)


def test_error_of_the_generator_is_its_own():
    def batches():
        yield FRAME
        raise RuntimeError("the cluster is gone")

    with pytest.raises(RuntimeError, match="the cluster is gone"):
        from_batches(batches())


def test_fit_takes_batches(table):
    columns = {f"x{i}": column for i, column in enumerate(table.T)}
    frame = pd.DataFrame(columns)
    model = Autoencoder(2, hidden=8, max_epochs=1, random_state=0, verbose=False)
    expected = model.fit(frame).transform(frame)
    dataset = from_batches(frame[i : i + 70] for i in range(0, 300, 70))
    np.testing.assert_array_equal(model.fit(dataset).transform(frame), expected)
