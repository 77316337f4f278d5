"""What computes here is told, and what is missing where a GPU lies idle."""

import jax
import pytest

from isthmus.report import devices
from isthmus.report.devices import describe_devices, devices_in_a_line


@pytest.fixture
def unseen(monkeypatch, tmp_path):
    """Let there be a GPU that JAX does not use."""
    trace = tmp_path / "version"
    trace.touch()
    monkeypatch.setattr(devices, "_TRACES_OF_NVIDIA", (trace,))
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)


class Distribution:
    def __init__(self, name):
        self.metadata = {"Name": name}


def test_devices_memory_products_and_versions_are_told(monkeypatch):
    monkeypatch.setenv("ISTHMUS_MEMORY", "3GB")
    facts = describe_devices()
    assert facts["devices"].startswith(f"{len(jax.devices())} × cpu")
    assert facts["memory"].endswith("rows may take 3.0 GB")
    assert f"jax {jax.__version__}" in facts["versions"]
    assert facts["products"] in devices_in_a_line()


@pytest.mark.parametrize(
    ("installed", "told"),
    [("numpy", "pip install 'isthmus[cuda]'"), ("jax-cuda12-plugin", "says why")],
)
def test_idle_gpu_is_told_with_what_to_do(unseen, monkeypatch, installed, told):
    monkeypatch.setattr(devices, "distributions", lambda: [Distribution(installed)])
    assert told in describe_devices()["advice"]


def test_gpu_that_was_turned_away_is_no_missing_package(unseen, monkeypatch):
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    assert "JAX_PLATFORMS=cpu" in describe_devices()["advice"]
