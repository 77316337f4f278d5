import numpy as np
import pandas as pd
import pytest

from isthmus import load

from .commands import BARE, files_in, logged, run


@pytest.fixture
def labelled(here):
    """The table, with a class that the columns tell, known in two rows of three."""
    frame = pd.read_csv("table.csv")
    frame["kind"] = np.where(frame["a"] > 0, "up", "down")
    frame.to_csv("truth.csv", index=False)
    frame["kind"] = frame["kind"].where(np.arange(len(frame)) % 3 > 0)
    frame.to_csv("labelled.csv", index=False)


LEARN = ["--max-epochs", "40", "--learning-rate", "0.01", "--batch-size", "16"]


def test_classes_are_told_from_few_labels(labelled, capsys):
    arguments = ["classify", "fit", "labelled.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    assert run("fit", "labelled.csv", "--exclude", "kind", "-o", "start.isthmus", *BARE) == 0
    capsys.readouterr()
    assert run(*arguments, "--init", "start.isthmus", *LEARN) == 0
    assert "classes: down, up" in capsys.readouterr().err
    predict = ["classify", "predict", "kinds.isthmus", "truth.csv", "-o", "found.csv"]
    assert run(*predict, "--labels", "kind", "--probabilities") == 0
    found, truth = pd.read_csv("found.csv"), pd.read_csv("truth.csv")
    hits = int((found["prediction"] == truth["kind"]).sum())
    assert hits > 0.8 * len(truth)
    assert f"Right: {hits} of {len(truth)} labelled rows" in capsys.readouterr().out
    shares = found[["probability of down", "probability of up"]]
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert run("info", "kinds.isthmus") == 0
    assert "['down', 'up']" in capsys.readouterr().out
    assert run("encode", "kinds.isthmus", "truth.csv", "-o", "z.npy") == 0
    assert np.load("z.npy").shape == (len(truth), 2)


def test_without_a_model_a_denoising_autoencoder_comes_first(labelled):
    arguments = ["classify", "fit", "labelled.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    shape = ["--n-components", "3", "--hidden", "8", "--max-epochs", "1", "--unlabelled"]
    assert run(*arguments, *shape, "pseudo_labels", "--log", "run.jsonl") == 0
    stages = [line.get("stage") for line in logged("run.jsonl")]
    assert stages[:2] == [None, "autoencoder"]
    assert stages[-2:] == ["", None]
    assert load("kinds.isthmus").autoencoder.n_components == 3


def test_noise_and_adversarial_changes_are_options_of_classifiers(labelled, capsys):
    arguments = ["classify", "fit", "labelled.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    arguments += ["--n-components", "2", "--hidden", "4", "--max-epochs", "1"]
    noise = ["--corruption", "gaussian", "--level", "0.1"]
    changes = ["--unlabelled", "virtual_adversarial", "--radius", "0.5", "--entropy", "1"]
    assert run(*arguments, *noise, *changes) == 0
    model = load("kinds.isthmus")
    assert model.corruption.level == 0.1
    assert (model.unlabelled.radius, model.unlabelled.entropy) == (0.5, 1.0)
    capsys.readouterr()
    for wrong, says in (
        (["--level", "0.1"], "--corruption"),
        (["--corruption", "wavy"], "no Corruption named 'wavy'"),
        (["--unlabelled", "consistency", "--radius", "1"], "virtual_adversarial"),
    ):
        assert run(*arguments, *wrong) == 2
        assert says in capsys.readouterr().err


def test_minus_one_beside_text_is_no_class(labelled, capsys):
    table = pd.read_csv("labelled.csv")
    table["kind"] = table["kind"].where(table["kind"].notna(), "-1")
    table.to_csv("marked.csv", index=False)
    fit_it = ["classify", "fit", "marked.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    assert run(*fit_it, "--max-epochs", "1", "--hidden", "4", "--n-components", "2") == 0
    n_labelled = int((table["kind"] != "-1").sum())
    assert f"{n_labelled:,} of {len(table):,} rows labelled" in capsys.readouterr().err
    assert "-1" not in load("kinds.isthmus").classes_
    predict = ["classify", "predict", "kinds.isthmus", "marked.csv", "-o", "found.csv"]
    assert run(*predict, "--labels", "kind") == 0
    assert f"of {n_labelled:,} labelled rows" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("fit labelled.csv --labels nothing -o k.isthmus", 1, "neither a column"),
        ("fit labelled.csv --labels kind -o k.model", 1, "does not end in .isthmus"),
        ("fit labelled.csv --labels kind -o k.isthmus --dropout 2", 2, "dropout"),
        ("fit labelled.csv --labels kind -o k.isthmus --init no.isthmus", 1, "does not exist"),
        ("fit labelled.csv --labels kind -o k.isthmus --init m.isthmus --hidden 3", 2, "--init"),
        ("predict m.isthmus table.csv -o found.csv", 1, "tells no classes"),
        ("predict m.isthmus table.csv -o found.xlsx", 1, "tells no classes"),
    ],
)
def test_what_cannot_be_classified_is_told_in_a_sentence(
    labelled, arguments, code, message, capsys
):
    before = files_in(".")
    assert run("classify", *arguments.split()) == code
    shown = capsys.readouterr().err
    assert message in shown
    assert shown.count("\n") == 1
    assert files_in(".") == before


def test_classifiers_have_no_decoder(labelled, capsys):
    arguments = ["classify", "fit", "labelled.csv", "--labels", "kind", "-o", "kinds.isthmus"]
    assert run(*arguments, "--init", "m.isthmus", "--max-epochs", "1", "--exclude", "x") == 1
    run("fit", "labelled.csv", "--exclude", "kind", "-o", "start.isthmus", *BARE)
    assert run(*arguments, "--init", "start.isthmus", "--max-epochs", "1") == 0
    np.save("z.npy", np.zeros((3, 2), np.float32))
    capsys.readouterr()
    assert run("decode", "kinds.isthmus", "z.npy", "-o", "rows.csv") == 1
    assert "has no decoder" in capsys.readouterr().err
