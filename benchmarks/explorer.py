"""How long the explorer's page takes to open, to move and to answer, in a browser without a GPU.

    python benchmarks/explorer.py [--points 70000 1000000] [--write]

needs the development tools, the system's Chromium, and MNIST in ISTHMUS_DATA or ../shared/data.
70,000 are MNIST's pictures with a variational model of two dimensions; any other number are drawn
rows of eight columns with a linear one.
"""

import argparse
import os
import platform
import shutil
import statistics
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from isthmus import LinearAutoencoder, Session, VariationalAutoencoder, read
from isthmus.explorer import Server, write_page

DATA = Path(os.environ.get("ISTHMUS_DATA", Path(__file__).parents[2] / "shared" / "data"))
RESULTS = Path(__file__).parent / "results" / "explorer.md"
HEADINGS = (
    "points", "page", "opens, s", "again, s", "panning, frames a second", "decode, ms", "row, ms",
    "file, MB",
)  # fmt: skip
SIZE = {"width": 1280, "height": 800}

# Pans for two seconds, as a drag does, and counts the frames that were shown.
PAN = """() => new Promise(resolve => {
    const { view } = isthmus, start = performance.now(), times = [];
    view.move(true);
    const step = now => {
        times.push(now);
        view.pan(times.length % 40 < 20 ? 3 : -3, 1);
        if (now - start < 2000) requestAnimationFrame(step);
        else {
            view.move(false);
            resolve((times.length - 1) / (times.at(-1) - times[0]) * 1000);
        }
    };
    requestAnimationFrame(step);
})"""
ASK = """async questions => {
    const times = [];
    for (const question of questions) {
        const start = performance.now();
        await isthmus.source.ask(question);
        times.push(performance.now() - start);
    }
    return times;
}"""


def mnist():
    files = [DATA / f"mnist/{name}-images-idx3-ubyte.gz" for name in ("train", "t10k")]
    return np.concatenate([read(file).to_memory() for file in files])


def case(n_points):
    if n_points == 70_000:
        x = mnist()
        model = VariationalAutoencoder(2, max_epochs=2, random_state=0, verbose=False)
        return model.fit(x[:20_000]), x
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(12, 8)) * 3
    x = centres[generator.integers(0, 12, n_points)] + generator.normal(size=(n_points, 8))
    x = x.astype(np.float32)
    return LinearAutoencoder(2).fit(x), x


def opened(browser, address, start):
    page = browser.new_page(viewport=SIZE)
    page.goto(address)
    page.wait_for_selector("html[data-ready]", timeout=120_000)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
    return page, time.perf_counter() - start


def measured(page, n_points, first, again):
    # What is compiled when the page is there must not count as an answer.
    page.wait_for_timeout(4000)
    codes = page.evaluate("Array.from({ length: 60 }, (_, i) => isthmus.axes.at(i / 60, i / 90))")
    decode = page.evaluate(ASK, [{"ask": "decode", "code": code} for code in codes])
    rows = [{"ask": "row", "position": i * (n_points // 60), "placement": None} for i in range(60)]
    row = page.evaluate(ASK, rows)
    rates = [page.evaluate(PAN) for _ in range(3)]
    return {
        "opens": first,
        "again": again,
        "frames a second": statistics.median(rates),
        "decode": statistics.median(decode),
        "row": statistics.median(row),
    }


def run(n_points, browser):
    model, x = case(n_points)
    start = time.perf_counter()
    with Server(Session(model, x)) as server:
        page, first = opened(browser, server.address, start)
        page.close()
        page, again = opened(browser, server.address, time.perf_counter())
        yield "served", measured(page, n_points, first, again), None
        page.close()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.html"
        write_page(model, x, path)
        page, first = opened(browser, path.as_uri(), time.perf_counter())
        page.close()
        page, again = opened(browser, path.as_uri(), time.perf_counter())
        yield "one file", measured(page, n_points, first, again), path.stat().st_size / 1e6
        page.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, nargs="+", default=[70_000, 1_000_000])
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    options = parser.parse_args()
    lines = [
        f"| {' | '.join(HEADINGS)} |",
        "|---" * len(HEADINGS) + "|",
    ]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--disable-gpu"]
        )
        for n_points in options.points:
            for name, found, size in run(n_points, browser):
                lines.append(row_of(n_points, name, found, size))
                print(lines[-1], flush=True)
        chromium = browser.version
        browser.close()
    if options.write:
        RESULTS.write_text(report(lines, chromium), encoding="utf-8")


def row_of(n_points, name, found, size):
    cells = [f"{n_points:,}", name, f"{found['opens']:.2f}", f"{found['again']:.2f}"]
    cells += [f"{found['frames a second']:.0f}"]
    cells += [f"{found[what]:.1f}" for what in ("decode", "row")]
    return f"| {' | '.join([*cells, '' if size is None else f'{size:.1f}'])} |"


def report(lines, chromium):
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "starlette", "websockets"))
    return "\n".join(
        [
            "# The explorer's page",
            "",
            f"`python benchmarks/explorer.py --write`, {os.cpu_count()} cores, no GPU (software "
            f"rendering), Chromium {chromium}, Python {platform.python_version()}, {versions}; "
            f"{SIZE['width']} × {SIZE['height']} pixels.",
            "",
            *lines,
            "",
            "Opens: from a model and rows in memory, or from a file, to the first frame with all "
            "points, encoding all rows included. Again: the same once all rows are encoded. "
            "Panning: median of three runs of two seconds. Decode and row: median of 60 answers, "
            "as the page sees them.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
