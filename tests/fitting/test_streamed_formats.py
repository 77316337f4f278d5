"""Whatever can be read can be fitted on beyond what memory may take."""

import numpy as np
import pyarrow as pa
import pyarrow.dataset as scanning
import pytest
from PIL import Image
from pyarrow import csv, feather, parquet

from isthmus import Autoencoder, from_batches, limited_memory, read
from isthmus.training import StreamedBatches

N_ROWS, N_IMAGES, SIDE = 60_000, 700, 32


def make_table():
    x = np.random.default_rng(0).normal(size=N_ROWS).astype(np.float32)
    return pa.table({"sine": np.sin(x), "cosine": np.cos(x), "square": x**2})


def make_csv(folder):
    csv.write_csv(make_table(), folder / "rows.csv")
    return folder / "rows.csv"


def make_many_csv(folder):
    for i in range(20):
        csv.write_csv(make_table().slice(i * 3000, 3000), folder / f"{i}.csv")
    return folder / "*.csv"


def make_feather(folder):
    feather.write_feather(make_table(), folder / "rows.feather", chunksize=8192)
    return folder / "rows.feather"


def make_partitioned(folder):
    for year in range(3):
        inside = folder / f"year={year}"
        inside.mkdir()
        parquet.write_table(make_table().slice(year * 20_000, 20_000), inside / "part.parquet")
    return read(folder, exclude=["year"])


def make_scanned(folder):
    parquet.write_table(make_table(), folder / "rows.parquet", row_group_size=8192)
    return read(scanning.dataset(folder / "rows.parquet"))


def make_batches(folder):
    return from_batches(batch for batch in make_table().to_batches(8192))


def make_images(folder):
    pixels = np.random.default_rng(0).integers(0, 256, (N_IMAGES, SIDE, SIDE), dtype=np.uint8)
    for i, image in enumerate(pixels):
        Image.fromarray(image).save(folder / f"{i}.png", compress_level=0)
    return folder


FORMATS = [
    make_csv,
    make_many_csv,
    make_feather,
    make_partitioned,
    make_scanned,
    make_batches,
    make_images,
]


@pytest.mark.parametrize("make", FORMATS)
def test_every_format_streams_to_a_fit_and_back(make, tmp_path, monkeypatch):
    streamed, blocks = [], StreamedBatches._blocks

    def count(self, *arguments, **more):
        for block in blocks(self, *arguments, **more):
            streamed.append(block.n_rows)
            yield block

    monkeypatch.setattr(StreamedBatches, "_blocks", count)
    n_rows = N_IMAGES if make is make_images else N_ROWS
    model = Autoencoder(1, hidden=4, max_epochs=1, batch_size=100, random_state=0, verbose=False)
    with limited_memory("1MB"):
        data = make(tmp_path)
        model.fit(data)
        codes = np.concatenate(list(model.transform_chunks(data)))
        scores = np.concatenate(list(model.score_chunks(data)))
    assert sum(streamed) == n_rows - len(model.validation_rows_)
    assert len(codes) == len(scores) == n_rows
    assert np.isfinite(scores).all()
    if make is not make_images:
        expected = make_table().to_pandas().mean()
        np.testing.assert_allclose(model.preparation_.offset, expected, rtol=1e-4)
