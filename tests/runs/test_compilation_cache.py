"""The one global setting: where compiled programs are kept."""

import subprocess
import sys
from pathlib import Path

import jax
import pytest

from isthmus.runs.compilation_cache import VARIABLE, cache_folder, use_compilation_cache

SETTINGS = (
    "jax_compilation_cache_dir",
    "jax_persistent_cache_min_compile_time_secs",
    "jax_persistent_cache_min_entry_size_bytes",
)


@pytest.fixture
def unset():
    """No program has chosen a folder yet."""
    before = {name: jax.config.values[name] for name in SETTINGS}
    jax.config.update("jax_compilation_cache_dir", None)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


@pytest.mark.parametrize("word", ["off", "OFF", "0", "no", "false"])
def test_cache_can_be_turned_off(unset, monkeypatch, word):
    monkeypatch.setenv(VARIABLE, word)
    use_compilation_cache()
    assert cache_folder() is None
    assert jax.config.values["jax_compilation_cache_dir"] is None


def test_cache_can_be_moved(unset, monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "new" / "folder"))
    use_compilation_cache()
    assert jax.config.values["jax_compilation_cache_dir"] == str(tmp_path / "new" / "folder")
    assert (tmp_path / "new" / "folder").is_dir()


@pytest.mark.parametrize(("backend", "seconds"), [("cpu", 0.05), ("gpu", 0.0)])
def test_every_program_for_a_gpu_is_kept(unset, monkeypatch, tmp_path, backend, seconds):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    monkeypatch.setattr(jax, "default_backend", lambda: backend)
    use_compilation_cache()
    assert jax.config.values["jax_persistent_cache_min_compile_time_secs"] == seconds


def test_home_may_be_abbreviated(monkeypatch):
    monkeypatch.setenv(VARIABLE, "~/compiled")
    assert cache_folder() == Path.home() / "compiled"


@pytest.mark.parametrize("value", [None, ""])
def test_cache_is_in_the_users_folder_unless_told_otherwise(monkeypatch, value):
    monkeypatch.delenv(VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(VARIABLE, value)
    folder = cache_folder()
    assert folder is not None
    assert folder.parts[-2:] == ("isthmus", "compiled")


def test_what_the_program_chose_is_left_alone(unset, monkeypatch, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "its own"))
    monkeypatch.setenv(VARIABLE, str(tmp_path / "ours"))
    use_compilation_cache()
    assert jax.config.values["jax_compilation_cache_dir"] == str(tmp_path / "its own")


def test_folder_that_cannot_be_made_is_done_without(unset, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "file" / "folder"))
    use_compilation_cache()
    assert jax.config.values["jax_compilation_cache_dir"] is None


def test_compiled_programs_are_written_into_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    # JAX asks once for a process whether there is a folder, hence another process.
    code = (
        "import numpy as np; from isthmus import Autoencoder;"
        "Autoencoder(1, hidden=(), max_epochs=1, verbose=False).fit(np.eye(4))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert any(tmp_path.iterdir())
