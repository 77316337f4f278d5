"""Damage to archives: what comes back is right, or the one error; in bounded time and memory."""

import hashlib
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa

from isthmus import Archive, compress, load
from isthmus.compression.frame import END_MAGIC, INDEX, read_layout
from isthmus.errors import ArchiveError

MODEL = Path(__file__).parents[1] / "fitting/models/stacked_autoencoder.isthmus"


def make_archives(folder, images=False):
    """Make small archives of every kind, and give them with what they hold.

    That of the codec of images takes a while.
    """
    rng = np.random.default_rng(0)
    field = np.cumsum(np.cumsum(rng.normal(size=(12, 8, 9)), axis=1), axis=2).astype(np.float32)
    special = field.copy()
    special[0, :3] = np.nan
    special[5] = -9999
    masked = np.ma.masked_greater(field[:, 0], 1.0)
    table = pa.table(
        {
            "n": rng.integers(2000, size=80),
            "x": rng.normal(size=80),
            "s": pa.array([None if i % 5 == 0 else f"t{i % 7}" for i in range(80)]),
            "t": [f"text {i} " * (i % 4) for i in range(80)],
            "l": [[i] * (i % 3) for i in range(80)],
        }
    )
    (folder / "x.csv").write_text("a,b,c\n" + "".join(f"{i},w{i % 3},{i / 8}\n" for i in range(60)))
    contents = {
        "exact": (field, {}),
        "within an error": (special, {"max_error": 0.05}),
        "small integers": (rng.integers(0, 9, (40, 12), np.uint8), {}),
        "masked": (masked, {}),
        "table": (table, {}),
        "text": (folder / "x.csv", {}),
    }
    for codec in ("stored", "xz", "zstandard", "pcodec"):
        contents[codec] = (field, {"codecs": [codec]})
    contents["fields"] = (special, {"max_error": 0.05, "codecs": ["fields"], "effort": "fast"})
    contents["network"] = (rng.integers(9, size=(60, 3)), {"codecs": ["bayesian_network"]})
    shift, place = rng.normal(size=(60, 1, 1)), np.arange(12)
    waves = np.sin(place[:, None] / 3 + shift) * np.cos(place / 4)
    contents["context mixing"] = (waves > 0, {"codecs": ["context_mixing"]})
    if images:
        patterns = np.uint8(200) * (waves > 0) + rng.integers(3, size=(60, 12, 12), dtype=np.uint8)
        contents["images"] = (patterns, {"codecs": ["images"], "effort": "fast"})
    rows = rng.random((40, 4), np.float32)
    contents["codes"] = rows, {"model": load(MODEL), "codecs": ["autoencoder"], "max_error": 0.01}
    frame = pa.table(dict(zip("abcd", rows.T, strict=True)))
    contents["codes of columns"] = frame, {**contents["codes"][1], "max_error": "1e-2x"}
    archives = {}
    for name, (data, settings) in contents.items():
        path = folder / f"{name}.isz"
        compress(data, path, n_jobs=1, **settings)
        archives[name] = path.read_bytes(), Archive(path).read(1)
    return archives


def damaged(data, rng):
    """Change, cut, repeat or leave out a few bytes."""
    data = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at, kind = int(rng.integers(len(data) + 1)), rng.integers(6)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            data[at : at + 4] = rng.bytes(4)
        elif kind == 2:
            del data[at:]
        elif kind == 3:
            del data[at : at + int(rng.integers(1, 30))]
        elif kind == 4:
            data[at:at] = rng.bytes(int(rng.integers(1, 9)))
        else:
            data[at : at + 8] = data[: int(rng.integers(9))]
    return bytes(data)


def damaged_inside(data, rng):
    """Change bytes and make all checksums anew, as nobody does by accident."""
    data, (first, head_end) = bytearray(data), _places(data)
    index = np.frombuffer(bytes(data[first:]), INDEX, (len(data) - 56 - first) // INDEX.itemsize)
    index = index.copy()
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(14, first)) if rng.random() < 0.8 else int(rng.integers(8, 40))
        data[place] = int(rng.integers(256))
    at = first - int(index["length"].sum())
    for entry in index:
        entry["coded"] = zlib.crc32(bytes(data[at : at + entry["length"]]))
        at += int(entry["length"])
    if rng.random() < 0.2:
        name = str(rng.choice(["rows", "codec", "length"]))
        index[int(rng.integers(len(index)))][name] ^= 1 << int(rng.integers(16))
    start = bytes(data[:head_end])
    head = len(index).to_bytes(8, "little")
    own = hashlib.blake2b(start + index.tobytes() + head, digest_size=8).digest()
    whole = bytes(data[:first]) + index.tobytes() + head + own
    return whole + hashlib.sha256(whole).digest() + END_MAGIC


def _places(data):
    import io

    layout = read_layout(io.BytesIO(bytes(data)), "it")
    first = len(data) - 56 - len(layout.index) * INDEX.itemsize
    return first, first - int(layout.index["length"].sum())


def check(path, data, whole):
    """Read a damaged archive, and tell whether that was noticed."""
    path.write_bytes(data)
    try:
        archive = Archive(path)
        found = archive.read(1)
        some = archive[3:9]
    except ArchiveError as error:
        sentence = str(error)
        assert "\n" not in sentence
        assert sentence.endswith(".")
        return True
    assert same(found, whole)
    assert same(some, whole[3:9])
    return False


def same(found, whole):
    if isinstance(whole, pa.Table):
        return found.to_pylist() == whole.to_pylist()
    if isinstance(whole, np.ma.MaskedArray):
        return np.array_equal(np.ma.getmaskarray(found), np.ma.getmaskarray(whole)) and same(
            np.ma.getdata(found), np.ma.getdata(whole)
        )
    return found.dtype == whole.dtype and found.tobytes() == whole.tobytes()
