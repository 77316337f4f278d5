"""Sizes of rivals' files, in an environment that has them: `compression.py` runs this.

    python benchmarks/compression_rivals.py DATA.npy MAX_ERROR

Prints one line of JSON: of each rival bytes, its largest error, and seconds.
"""

import json
import lzma
import sys
import time

import imagecodecs as ic
import numpy as np
import zstandard
from pcodec import ChunkConfig, standalone

GRID = 100


def lossy(x, max_error):
    """Compress a field within an error; of the settings of a rival the smallest file counts."""
    shape = {"shape": x.shape, "dtype": x.dtype}
    yield (
        "SPERR, whole",
        lambda: [ic.sperr_encode(x, max_error, mode="pwe")],
        lambda data: ic.sperr_decode(data[0], **shape),
    )
    yield (
        "SPERR, slices",
        lambda: [ic.sperr_encode(np.ascontiguousarray(s), max_error, mode="pwe") for s in x],
        lambda data: np.stack(
            [ic.sperr_decode(own, shape=x.shape[1:], dtype=x.dtype) for own in data]
        ),
    )
    yield (
        "SZ3",
        lambda: [ic.sz3_encode(x, mode="abs", abs=max_error)],
        lambda data: ic.sz3_decode(data[0], **shape),
    )
    # zfp stays far below its tolerance: the largest power of two of it that keeps the bound.
    for factor in (16, 8, 4, 2, 1):
        tolerance = factor * max_error
        data = ic.zfp_encode(x, level=tolerance, mode="accuracy")
        if np.abs(ic.zfp_decode(data).astype(float) - x).max() <= max_error:
            break
    yield (
        f"zfp, tolerance × {factor}",
        lambda: [ic.zfp_encode(x, level=tolerance, mode="accuracy")],
        lambda data: ic.zfp_decode(data[0]),
    )
    # What pcodec's users do: round to steps of twice the error first.
    steps = np.rint(x.astype(float) / (2 * max_error)).astype(np.int32).ravel()
    yield (
        "pcodec, rounded",
        lambda: [standalone.simple_compress(steps, ChunkConfig(compression_level=12))],
        lambda data: (standalone.simple_decompress(data[0]) * (2 * max_error)).reshape(x.shape),
    )


def exact(x):
    """Compress numbers exactly."""
    raw = np.ascontiguousarray(x).tobytes()
    yield "xz -9e", lambda: [lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME)], None
    yield "zstd -22", lambda: [zstandard.ZstdCompressor(level=22).compress(raw)], None
    if x.dtype.itemsize > 1 and x.ndim == 2:
        columns = [np.ascontiguousarray(column) for column in x.T]
        yield (
            "pcodec, a column each",
            lambda: [standalone.simple_compress(own, ChunkConfig()) for own in columns],
            None,
        )
    if x.dtype == np.uint8 and x.ndim >= 3:
        image = mosaic(x)
        yield "PNG of all", lambda: [ic.png_encode(image, level=9)], None
        if image.ndim == 3:
            yield "WebP of all", lambda: [ic.webp_encode(image, lossless=True, level=100)], None
        yield "JPEG XL of all", lambda: [ic.jpegxl_encode(image, lossless=True, effort=7)], None


def mosaic(images):
    """Lay images out in one, which is fairer to formats for large ones."""
    n_rows = -(-len(images) // GRID)
    padded = np.zeros((n_rows * GRID, *images.shape[1:]), images.dtype)
    padded[: len(images)] = images
    height, width = images.shape[1:3]
    grid = padded.reshape(n_rows, GRID, height, width, *images.shape[3:]).swapaxes(1, 2)
    return np.ascontiguousarray(grid.reshape(n_rows * height, GRID * width, *images.shape[3:]))


def main():
    x, max_error = np.load(sys.argv[1]), float(sys.argv[2])
    found = {}
    for name, encode, decode in lossy(x, max_error) if max_error else exact(x):
        began = time.perf_counter()
        data = encode()
        seconds = time.perf_counter() - began
        off = None if decode is None else float(np.abs(decode(data).astype(float) - x).max())
        error = None if off is None else off / max_error
        found[name] = {"bytes": sum(map(len, data)), "error": error, "seconds": seconds}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
