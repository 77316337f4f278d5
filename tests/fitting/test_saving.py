"""The law of saving: what was loaded saves the same bytes, again and again."""

from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from isthmus import (
    L1,
    Autoencoder,
    AutoencoderClassifier,
    AutoencoderImputer,
    AutoencoderRegressor,
    AuxiliaryTopK,
    BatchTopK,
    Bernoulli,
    BoltzmannMachine,
    ClassShares,
    ComponentSweep,
    Consistency,
    Contractive,
    ContractiveAutoencoder,
    Convolutional,
    ConvolutionalAutoencoder,
    DenoisingAutoencoder,
    Dense,
    Deterministic,
    DiscretizedLogistic,
    Gaussian,
    GaussianCode,
    GaussianNoise,
    Hiding,
    JumpReLU,
    Ladder,
    Linear,
    LinearAutoencoder,
    Map,
    Masking,
    Mixed,
    OutlierDetector,
    PseudoLabels,
    SaltAndPepper,
    SparseAutoencoder,
    SquaredError,
    StackedAutoencoder,
    Swap,
    TargetActivation,
    TopK,
    VariationalAutoencoder,
    VirtualAdversarial,
    WeightDecay,
    load,
)
from isthmus.compression.codec import Codec
from isthmus.family import Family, is_part
from isthmus.fitting.persistence import Persistent

QUICK = {"max_epochs": 1, "batch_size": 24, "random_state": 0}
SMALL = {"hidden": [4], **QUICK}
DENSE = Dense((4,), "tanh", False, "sigmoid", True, 0.5, True)
TIED = Dense(5, "relu", True, "sigmoid", encoding_share=0.5)
CONVOLUTIONAL = Convolutional((2,), 2, (3,), "relu", "tanh", signal=True)
NOISE = (GaussianNoise(0.1), Masking(0.2), SaltAndPepper(0.3), Swap(0.4))
PENALTIES = [L1(0.1, True), Contractive(0.2), TargetActivation(0.3, 0.1), WeightDecay(0.4)]

ESTIMATORS = [
    LinearAutoencoder(2, l2=0.5, scaling="standardize"),
    LinearAutoencoder(0.9),
    LinearAutoencoder(2, solver="gradient", **QUICK),
    Autoencoder(np.int64(2), hidden=np.int32(4), learning_rate=np.float32(0.01), **QUICK),
    Autoencoder(2, network=DENSE, penalty=PENALTIES[:2], likelihood=Gaussian(0.5), **QUICK),
    Autoencoder(2, network=TIED, penalty=tuple(PENALTIES[2:]), corruption=NOISE[2], **QUICK),
    Autoencoder(2, network=Linear(True), likelihood=Bernoulli(), corruption="masking", **QUICK),
    Autoencoder(2, network=CONVOLUTIONAL, likelihood=DiscretizedLogistic(), **QUICK),
    Autoencoder(2, code=GaussianCode(0.5, 0.1), likelihood=Gaussian("shared"), **SMALL),
    Autoencoder(4, code=TopK(2), penalty=AuxiliaryTopK(2, 0.1), **SMALL),
    Autoencoder(4, code=BatchTopK(2), **SMALL),
    Autoencoder(4, code=JumpReLU(2), **SMALL),
    Autoencoder(2, code=Deterministic(), warm_start=True, precision="bfloat16", **SMALL),
    DenoisingAutoencoder(2, corruption=NOISE[0], likelihood=Gaussian("feature"), **SMALL),
    DenoisingAutoencoder(2, corruption=NOISE[1], likelihood=SquaredError(), **SMALL),
    DenoisingAutoencoder(2, corruption="swap", level=0.2, scaling="none", **SMALL),
    ContractiveAutoencoder(2, strength=0.5, hidden=(4,), corruption=NOISE[3], **QUICK),
    SparseAutoencoder(4, k=2, tied_weights=True, **QUICK),
    SparseAutoencoder(4, k=2, sparsity="batch_top_k", **QUICK),
    SparseAutoencoder(4, k=2, sparsity="jump_relu", **QUICK),
    SparseAutoencoder(4, sparsity="target_activation", target=0.2, strength=0.5, **SMALL),
    StackedAutoencoder(2, n_pretraining_epochs=1, pretrain="rbm", activation="sigmoid", **SMALL),
    Map(exaggeration=1.5, **QUICK),
    BoltzmannMachine(3, visible="gaussian", persistent=True, n_steps=2, **QUICK),
    ConvolutionalAutoencoder(2, channels=[2], kernel_size=2, hidden=3, **QUICK),
    VariationalAutoencoder(2, beta=0.5, free_bits=0.1, n_warmup_epochs=1, **SMALL),
    VariationalAutoencoder(2, n_importance_samples=2, binarize=True, **SMALL),
]
TABLES = [
    Map(n_neighbors=5, n_landmarks=7, **QUICK),
    DenoisingAutoencoder(2, corruption=Hiding(0.2), likelihood=Mixed(), **SMALL),
    VariationalAutoencoder(2, kinds={"c": "category", "e": "left_out"}, **SMALL),
]
FIRST = Autoencoder(2, **SMALL)
TRAINED = {"max_epochs": 1, "batch_size": 8, "random_state": 0}
SHARES = ClassShares((0.6, 0.4), 0.5)
LEARNT = [Consistency(Masking(0.2), 0.8, 0.5), PseudoLabels(0.9, 0.5), SHARES]
SUPERVISED = [
    AutoencoderClassifier(FIRST, label_smoothing=0.1, unlabelled=LEARNT, **TRAINED),
    AutoencoderClassifier(
        FIRST, layer=1, unlabelled=(VirtualAdversarial(0.5, 0.5, 0.5), "pseudo_labels"), **TRAINED
    ),
    AutoencoderClassifier(FIRST, unlabelled=Ladder(0.2, (10, 1)), **TRAINED),
    AutoencoderClassifier(ContractiveAutoencoder(2, **QUICK), frozen_encoder=True, **TRAINED),
    AutoencoderRegressor(FIRST, reconstruction=0.5, corruption=NOISE[1], dropout=0.1, **TRAINED),
    AutoencoderRegressor(SparseAutoencoder(4, k=2, **QUICK), layer_decay=0.5, **TRAINED),
]
IMPUTER = AutoencoderImputer(n_networks=2, width=4, weight_decay=0.1, **QUICK)


DETECTORS = [
    OutlierDetector(0.1, random_state=0),
    OutlierDetector(contamination=0, random_state=1),
    OutlierDetector(method="reconstruction", autoencoder=LinearAutoencoder(1)),
    OutlierDetector(method="reconstruction", autoencoder=FIRST),
]


def unit_rows():
    return np.random.default_rng(0).random((24, 6)).round(3)


def assert_saved_the_same(estimator, folder):
    files = [folder / f"{number}.isthmus" for number in range(3)]
    estimator.save(files[0])
    load(files[0]).save(files[1])
    load(files[1]).save(files[2])
    contents = [file.read_bytes() for file in files]
    assert contents[0] == contents[1]
    assert contents[0] == contents[2]


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=repr)
def test_loaded_autoencoder_saves_the_same_bytes(estimator, tmp_path):
    rows = unit_rows()
    estimator = clone(estimator).fit(rows)
    assert_saved_the_same(estimator, tmp_path)
    if getattr(estimator, "solver", None) != "closed_form" and not isinstance(estimator, Map):
        estimator.partial_fit(rows)
        assert_saved_the_same(estimator, tmp_path)
        again = load(tmp_path / "2.isthmus").partial_fit(rows)
        assert_saved_the_same(again, tmp_path)


@pytest.mark.parametrize("estimator", TABLES, ids=repr)
def test_what_tables_have_taught_is_saved_the_same(estimator, tmp_path):
    rows = pd.DataFrame(unit_rows(), columns=list("abcdef")).assign(c=list("uvwx") * 6)
    rows.loc[::5, "a"] = np.nan
    assert_saved_the_same(clone(estimator).fit(rows), tmp_path)


@pytest.mark.parametrize("estimator", ESTIMATORS[3:6:2], ids=repr)
def test_autoencoder_of_partial_fits_alone_saves_the_same_bytes(estimator, tmp_path):
    assert_saved_the_same(clone(estimator).partial_fit(unit_rows()), tmp_path)


@pytest.mark.parametrize(
    "names",
    [list("abcdef"), ["$x_1", "", " ", "中文", "a\nb\x1b[31m", "x" * 10**4]],
    ids=["plain", "odd"],
)
def test_names_are_saved_the_same(names, tmp_path):
    rows = pd.DataFrame(unit_rows(), columns=names).astype({names[0]: np.float32})
    assert_saved_the_same(LinearAutoencoder(2).fit(rows), tmp_path)


def test_loaded_imputer_saves_the_same_bytes(tmp_path):
    rows = pd.DataFrame(unit_rows()[:, :2], columns=["a", "b"]).assign(c=["x", None, "z"] * 8)
    for given in (rows, rows.drop(columns="c").to_numpy()):
        assert_saved_the_same(clone(IMPUTER).fit(given), tmp_path)


LABELS = {
    "numbers": [0, 1] * 12,
    "floats": [0.0, 1.0] * 12,
    "truth": [True, False] * 12,
    "text": ["a", "bc"] * 12,
    "objects": np.array(["a", "bc"] * 12, object),
    "odd text": ["$x", "\x1b[31m\n"] * 12,
    "text cut from longer text": np.array(["much longer, and unknown", "a", "bc"] * 8),
}


@pytest.mark.parametrize("estimator", SUPERVISED, ids=repr)
def test_loaded_predictor_saves_the_same_bytes(estimator, tmp_path):
    assert_saved_the_same(clone(estimator).fit(unit_rows(), [0, 1] * 12), tmp_path)


@pytest.mark.parametrize("estimator", DETECTORS, ids=repr)
def test_loaded_detector_saves_the_same_bytes(estimator, tmp_path):
    assert_saved_the_same(clone(estimator).fit(unit_rows()), tmp_path)


@pytest.mark.parametrize("labels", LABELS)
def test_classes_are_saved_the_same(labels, tmp_path):
    classifier = AutoencoderClassifier(FIRST, **TRAINED).fit(unit_rows(), LABELS[labels])
    assert_saved_the_same(classifier, tmp_path)
    again = load(tmp_path / "0.isthmus")
    assert again.classes_.tolist() == classifier.classes_.tolist()
    assert again.classes_.dtype.kind == classifier.classes_.dtype.kind


def test_predictors_of_other_autoencoders_are_saved_the_same(tmp_path):
    rows, labels = unit_rows(), [0, 1] * 12
    fitted = clone(FIRST).fit(rows)
    for given in (fitted, FrozenEstimator(fitted), None):
        classifier = AutoencoderClassifier(given, **TRAINED)
        if given is None:
            classifier._default_autoencoder = lambda: DenoisingAutoencoder(2, **SMALL)
        assert_saved_the_same(classifier.fit(rows, labels), tmp_path)
    several = np.stack([labels, labels[::-1]], axis=1)
    assert_saved_the_same(AutoencoderRegressor(FIRST, **TRAINED).fit(rows, several), tmp_path)


def test_the_best_of_a_sweep_is_saved_the_same(tmp_path):
    sweep = ComponentSweep(FIRST, components=[1, 2], random_state=0).fit(unit_rows())
    assert_saved_the_same(sweep.best_estimator_, tmp_path)


@pytest.mark.parametrize("name", Persistent.subclasses())
def test_what_is_not_fitted_is_not_saved(name, tmp_path):
    with pytest.raises(NotFittedError):
        Persistent.subclasses()[name]().save(tmp_path / "m.isthmus")
    assert not list(tmp_path.iterdir())


def parts_in(value):
    """Give all parts in a value, and those in them."""
    if is_part(value):
        settings = [getattr(value, name) for name in settings_of(value)]
        return [value, *(part for setting in settings for part in parts_in(setting))]
    items = value if isinstance(value, (list, tuple)) else []
    return [part for item in items for part in parts_in(item)]


# What parts learn of the data that they are fitted to.
_LEARNED = ("log_variance", "thresholds", "_most", "columns", "numbers", "booleans", "categories")


def settings_of(part):
    return [item.name for item in fields(part) if item.name not in _LEARNED]


def test_every_estimator_and_every_setting_of_every_part_is_saved_here():
    tried = [*ESTIMATORS, *TABLES, *SUPERVISED, *DETECTORS, IMPUTER]
    own = {kind for kind in Persistent.subclasses().values() if kind.__module__[:8] == "isthmus."}
    assert {type(estimator) for estimator in tried} == own
    parameters = [v for each in tried for v in each.get_params(deep=False).values()]
    parts = [part for value in parameters for part in parts_in(value)]
    families = [kind for kind in Family.__subclasses__() if kind.__module__[:8] == "isthmus."]
    families.remove(Codec)  # of which archives are made, and no estimators
    for member in {kind for family in families for kind in family.members().values()}:
        mine = [part for part in parts if type(part) is member]
        assert mine, f"{member.__name__} is nowhere"
        for item in fields(member):
            if item.name in settings_of(member):
                values = [getattr(part, item.name) for part in mine]
                assert any(value != item.default for value in values), (member, item.name)
