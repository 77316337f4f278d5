"""Every model and every combination of parts that `isthmus fit` makes."""

from pathlib import Path

import numpy as np
import pytest

from isthmus import load

from .commands import logged, make_images, run


def test_linear_model_takes_its_own_options(here):
    arguments = ["--model", "linear", "--solver", "closed_form", "--l2", "0.5", "--no-report"]
    assert run("fit", "table.csv", "-o", "new.isthmus", "--n-components", "3", *arguments) == 0
    model = load("new.isthmus")
    assert type(model).__name__ == "LinearAutoencoder"
    assert (model.n_components, model.solver, model.l2) == (3, "closed_form", 0.5)


def test_linear_model_has_a_report_too(here, capsys):
    assert run("fit", "table.csv", "-o", "new.isthmus", "--model", "linear") == 0
    assert "LinearAutoencoder" in capsys.readouterr().out
    assert Path("new-report/report.html").is_file()


def test_linear_model_can_be_watched_and_by_the_gradient_started_and_gone_on_with(here):
    fit = ["fit", "table.csv", "--model", "linear", "--no-report"]
    assert run(*fit, "-o", "closed.isthmus", "--log", "run.jsonl") == 0
    assert [line["event"] for line in logged("run.jsonl")] == ["started", "finished"]
    gradient = [*fit, "--solver", "gradient", "--max-epochs", "2", "-o", "gradient.isthmus"]
    assert run(*gradient, "--checkpoint", "kept") == 0
    assert list(Path("kept").iterdir())
    first = load("gradient.isthmus").history_["loss"]
    assert run(*gradient, "--init", "closed.isthmus") == 0
    assert load("gradient.isthmus").history_["loss"][0] < first[0]


KINDS = {
    "denoising": "--corruption masking --level 0.2 --hidden 8",
    "contractive": "--strength 0.2",
    "sparse": "--n-components 12 --sparsity top_k --k 3",
    "variational": "--beta 0.5 --n-warmup-epochs 1 --hidden 8",
    "stacked": "--pretrain denoising --n-pretraining-epochs 1 --hidden 8",
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_model_fits_and_reports(here, kind):
    arguments = ["fit", "table.csv", "-o", "kind.isthmus", "--max-epochs", "2", "--model", kind]
    assert run(*arguments, *KINDS[kind].split()) == 0
    assert type(load("kind.isthmus")).__name__ == f"{kind.capitalize()}Autoencoder"
    assert Path("kind-report/report.html").exists()


def test_a_convolutional_model_fits_images(here):
    np.save("pixels.npy", make_images())
    options = "--model convolutional --channels 4,8 --kernel-size 3 --max-epochs 1"
    assert run("fit", "pixels.npy", "-o", "kind.isthmus", *options.split()) == 0
    assert tuple(load("kind.isthmus").channels) == (4, 8)


COMBINED = {
    "images.npy": "--model variational --network convolutional --channels 4 --kernel-size 3",
    "table.csv": "--model sparse --n-components 12 --k 3 --corruption masking --level 0.1 "
    "--penalty l1=0.01,contractive=0.1",
}


@pytest.mark.parametrize("data", COMBINED)
def test_parts_combine(here, data):
    options = [*COMBINED[data].split(), "--max-epochs", "2"]
    assert run("fit", data, "-o", "kind.isthmus", *options) == 0
    assert Path("kind-report/report.html").exists()
    assert run("encode", "kind.isthmus", data, "-o", "z.npy") == 0
    assert np.isfinite(np.load("z.npy")).all()


def test_signals_of_several_channels_are_convolved(here):
    np.save("signals.npy", np.random.default_rng(0).normal(size=(40, 16, 3)))
    options = "--model convolutional --channels 4 --signal --max-epochs 1 --no-report"
    assert run("fit", "signals.npy", "-o", "kind.isthmus", *options.split()) == 0
    assert load("kind.isthmus").network.signal


def test_linear_code_is_as_large_as_a_share_of_the_variance_needs(here):
    arguments = ["--model", "linear", "--n-components", "0.9", "--no-report"]
    assert run("fit", "table.csv", "-o", "new.isthmus", *arguments) == 0
    model = load("new.isthmus")
    assert model.n_components == 0.9
    assert model.explained_variance_ratio_.sum() >= 0.9
