"""Test error of classifiers on MNIST with few labels and with all, beside what was published.

Run all or some: ``python benchmarks/classification.py few all pretraining``. Choices were made on
the last 10,000 training images with other draws of the labels; the test images are looked at once
for few labels. With all labels, another network's error on them had been seen before.
"""

import argparse
import platform
import time
from importlib.metadata import version

import numpy as np
from lecture import load_images, load_labels

from isthmus import (
    Autoencoder,
    AutoencoderClassifier,
    DenoisingAutoencoder,
    Dense,
    GaussianNoise,
    VirtualAdversarial,
)

# The first two are quoted from memory of the papers: check before citing.
PUBLISHED = {
    "supervised (Kingma et al., 2014)": (25.81, 11.44, 10.70, 6.04),
    "CAE (Rifai et al., 2011)": (13.47, 6.30, 4.77, 3.22),
    "M1+TSVM (Kingma et al., 2014)": (11.82, 5.72, 4.24, 3.49),
}
NUMBERS = (100, 600, 1000, 3000)
VIRTUAL_ADVERSARIAL = {
    "unlabelled": VirtualAdversarial(2.0, entropy=1.0),
    "learning_rate": 3e-3,
    "corruption": GaussianNoise(0.3),
    "dropout": 0.2,
}


def draw_labels(y, n_labels, seed):
    """Keep as many labels of every digit, and mark all other rows unlabelled."""
    generator = np.random.default_rng(seed)
    labels = np.full(len(y), -1)
    for digit in range(10):
        rows = generator.permutation(np.flatnonzero(y == digit))[: n_labels // 10]
        labels[rows] = digit
    return labels


def without_learning(autoencoder, x):
    """Give an autoencoder whose weights are as they were drawn."""
    return autoencoder.set_params(max_epochs=1, learning_rate=1e-12).fit(x[:256])


def denoising(n_epochs, hidden=(500, 250), n_components=100):
    network = Dense(hidden, code_activation="silu")
    return DenoisingAutoencoder(
        n_components,
        network=network,
        corruption="masking",
        level=0.25,
        max_epochs=n_epochs,
        random_state=0,
    )


def report(name, errors, seconds):
    figures = "  ".join(f"{np.mean(e):5.2f} ± {np.std(e):.2f}" for e in errors)
    print(f"{name:36} {figures}  ({seconds:.0f} s a fit)", flush=True)


def few(train, y, test, test_y, n_draws):
    """Few labels beside 60,000 unlabelled images."""
    start = time.perf_counter()
    pretrained = denoising(6).fit(train)
    print(f"denoising autoencoder: {time.perf_counter() - start:.0f} s")
    drawn = without_learning(denoising(1), train)
    ways = {
        "the same network, supervised": (drawn, {"max_epochs": 200, "unlabelled": None}),
        "pretrained, fine-tuned": (pretrained, {"max_epochs": 200, "unlabelled": None}),
        "pretrained, virtual adversarial": (pretrained, {"max_epochs": 6, **VIRTUAL_ADVERSARIAL}),
    }
    print(f"{'labels':36} " + "  ".join(f"{n:12}" for n in NUMBERS))
    for name, figures in PUBLISHED.items():
        print(f"{name:36} " + "  ".join(f"{figure:12.2f}" for figure in figures))
    for name, (start_from, settings) in ways.items():
        start, errors = time.perf_counter(), []
        for n_labels in NUMBERS:
            classifiers = (
                AutoencoderClassifier(start_from, random_state=seed, **settings).fit(
                    train, draw_labels(y, n_labels, 100 + seed)
                )
                for seed in range(n_draws)
            )
            errors.append([100 * (1 - c.score(test, test_y)) for c in classifiers])
        report(name, errors, (time.perf_counter() - start) / n_draws / len(NUMBERS))


def every(train, y, test, test_y, n_draws):
    """All 60,000 labels."""
    start = time.perf_counter()
    pretrained = denoising(6, (1000, 500), 250).fit(train)
    classifier = AutoencoderClassifier(
        pretrained,
        unlabelled=VirtualAdversarial(3.0),
        dropout=0.3,
        learning_rate=2e-3,
        max_epochs=12,
        random_state=0,
    ).fit(train, y)
    print(
        f"all labels, 784-1000-500-250-10: {100 * (1 - classifier.score(test, test_y)):.2f} % "
        f"({time.perf_counter() - start:.0f} s; published: 1.2 % pretrained "
        "784-500-500-2000-10, 1.28 % SDAE-3)",
        flush=True,
    )


def pretraining(train, y, test, test_y, n_draws):
    """Does pretraining help with today's activations too?"""
    print("activation  hidden layers  labels  test error without and with pretraining")
    for activation in ("sigmoid", "silu"):
        for hidden in ((500,), (500, 500, 500)):
            settings = {"hidden": hidden, "activation": activation, "random_state": 0}
            drawn = without_learning(Autoencoder(100, **settings), train)
            pretrained = Autoencoder(
                100, pretrain="autoencoder", n_pretraining_epochs=4, max_epochs=6, **settings
            ).fit(train)
            for n_labels, n_epochs in ((1000, 150), (60_000, 25)):
                errors = [
                    [
                        100
                        * (
                            1
                            - AutoencoderClassifier(
                                start,
                                layer=len(hidden),
                                unlabelled=None,
                                max_epochs=n_epochs,
                                random_state=seed,
                            )
                            .fit(train, draw_labels(y, n_labels, 100 + seed))
                            .score(test, test_y)
                        )
                        for seed in range(n_draws if n_labels < 60_000 else 1)
                    ]
                    for start in (drawn, pretrained)
                ]
                without, with_it = (f"{np.mean(e):.2f}" for e in errors)
                print(
                    f"{activation:10}  {len(hidden):13}  {n_labels:6}  {without} %  {with_it} %",
                    flush=True,
                )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parts = {"few": few, "all": every, "pretraining": pretraining}
    parser.add_argument("parts", nargs="*", choices=[*parts, []], default=list(parts))
    parser.add_argument("--draws", type=int, default=5, help="draws of the labels")
    arguments = parser.parse_args()
    names = ("isthmus", "jax", "numpy", "scikit-learn")
    print(platform.python_version(), *(f"{name} {version(name)}" for name in names))
    train, test = (load_images(part).reshape(-1, 784) for part in ("train", "t10k"))
    y, test_y = (load_labels(part).astype(int) for part in ("train", "t10k"))
    for name in arguments.parts:
        parts[name](train, y, test, test_y, arguments.draws)
