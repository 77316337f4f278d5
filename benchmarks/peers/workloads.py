"""What is measured: networks, batch sizes and numbers of epochs, the same for every contender."""

from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Workload:
    """One network on one data set.

    `kind` says what is done: "dense", "convolutional", "variational" and "sparse" train,
    "transform"
    encodes a million rows, "linear" fits a linear model, "cold" is a whole process that fits
    and saves. `epochs` counts those after the first, which imports and compiles; for "transform"
    and "linear" it counts calls.
    """

    name: str
    kind: str
    data: str
    n_rows: int
    n_features: int
    code: int
    hidden: tuple[int, ...] = ()
    channels: tuple[int, ...] = ()
    k: int = 0
    tied: bool = False
    batch_size: int = 256
    epochs: int = 3
    learning_rate: float = 1e-3

    @property
    def encoder_widths(self):
        return (self.n_features, *self.hidden, self.code)

    def products(self):
        """Give the matrix products of one forward pass over a batch, as (rows, inner, columns)."""
        rows = self.batch_size
        if self.kind == "linear":
            return []
        if self.channels:
            side, before, layers = 28, 1, []
            for channels in self.channels:
                side //= 2
                layers.append((rows * side * side, 9 * before, channels))
                before = channels
            layers.append((rows, side * side * before, self.code))
            return layers + [(m, n, k) for m, k, n in reversed(layers)]
        widths = self.encoder_widths
        encoder = [(rows, a, b) for a, b in pairwise(widths)]
        if self.kind == "transform":
            return encoder
        decoder = [(m, n, k) for m, k, n in reversed(encoder)]
        if self.kind == "variational":
            m, k, n = encoder[-1]
            encoder[-1] = m, k, 2 * n
        return encoder + decoder


_SMALL = {"data": "table", "n_rows": 20_000, "n_features": 30, "hidden": (32,), "code": 8}
_IMAGES = {"data": "images", "n_features": 784}

WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("small-256", "dense", **_SMALL, batch_size=256, epochs=24),
        Workload("small-64", "dense", **_SMALL, batch_size=64, epochs=10),
        Workload(
            "wide", "dense", **_IMAGES, n_rows=10_000, hidden=(1000, 500, 250), code=30, epochs=3
        ),
        Workload(
            "convolutional", "convolutional", **_IMAGES, n_rows=4_000, channels=(32, 64), code=32,
            batch_size=128, epochs=2,
        ),
        Workload(
            "variational", "variational", **_IMAGES, n_rows=10_000, hidden=(200, 200), code=50,
            batch_size=128, epochs=4,
        ),
        Workload(
            "sparse", "sparse", **_IMAGES, n_rows=4_000, code=1000, k=25, batch_size=128, epochs=2
        ),
        Workload(
            "sparse-tied", "sparse", **_IMAGES, n_rows=4_000, code=1000, k=25, tied=True,
            batch_size=128, epochs=2,
        ),
        Workload("transform", "transform", **_SMALL, epochs=10),
        Workload("linear", "linear", **_IMAGES, n_rows=10_000, code=30, epochs=10),
        Workload(
            "cold", "cold", data="digits", n_rows=1_500, n_features=64, hidden=(32,), code=8,
            batch_size=64, epochs=19,
        ),
    )
}  # fmt: skip
