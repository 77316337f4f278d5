"""A part of one's own is one small file: all that takes the library's own takes it too."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from isthmus import (
    Architecture,
    Autoencoder,
    Bernoulli,
    Corruption,
    DenoisingAutoencoder,
    Gaussian,
    IsthmusError,
    Likelihood,
    Penalty,
    SparseAutoencoder,
    VariationalAutoencoder,
    cli,
    load,
)
from isthmus.fitting.persistence import Persistent

TOYS = ("corruption", "estimator", "likelihood", "mixed", "network", "penalty")
QUICK = {"max_epochs": 2, "random_state": 0}


@pytest.fixture(scope="module", autouse=True)
def _toys():
    """The families and estimators, with the toys among them, until these tests are over."""
    with pytest.MonkeyPatch.context() as patch:
        from isthmus import family

        patch.setattr(family, "_PARTS", dict(family._PARTS))
        patch.setattr(Persistent, "_registered", dict(Persistent._registered))
        for name in TOYS:
            file = Path(__file__).parent / "extending" / f"toy_{name}.py"
            spec = importlib.util.spec_from_file_location(file.stem, file)
            patch.setitem(sys.modules, file.stem, importlib.util.module_from_spec(spec))
            spec.loader.exec_module(sys.modules[file.stem])
        yield


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(0).uniform(0.1, 0.9, (120, 6)).astype(np.float32)


@pytest.fixture
def csv(rows, tmp_path):
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", header="a,b,c,d,e,f", comments="")
    return str(tmp_path / "rows.csv")


def toy(family, *settings):
    return family.named("toy", *settings)


MODELS = {
    "likelihood": lambda: Autoencoder(2, likelihood="toy", **QUICK),
    "likelihood, set": lambda: VariationalAutoencoder(2, likelihood=toy(Likelihood, 0.5), **QUICK),
    "corruption": lambda: DenoisingAutoencoder(2, corruption="toy", **QUICK),
    "penalty": lambda: SparseAutoencoder(4, k=2, penalty=toy(Penalty, 0.1), **QUICK),
    "network": lambda: Autoencoder(2, network=toy(Architecture), **QUICK),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_part_is_trained_saved_and_loaded(name, rows, tmp_path):
    model = MODELS[name]().fit(rows)
    assert np.isfinite(model.reconstruct(rows)).all()
    model.save(tmp_path / "model.isthmus")
    other = load(tmp_path / "model.isthmus")
    assert repr(other) == repr(model)
    np.testing.assert_array_equal(other.transform(rows), model.transform(rows))
    np.testing.assert_array_equal(other.score_samples(rows), model.score_samples(rows))


def test_parts_change_what_is_learned(rows):
    codes = [MODELS[name]().fit(rows).transform(rows) for name in ("likelihood", "network")]
    plain = Autoencoder(2, **QUICK).fit(rows).transform(rows)
    assert all(np.abs(other - plain).max() > 1e-3 for other in codes)


@pytest.mark.parametrize(
    "options",
    [
        ["--likelihood", "toy"],
        ["--corruption", "toy"],
        ["--corruption", "toy", "--level", "0.1"],
        ["--penalty", "toy=0.1,l1=0.1"],
        ["--network", "toy"],
    ],
    ids=" ".join,
)
def test_the_command_line_takes_a_part_by_its_name(options, csv, tmp_path):
    path = tmp_path / "model.isthmus"
    command = ["fit", csv, "-o", str(path), "--max-epochs", "1", "--n-components", "2", *options]
    assert cli.run(command) == 0
    assert cli.run(["info", str(path)]) == 0
    assert load(path).n_components_ == 2


@pytest.mark.parametrize("family", [Architecture, Corruption, Likelihood, Penalty])
def test_an_unknown_name_is_answered_with_the_toy_among_the_others(family):
    with pytest.raises(IsthmusError, match=r"choose one of (\w+, )*toy\b.*; 'toy' is nearest\.$"):
        family.named("toi")


@pytest.mark.parametrize("parameter", ["likelihood", "corruption"])
def test_an_estimator_names_the_toy_among_what_it_takes(parameter, rows):
    with pytest.raises(ValueError, match=rf"'{parameter}' parameter .*'toy'.* Got 'toi' instead"):
        Autoencoder(2, **{parameter: "toi"}).fit(rows)


@pytest.mark.parametrize(
    "options",
    [
        ["--likelihood", "toi"],
        ["--corruption", "toi"],
        ["--corruption", "toi", "--level", "0.1"],
        ["--penalty", "toi=0.1"],
        ["--network", "toi"],
    ],
    ids=" ".join,
)
def test_the_command_line_names_the_toy_among_what_it_takes(options, csv, tmp_path, capsys):
    assert cli.run(["fit", csv, "-o", str(tmp_path / "model.isthmus"), *options]) == 2
    message = " ".join(capsys.readouterr().err.split())
    assert "toi" in message
    assert "toy" in message.replace("toy_mixed", "")


def test_the_command_line_takes_an_estimator_by_its_name(csv, tmp_path, capsys):
    path = str(tmp_path / "model.isthmus")
    options = ["--model", "toy", "--hidden", "8", "--max-epochs", "1", "--strength", "0.1"]
    assert cli.run(["fit", csv, "-o", path, *options]) == 0
    model = load(path)
    assert (type(model).__name__, model.n_components_, model.strength) == ("ToyAutoencoder", 3, 0.1)
    capsys.readouterr()
    assert cli.run(["info", path]) == 0
    assert "ToyAutoencoder" in capsys.readouterr().out
    codes = str(tmp_path / "codes.npy")
    assert cli.run(["encode", path, csv, "-o", codes]) == 0
    np.testing.assert_array_equal(np.load(codes), model.transform(csv))


@pytest.mark.parametrize("command", ["fit", "sweep"])
def test_help_names_the_estimator(command, capsys):
    assert cli.run([command, "--help"]) == 0
    shown = re.sub(r"[\s│]+", " ", capsys.readouterr().out)
    assert re.search(r"Which autoencoder: [\w, ]*\btoy\b", shown)
    assert ("Contractive, sparse, toy: Weight of" in shown) == (command == "fit")


def test_an_unknown_model_is_answered_with_the_toy_among_the_others(csv, tmp_path, capsys):
    assert cli.run(["fit", csv, "-o", str(tmp_path / "m.isthmus"), "--model", "toi"]) == 2
    assert re.search(r"choose one of .*\btoy\b.*; 'toy' is nearest\.\n$", capsys.readouterr().err)


@pytest.fixture(scope="module")
def mixed(rows):
    first, second = Gaussian("feature"), Bernoulli()
    likelihood = Likelihood.named("toy_mixed", first, second, 4)
    return Autoencoder(2, likelihood=likelihood, **QUICK).fit(rows)


def test_a_part_of_parts_learns_with_all_of_them(mixed, rows):
    assert np.isfinite(mixed.reconstruct(rows)).all()
    assert mixed.model_.likelihood.first.log_variance.shape == (4,)
    assert np.all(np.asarray(mixed.model_.likelihood.first.log_variance) != 0)


def test_a_part_of_parts_is_saved_and_loaded(mixed, rows, tmp_path):
    mixed.save(tmp_path / "model.isthmus")
    other = load(tmp_path / "model.isthmus")
    np.testing.assert_array_equal(other.reconstruct(rows), mixed.reconstruct(rows))
    np.testing.assert_array_equal(other.score_samples(rows), mixed.score_samples(rows))
