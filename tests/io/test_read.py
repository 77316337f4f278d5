from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from isthmus.io import Dataset, read


def table(dataset: Dataset) -> pa.Table:
    rows = dataset.to_memory()
    assert not isinstance(rows, np.ndarray)
    return rows


def test_suffixes_may_be_in_capitals(files: dict[str, Path]):
    capital = files["t.csv"].rename(files["t.csv"].with_name("T.CSV"))
    assert read(capital).n_rows == 3


def test_a_pattern_joins_its_files_in_natural_order(tmp_path: Path):
    for number in (10, 2, 1):
        parquet.write_table(pa.table({"a": [number] * 3}), tmp_path / f"part-{number}.parquet")
    expected = [1, 1, 1, 2, 2, 2, 10, 10, 10]
    for path in (tmp_path / "part-*.parquet", str(tmp_path / "part-*.parquet"), tmp_path):
        dataset = read(path)
        assert dataset.n_rows == 9
        assert table(dataset)["a"].to_pylist() == expected
        assert [len(chunk) for chunk in dataset.chunks(4)] == [4, 4, 1]
    given = read([tmp_path / "part-10.parquet", str(tmp_path / "part-1.parquet")], columns=["a"])
    assert table(given)["a"].to_pylist() == [10, 10, 10, 1, 1, 1]


def test_a_star_in_a_file_name_is_no_pattern(tmp_path: Path):
    (tmp_path / "a[1]*.csv").write_text("x\n1\n")
    assert read(tmp_path / "a[1]*.csv").n_rows == 1
