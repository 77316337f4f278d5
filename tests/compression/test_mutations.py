"""Whatever happened to an archive, what comes back is right, or there is the one error."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

from isthmus import Archive
from isthmus.errors import ArchiveError

from .mutations import check, damaged, damaged_inside, make_archives

KEPT = Path(__file__).parent / "archives"


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    return make_archives(tmp_path_factory.mktemp("archives"))


def test_damaged_archives_are_noticed(archives, tmp_path):
    rng = np.random.default_rng(0)
    for data, whole in archives.values():
        noticed = [check(tmp_path / "x.isz", damaged(data, rng), whole) for _ in range(40)]
        assert sum(noticed) > 30


def test_archives_with_new_checksums_end_in_the_one_error_or_in_other_values(archives, tmp_path):
    # The checksums are no signature: whoever makes them anew can write any archive.
    rng = np.random.default_rng(1)
    for data, _ in archives.values():
        for _ in range(30):
            (tmp_path / "x.isz").write_bytes(damaged_inside(data, rng))
            with contextlib.suppress(ArchiveError):
                Archive(tmp_path / "x.isz").read(1)


def test_an_archive_that_was_cut_off_anywhere_is_refused(archives, tmp_path):
    data, _ = archives["within an error"]
    for end in range(0, len(data), 7):
        (tmp_path / "x.isz").write_bytes(data[:end])
        with pytest.raises(ArchiveError):
            Archive(tmp_path / "x.isz")
