from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import feather, parquet

from isthmus.io.formats.idx import idx_header

TABLE = pa.table({"height": [1.5, 2.5, None], "count": [1, 2, 3], "name": ["a", "", "c"]})
ARRAY = np.arange(24, dtype=np.float32).reshape(4, 3, 2)
IMAGES = np.arange(4 * 5 * 6, dtype=np.uint8).reshape(4, 5, 6)


def make_files(folder: Path) -> dict[str, Path]:
    """Make one small valid file of each format, not with the writers under test."""
    text = "height,count,name\n1.5,1,a\n2.5,2,\n,3,c\n"
    (folder / "t.csv").write_text(text)
    (folder / "t.tsv").write_text(text.replace(",", "\t"))
    (folder / "t.csv.gz").write_bytes(gzip.compress(text.encode(), mtime=0))
    parquet.write_table(TABLE, folder / "t.parquet", row_group_size=2)
    feather.write_feather(TABLE, str(folder / "t.feather"), compression="lz4")
    with pa.ipc.new_file(str(folder / "t.arrow"), TABLE.schema) as writer:
        writer.write_table(TABLE)
    np.save(folder / "a.npy", ARRAY)
    np.savez(folder / "a.npz", X=ARRAY, y=np.arange(4))
    np.savez_compressed(folder / "packed.npz", ARRAY)
    idx = idx_header(IMAGES.shape, IMAGES.dtype) + IMAGES.tobytes()
    (folder / "train-images-idx3-ubyte").write_bytes(idx)
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx, mtime=0))
    (folder / "images").mkdir()
    for i, image in enumerate(IMAGES):
        Image.fromarray(image).save(folder / "images" / f"{i}.png")
    return {path.name: path for path in sorted(folder.iterdir())}
