"""A format in one file: numbers, one a line, under the name of their column."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from isthmus.errors import DataError
from isthmus.io import Dataset, Schema, TableDataset
from isthmus.io.formats import TableFormat, register


class LinesFormat(TableFormat):
    def open(self, path: Path) -> Dataset:
        name, *lines = path.read_text().splitlines()[1:]
        return TableDataset(pa.table({name: [float(line) for line in lines]}), str(path))

    def check(self, target: Path, schema: Schema) -> None:
        super().check(target, schema)
        if schema.n_features > 1:
            raise DataError(f"{target} holds one column, not {schema.n_features}: write .csv.")

    def write(self, path: Path, chunks: Iterator[pa.Table]) -> int:
        n_rows = 0
        with path.open("w") as file:
            for chunk in chunks:
                lines = [] if n_rows else ["%lines", *chunk.column_names]
                lines += map(str, np.asarray(chunk.column(0)).tolist())
                file.write("\n".join(lines) + "\n")
                n_rows += chunk.num_rows
        return n_rows


register(LinesFormat(name="lines", reads=(".lines",), writes=(".lines",), magic=b"%lines\n"))
