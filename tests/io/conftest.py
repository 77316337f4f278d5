from __future__ import annotations

from pathlib import Path

import pytest

from .valid_files import make_files


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "valid"
    folder.mkdir()
    return make_files(folder)
