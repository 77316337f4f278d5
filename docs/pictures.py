"""Draw the pictures of the README and the docs: `make pictures`, after the docs' code has run."""

import os
import shutil
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from PIL import Image
from PIL.Image import Quantize, Resampling
from playwright.sync_api import sync_playwright
from sklearn.datasets import load_digits

from isthmus import Autoencoder, Map, read, write_map

HERE = Path(__file__).parent
DATA = Path(os.environ.get("ISTHMUS_DATA", HERE.parents[1] / "shared" / "data"))
PICTURES = HERE / "pictures"
MADE_BY_THE_DOCS = {
    "bottleneck.png": ("bottleneck-report", "error-and-the-size-of-the-code"),
    "pca.png": ("linear", "what-each-unit-of-the-code-draws"),
    "deep.png": ("deep", "originals-and-reconstructions"),
    "stacked.png": ("stacked", "-code"),
    "denoising.png": ("denoising", "clean-noisy-and-denoised"),
    "regularized.png": ("contractive", "weights-of-the-first-layer"),
    "sparse.png": ("sparse", "what-each-unit-of-the-code-draws"),
    "convolutional.png": ("convolutional", "originals-and-reconstructions"),
    "variational.png": ("variational", "the-code-s-plane-decoded"),
}
GALLERY = ("digits", "mnist", "table", "patches", "code")
WIDEST = 1250


def copy_what_the_docs_made():
    for name, (folder, caption) in MADE_BY_THE_DOCS.items():
        (source,) = (HERE.parent / ".test-run" / "docs" / folder).glob(f"*{caption}.png")
        save_small(source, PICTURES / name)


def copy_the_gallery():
    for name in GALLERY:
        source = HERE.parent / ".test-run" / "docs" / f"map-{name}.png"
        if source.exists():  # MNIST is not everywhere
            save_small(source, PICTURES / source.name)


def save_small(source, path):
    """Save a picture with a palette that keeps rare colours: small, and nobody sees it."""
    picture = Image.open(source).convert("RGB")
    if picture.width > WIDEST:
        smaller = (WIDEST, WIDEST * picture.height // picture.width)
        picture = picture.resize(smaller, Resampling.BOX)
    picture.quantize(255, Quantize.MAXCOVERAGE, kmeans=2).save(path, optimize=True)


def draw_digits():
    """Draw the two-dimensional code of the digits between originals and reconstructions."""
    digits = load_digits()
    images = digits.images / 16
    autoencoder = Autoencoder(n_components=2, random_state=0).fit(images)
    codes, again = autoencoder.transform(images), autoencoder.reconstruct(images)
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    left, middle, right = figure.subplots(1, 3, width_ratios=(1, 1.5, 1))
    chosen = autoencoder.validation_rows_[:25]
    for axes, shown, title in (
        (left, images, "64 numbers each"),
        (right, again, "back from 2 numbers"),
    ):
        spaced = np.pad(shown[chosen], [(0, 0), (1, 1), (1, 1)])
        tiles = spaced.reshape(5, 5, 10, 10).swapaxes(1, 2).reshape(50, 50)
        axes.imshow(np.clip(tiles, 0, 1), cmap="gray_r")
        axes.set_title(title, fontsize="medium")
        axes.axis("off")
    colours = matplotlib.colormaps["tab10"].colors
    for digit in range(10):
        points = codes[digits.target == digit]
        middle.scatter(*points.T, s=4, color=colours[digit], linewidths=0)
        x, y = np.median(points, axis=0)
        middle.annotate(
            str(digit), (x, y), weight="bold", size=13, ha="center", va="center",
            bbox={"boxstyle": "circle,pad=.15", "fc": "white", "alpha": 0.7, "lw": 0},
        )  # fmt: skip
    low, high = np.quantile(codes, [0.01, 0.99], axis=0)
    middle.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), xticks=[], yticks=[])
    middle.set_title("2 numbers each", fontsize="medium")
    figure.savefig(PICTURES / "digits.png", dpi=110, metadata={"Software": None})


def draw_map():
    """Draw the digits as `isthmus map` does."""
    digits = load_digits()
    path = PICTURES / "map.png"
    write_map(Map(random_state=0).fit(digits.images), digits.images, path, labels=digits.target)
    save_small(path, path)


def draw_mnist():
    """Draw all training images of MNIST, where they are, as `isthmus map` does."""
    if not (DATA / "mnist").is_dir():
        return
    images, labels = (
        read(DATA / "mnist" / f"train-{name}-ubyte.gz").to_memory()
        for name in ("images-idx3", "labels-idx1")
    )
    path = PICTURES / "mnist-map.png"
    write_map(Map(random_state=0).fit(images), images, path, labels=labels.ravel())
    save_small(path, path)


def photograph_explorer():
    """Take a picture of the explorer's page that the docs wrote, with a row and a selection."""
    page_of_docs = HERE.parent / ".test-run" / "docs" / "digits.html"
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"))
        page = browser.new_page(viewport={"width": 1180, "height": 720})
        page.goto(f"{page_of_docs.resolve().as_uri()}#colour=digit&row=5&find=digit+%3D+4")
        page.wait_for_selector("#contrast canvas")
        page.wait_for_timeout(500)
        page.screenshot(path=PICTURES / "explorer.png")
        browser.close()


def draw_compression():
    """Draw bits a value against the error, of archives and the best rival, as measured."""
    text = (HERE.parent / "benchmarks/results/compression.md").read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")]
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    for axes, (field, title, n_values) in zip(
        figure.subplots(1, 2),
        (
            ("t2m", "temperature, 744 × 33 × 49", 744 * 33 * 49),
            ("wind", "wind, 6 × 241 × 480", 6 * 241 * 480),
        ),
        strict=True,
    ):
        rates = {}
        for row in rows:
            if row[0] != field or row[1] == "exact":
                continue
            # The first table is of archives, the second of rivals.
            name, size = ("Isthmus", row[2]) if len(row) > 6 else (row[2].split(",")[0], row[3])
            bits = 8 * int(size.replace(",", "")) / n_values
            own = rates.setdefault(name, {})
            own[float(row[1])] = min(own.get(float(row[1]), bits), bits)
        for name, own in rates.items():
            style = {"lw": 2.5, "zorder": 3} if name == "Isthmus" else {"lw": 1, "ls": "--"}
            axes.plot(list(own), list(own.values()), marker="o", ms=4, label=name, **style)
        axes.set(
            xscale="log", yscale="log", title=title, xlabel="largest error, share of the range"
        )
        axes.invert_xaxis()
    figure.axes[0].set_ylabel("bits a value")
    figure.axes[0].legend(fontsize="small")
    figure.savefig(PICTURES / "compression.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    copy_what_the_docs_made()
    copy_the_gallery()
    draw_digits()
    draw_map()
    draw_mnist()
    photograph_explorer()
    draw_compression()
