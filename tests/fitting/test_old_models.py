"""Model files that version 0.1.0 wrote, one of each class, still open and give what they gave."""

from pathlib import Path

import numpy as np
import pytest

from isthmus import Gaussian, PseudoLabels, Swap, load
from isthmus.fitting.persistence import Persistent

FOLDER = Path(__file__).parent / "models"
FILES = sorted(FOLDER.glob("*.isthmus"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_file_of_an_earlier_version_opens(file, tmp_path):
    rows = np.load(FOLDER / "rows.npy")
    estimator = load(file)
    np.testing.assert_allclose(
        estimator.transform(rows), np.load(file.with_suffix(".npy")), rtol=1e-4, atol=1e-5
    )
    first, second = tmp_path / "first.isthmus", tmp_path / "second.isthmus"
    estimator.save(first)
    load(first).save(second)
    assert first.read_bytes() == second.read_bytes()


def test_there_is_one_of_each_class_with_its_parts():
    own = {name for name, kind in Persistent.subclasses().items() if "isthmus." in kind.__module__}
    own -= {"AutoencoderImputer", "Map", "OutlierDetector"}  # which that version did not have
    assert {type(load(file)).__name__ for file in FILES} == own
    assert load(FOLDER / "denoising_autoencoder.isthmus").corruption == Swap(0.2)
    assert load(FOLDER / "autoencoder_classifier.isthmus").unlabelled == [PseudoLabels(0.9)]
    variational = load(FOLDER / "variational_autoencoder.isthmus")
    assert isinstance(variational.model_.likelihood, Gaussian)
    assert variational.model_.likelihood.log_variance.shape == (1,)
