"""Archives that this version wrote decode for ever to what went in."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from isthmus import Archive
from isthmus.compression import Codec

FOLDER = Path(__file__).parent / "archives"
FILES = sorted(FOLDER.glob("*.isz"))
DIGESTS = json.loads((FOLDER / "digests.json").read_text("utf-8"))


def digest(found):
    """Give the SHA-256 of what an archive holds."""
    if isinstance(found, pa.Table):
        content = repr(found.to_pylist()).encode()
    else:
        content = f"{found.dtype.str} {found.shape} {np.ma.getmaskarray(found).tobytes()}".encode()
        content += np.ascontiguousarray(np.ma.getdata(found)).tobytes()
    return hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_archive_of_an_earlier_version_gives_the_same_bits(file):
    assert digest(Archive(file).read(1)) == DIGESTS[file.name]


def test_there_are_archives_of_every_codec():
    used = {
        packing.codec
        for file in FILES
        for track in Archive(file).layout.header.tracks
        for packing in track.packings
    }
    assert used >= {
        "autoencoder",
        "bayesian_network",
        "pcodec",
        "quantized",
        "stored",
        "xz",
        "zstandard",
    }
    assert used <= set(Codec.members())
