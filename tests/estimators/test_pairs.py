"""Every two members of different families of parts train together."""

from itertools import combinations

import numpy as np
import pytest

from isthmus import (
    L1,
    Autoencoder,
    AuxiliaryTopK,
    BatchTopK,
    Bernoulli,
    Contractive,
    Convolutional,
    Dense,
    Deterministic,
    DiscretizedLogistic,
    Gaussian,
    GaussianCode,
    GaussianNoise,
    IsthmusError,
    JumpReLU,
    Linear,
    Masking,
    SaltAndPepper,
    SquaredError,
    Swap,
    TargetActivation,
    TopK,
    WeightDecay,
    load,
)

NETWORKS = [
    Linear(),
    Dense((16,)),
    Dense((16,), tied_weights=True),
    Dense((16,), code_activation="sigmoid"),
    Convolutional((4,)),
]
CODES = [Deterministic(), TopK(3), BatchTopK(3), JumpReLU(3), GaussianCode()]
LIKELIHOODS = [
    SquaredError(),
    Bernoulli(),
    Gaussian(),
    Gaussian("feature"),
    Gaussian("shared"),
    Gaussian(0.1),
    DiscretizedLogistic(),
]
CORRUPTIONS = [None, GaussianNoise(0.2), Masking(0.2), SaltAndPepper(0.2), Swap(0.2)]
PENALTIES = [
    None,
    WeightDecay(1e-3),
    L1(1e-2),
    Contractive(1e-2),
    TargetActivation(1e-2),
    AuxiliaryTopK(4),
]
FAMILIES = (NETWORKS, CODES, LIKELIHOODS, CORRUPTIONS, PENALTIES)

# They differ from the variance of each feature in the size of one array only, so it is enough
# that they meet every code.
VARIANTS = (Gaussian("shared"), Gaussian(0.1))


def makes_sense(network=None, code=None, likelihood=None, corruption=None, penalty=None):
    """Tell whether parts go together; a part not given goes with everything."""
    bent = getattr(network, "code_activation", "identity") != "identity"
    if bent and isinstance(code, GaussianCode):
        return False
    tied = isinstance(network, Dense) and network.tied_weights
    per_feature_variance = likelihood == Gaussian() or isinstance(likelihood, DiscretizedLogistic)
    if tied and (isinstance(code, GaussianCode) or per_feature_variance):
        return False
    if isinstance(penalty, TargetActivation):
        sigmoid = getattr(network, "code_activation", None) == "sigmoid"
        return (network is None or sigmoid) and (code is None or isinstance(code, Deterministic))
    if isinstance(penalty, AuxiliaryTopK):
        return code is None or isinstance(code, (TopK, BatchTopK, JumpReLU))
    return True


NAMES = ("network", "code", "likelihood", "corruption", "penalty")


def pairs_of(combination):
    return {
        ((i, FAMILIES[i].index(combination[i])), (j, FAMILIES[j].index(combination[j])))
        for i, j in combinations(range(len(FAMILIES)), 2)
    }


def cover_all_pairs():
    """Choose combinations greedily until every pair that makes sense is among them."""
    generator = np.random.default_rng(0)
    wanted = {
        ((i, a), (j, b))
        for i, j in combinations(range(len(FAMILIES)), 2)
        for a, first in enumerate(FAMILIES[i])
        for b, second in enumerate(FAMILIES[j])
        if makes_sense(**{NAMES[i]: first, NAMES[j]: second})
        and (i == NAMES.index("code") or not {first, second} & set(VARIANTS))
    }
    chosen = []
    while wanted:
        candidates = []
        for _ in range(400):
            combination = [family[generator.integers(len(family))] for family in FAMILIES]
            for family, member in next(iter(sorted(wanted))):
                combination[family] = FAMILIES[family][member]
            if makes_sense(**dict(zip(NAMES, combination, strict=True))):
                candidates.append(combination)
        best = max(candidates, key=lambda combination: len(pairs_of(combination) & wanted))
        chosen.append(best)
        wanted -= pairs_of(best)
    return chosen


COMBINATIONS = cover_all_pairs()


@pytest.fixture(scope="module")
def images(digits):
    return digits[:256].reshape(-1, 8, 8)


def build(combination, **settings):
    parts = dict(zip(NAMES, combination, strict=True))
    return Autoencoder(6, **parts, max_epochs=2, random_state=0, **settings)


@pytest.mark.parametrize("combination", COMBINATIONS, ids=lambda parts: "-".join(map(repr, parts)))
def test_parts_train_together(combination, images, tmp_path):
    model = build(combination).fit(images)
    assert np.isfinite(model.history_["loss"]).all()
    assert np.isfinite(model.history_["validation_loss"]).all()
    again = model.reconstruct(images[:3])
    assert again.shape == (3, 8, 8)
    assert np.isfinite(again).all()
    model.save(tmp_path / "model.isthmus")
    loaded = load(tmp_path / "model.isthmus")
    np.testing.assert_array_equal(loaded.reconstruct(images[:3]), again)
    assert loaded.get_params() == model.get_params()


TIED = Dense((16,), tied_weights=True)
REFUSED = [
    {"network": TIED, "code": GaussianCode()},
    {"network": TIED, "likelihood": Gaussian()},
    {"network": Dense((16,), code_activation="sigmoid"), "code": GaussianCode()},
    {"network": Convolutional((4,), code_activation="tanh"), "code": GaussianCode()},
    {"network": Dense((16,)), "penalty": TargetActivation(0.1)},
    {"code": GaussianCode(), "penalty": AuxiliaryTopK(4)},
    {"code": TopK(7)},
    {"code": BatchTopK(7)},
]


@pytest.mark.parametrize("parts", REFUSED, ids=repr)
def test_parts_that_make_no_sense_together_are_refused_in_a_sentence(parts, images):
    with pytest.raises((IsthmusError, ValueError), match=r": [^\n]*\.$"):
        Autoencoder(6, **parts, max_epochs=1).fit(images)


@pytest.mark.parametrize(
    "parts",
    [
        {"likelihood": Bernoulli()},
        {"likelihood": DiscretizedLogistic()},
        {"corruption": SaltAndPepper(0.1)},
    ],
    ids=repr,
)
def test_parts_for_values_between_0_and_1_refuse_others(parts, table):
    with pytest.raises(IsthmusError, match=r"needs (values in \[0, 1\]|shades between 0 and 1)"):
        Autoencoder(2, **parts, max_epochs=1).fit(table)


def test_likelihood_of_shades_refuses_black_and_white_for_what_they_are(images):
    with pytest.raises(IsthmusError, match=r"needs shades .* X has 0 and 1 alone: use .*bernoulli"):
        Autoencoder(2, likelihood="discretized_logistic", max_epochs=1).fit(images > 0.5)
