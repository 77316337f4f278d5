"""A saved model on the partitions of Dask, and a fit from them."""

import dask
import dask.dataframe
import numpy as np
import pandas as pd
import pytest

from isthmus import Autoencoder, from_batches, load


def encode(partition, model):
    codes = model.transform(partition)
    return pd.DataFrame(codes, index=partition.index, columns=["code0", "code1"])


@pytest.fixture
def frame(table):
    return pd.DataFrame({f"x{i}": column for i, column in enumerate(table.T)})


def test_fit_from_partitions_equals_fit_from_the_frame(frame):
    partitions = dask.dataframe.from_pandas(frame, npartitions=4).partitions
    model = Autoencoder(2, hidden=8, max_epochs=1, random_state=0, verbose=False)
    expected = model.fit(frame).transform(frame)
    dataset = from_batches(partition.compute() for partition in partitions)
    assert dataset.n_rows == len(frame)
    np.testing.assert_array_equal(model.fit(dataset).transform(frame), expected)


def test_saved_model_maps_over_partitions(frame, tmp_path):
    path = str(tmp_path / "model.isthmus")
    fitted = Autoencoder(2, hidden=8, max_epochs=1, random_state=0, verbose=False).fit(frame)
    fitted.save(path)
    loads = []
    model = dask.delayed(lambda path: loads.append(path) or load(path))(path)
    partitions = dask.dataframe.from_pandas(frame, npartitions=4)
    meta = pd.DataFrame({"code0": [], "code1": []}, dtype=np.float32)
    codes = partitions.map_partitions(encode, model, meta=meta).compute(scheduler="threads")
    # A partition is filled up to fewer rows than the whole, and then sums round otherwise.
    assert loads == [path]
    np.testing.assert_allclose(codes, fitted.transform(frame), rtol=1e-4, atol=1e-5)
    assert codes.index.equals(frame.index)
