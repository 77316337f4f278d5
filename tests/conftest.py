"""Real data where they are to be had, small data everywhere."""

import gzip
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

# Most of the time of small tests went into compiling; unoptimized programs take a third of that.
# `make test` runs the documentation apart from the tests, with programs as users get them.
os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
os.environ.setdefault(
    "XLA_FLAGS",
    "--xla_backend_optimization_level=1 --xla_llvm_disable_expensive_passes=true"
    " --xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1",
)

DATA = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture
def optimized():
    """Where programs run for long, compiling them with more care takes less time in all."""
    import jax

    before = jax.config.read("jax_disable_most_optimizations")
    jax.clear_caches()
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", before)
    jax.clear_caches()


@pytest.fixture(scope="session")
def digits() -> np.ndarray:
    """1,797 digits, ``(1797, 64)``, float32 in [0, 1]."""
    return (load_digits().data / 16).astype(np.float32)


@pytest.fixture(scope="session")
def table() -> np.ndarray:
    """300 rows of 6 correlated columns on different scales, float64."""
    generator = np.random.default_rng(0)
    hidden = generator.normal(size=(300, 2))
    mixed = hidden @ generator.normal(size=(2, 6)) + 0.1 * generator.normal(size=(300, 6))
    return mixed * [1, 10, 100, 0.01, 1, 5] + [0, 5, -1000, 3, 0, 1e6]


@pytest.fixture(scope="session")
def mnist() -> tuple[np.ndarray, np.ndarray]:
    """MNIST's training and test images, uint8, ``(60000, 28, 28)`` and ``(10000, 28, 28)``."""
    folder = DATA / "mnist"
    if not folder.is_dir():
        pytest.skip(f"needs MNIST in {folder}; set ISTHMUS_DATA to the folder that holds mnist/")

    def images(name: str) -> np.ndarray:
        content = gzip.decompress((folder / f"{name}-images-idx3-ubyte.gz").read_bytes())
        return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)

    return images("train"), images("t10k")


@pytest.fixture
def small_disk(tmp_path_factory: pytest.TempPathFactory):
    """A disk of 64 KiB."""
    folder = tmp_path_factory.mktemp("disk")
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root on Linux")
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
