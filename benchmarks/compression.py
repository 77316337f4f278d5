"""File sizes and speeds of archives beside those of other compressors.

    python benchmarks/compression.py --rivals .bench-compression/bin/python --write

Every file is decoded again in a fresh process, with another number of threads. Sizes are of whole
files with all models in them.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

import isthmus

HERE = Path(__file__).parent
DATA = Path(os.environ.get("ISTHMUS_DATA", HERE.parents[1] / "shared/data"))
FRESH = """
import hashlib, sys, numpy as np, isthmus
found = isthmus.decompress(sys.argv[1], n_jobs=int(sys.argv[2]))
if not isinstance(found, np.ndarray):
    found = found.to_pandas().to_csv().encode()
    print(hashlib.sha256(found).hexdigest())
else:
    print(hashlib.sha256(np.ascontiguousarray(found).tobytes()).hexdigest())
print("jax" in sys.modules)
"""


def cases():
    """Give what is compressed: a name, the data, and the allowed share of the range."""
    for name in ("t2m_f32", "wind_u_6x241x480_f32"):
        field = np.load(DATA / f"fields/{name}.npy")
        for share in (1e-2, 1e-3, 1e-4):
            yield name.partition("_")[0], field, share
    yield "MNIST test", mnist(), 0
    yield "MNIST test, binarized", binarized(), 0
    digits = load_digits()
    yield "digits", digits, 0
    yield "CIFAR-10, 8,000", np.load(DATA / "cifar10/cifar10_8000.npz")["images"], 0
    yield "Adult, csv", DATA / "adult.csv", 0
    rng = np.random.default_rng(0)
    table = rng.normal(size=(100_000, 30))
    table[:, :10] = table[:, :10].round(2)
    table[:, 10:20] = table[:, 10:20].cumsum(axis=0)
    yield "table of floats", table, 0


def load_digits():
    from sklearn.datasets import load_digits as load

    return load().images.astype(np.uint8)


def mnist(part="t10k"):
    import gzip

    data = gzip.decompress((DATA / f"mnist/{part}-images-idx3-ubyte.gz").read_bytes())
    return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28)


def binarized():
    from scipy.io import loadmat

    path = DATA / "binarized_mnist/binarized_mnist_test.mat"
    return loadmat(path)["X"].reshape(-1, 28, 28).astype(np.uint8)


def ours(data, share, effort, path, **more):
    """Compress, decode, and check both here and in a fresh process."""
    max_error = f"{share}x" if share else 0
    processor = time.process_time()
    report = isthmus.compress(data, path, max_error=max_error, effort=effort, **more)
    encoding = time.process_time() - processor
    began = time.perf_counter()
    processor = time.process_time()
    found = isthmus.decompress(path)
    seconds, decoding = time.perf_counter() - began, time.process_time() - processor
    if isinstance(data, np.ndarray):
        digest = hashlib.sha256(np.ascontiguousarray(found).tobytes()).hexdigest()
        off = np.abs(found.astype(float) - data.astype(float)).max()
        assert off <= share * (float(data.max()) - float(data.min()))
    else:
        digest = hashlib.sha256(found.to_pandas().to_csv().encode()).hexdigest()
    for threads in (1, 3):
        told = subprocess.run(
            [sys.executable, "-c", FRESH, path, str(threads)],
            env={**os.environ, "OPENBLAS_NUM_THREADS": str(threads)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert told == [digest, "False"], told
    return {
        "bytes": report.n_bytes,
        "codec": next(trial.codec for trial in report.trials if trial.chosen),
        "encode": report.n_raw_bytes / 1e6 / report.seconds,
        "decode": report.n_raw_bytes / 1e6 / seconds,
        "encode_processor": report.n_raw_bytes / 1e6 / encoding,
        "decode_processor": report.n_raw_bytes / 1e6 / decoding,
        "raw": report.n_raw_bytes,
        "model": report.parts.get("models", 0),
        "seconds": report.seconds,
    }


def theirs(python, data, share, folder):
    """Run the rivals in their environment."""
    if isinstance(data, Path):
        return {}
    np.save(folder / "data.npy", data)
    max_error = share * (float(data.max()) - float(data.min()))
    command = [python, HERE / "compression_rivals.py", folder / "data.npy", str(max_error)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rivals", help="Python of an environment with the rivals")
    parser.add_argument("--effort", default="default")
    parser.add_argument("--only", help="cases whose names begin so")
    parser.add_argument("--write", action="store_true", help="write results/compression.md")
    arguments = parser.parse_args()
    lines, tell = telling()
    tell(
        "| data | error | ours, bytes | codec | encode MB/s | decode MB/s "
        "| encode MB/processor s | decode MB/processor s | best rival | ratio |"
    )
    tell("|---|---|---:|---|---:|---:|---:|---:|---|---:|")
    with tempfile.TemporaryDirectory() as name:
        folder, ratios, details = Path(name), [], []
        for case, data, share in cases():
            if arguments.only and not case.startswith(arguments.only):
                continue
            own = ours(data, share, arguments.effort, folder / "data.isz")
            rivals = theirs(arguments.rivals, data, share, folder) if arguments.rivals else {}
            details += [(case, share, rival, found) for rival, found in rivals.items()]
            best = min(rivals, key=lambda rival: rivals[rival]["bytes"], default="")
            ratio = rivals[best]["bytes"] / own["bytes"] if best else float("nan")
            if share:
                ratios.append(ratio)
            told = f"{best} {rivals[best]['bytes']:,} | {ratio:.2f}" if best else "|"
            tell(
                f"| {case} | {share or 'exact'} | {own['bytes']:,} | {own['codec']} | "
                f"{own['encode']:.2f} | {own['decode']:.1f} | {own['encode_processor']:.2f} | "
                f"{own['decode_processor']:.1f} | {told} |"
            )
    if ratios and arguments.rivals:
        mean = np.exp(np.log(ratios).mean())
        tell(f"\nGeometric mean of the ratios of fields: {mean:.2f}, least {min(ratios):.2f}.")
    tell("\n| data | error | rival | bytes | largest error / allowed | seconds |")
    tell("|---|---|---|---:|---:|---:|")
    for case, share, rival, found in details:
        error = "" if found["error"] is None else f"{found['error']:.4f}"
        tell(
            f"| {case} | {share or 'exact'} | {rival} | {found['bytes']:,} | {error} | "
            f"{found['seconds']:.1f} |"
        )
    if arguments.write:
        about = (
            "`make bench-compression`, which runs `benchmarks/compression.py --rivals PYTHON "
            f"--write` with `--effort {arguments.effort}`, on {os.cpu_count()} cores; "
            f"{versions()}; rivals from imagecodecs. Sizes are of whole files with all models in "
            "them. Every file was decoded again in fresh processes with one and three threads: "
            "the same bits, and no JAX."
        )
        write("compression", "Archives beside other compressors", about, lines)


def telling():
    """Give the lines that have been printed, and what prints one more."""
    lines = []

    def tell(line):
        print(line, flush=True)
        lines.append(line)

    return lines, tell


def versions():
    """Give the versions of what computes."""
    used = [f"{name} {version(name)}" for name in ("numpy", "zstandard", "pcodec", "jax")]
    return ", ".join([f"Python {platform.python_version()}", *used])


def write(name, title, about, lines):
    """Keep the results, with what made them."""
    whole = "\n".join([f"# {title}", "", about, "", *lines])
    (HERE / f"results/{name}.md").write_text(whole + "\n")


if __name__ == "__main__":
    main()
