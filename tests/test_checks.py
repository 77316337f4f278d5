"""Every part refuses, when it is made, every setting that would not work."""

from dataclasses import fields
from functools import partial
from math import inf, nan

import numpy as np
import pytest

from isthmus import (
    L1,
    Architecture,
    AuxiliaryTopK,
    BatchTopK,
    ClassShares,
    Code,
    Consistency,
    Contractive,
    Convolutional,
    Corruption,
    Dense,
    Gaussian,
    GaussianCode,
    GaussianNoise,
    Hiding,
    JumpReLU,
    Ladder,
    Likelihood,
    Linear,
    Masking,
    Mixed,
    Penalty,
    PseudoLabels,
    SaltAndPepper,
    Swap,
    TargetActivation,
    TopK,
    Unlabelled,
    VirtualAdversarial,
    WeightDecay,
)
from isthmus.errors import IsthmusError
from isthmus.models import ActivationError

NO_NUMBERS = ["much", None, nan, True, [0.1], np.float32(nan)]
NO_STRENGTHS = [*NO_NUMBERS, inf, -0.1, np.float64(-1)]
NO_SHARES = [*NO_STRENGTHS, 1.1]
NO_COUNTS = [*NO_STRENGTHS, 0, 1.5, 1.0, np.float32(2)]
NO_WIDTHS = [[0], (8, -1), [1.5], "64", ["64"], [True], 0, -3, 1.5, True, nan, [[8]]]
NO_FLAGS = [None, 1, "yes", np.float32(0)]
NO_ACTIVATIONS = ["foo", None, 3, ["relu"]]

SETTINGS = [
    (Dense, "hidden", NO_WIDTHS),
    (Dense, "activation", NO_ACTIVATIONS),
    (Dense, "tied_weights", NO_FLAGS),
    (Dense, "code_activation", NO_ACTIVATIONS),
    (Dense, "unit_norm_decoder", NO_FLAGS),
    (Dense, "code_bias", [*NO_NUMBERS, inf]),
    (Dense, "centred", NO_FLAGS),
    (Dense, "encoding_share", NO_SHARES),
    (Convolutional, "channels", [*NO_WIDTHS, (), None, 8]),
    (Convolutional, "kernel_size", NO_COUNTS),
    (Convolutional, "hidden", NO_WIDTHS),
    (Convolutional, "activation", NO_ACTIVATIONS),
    (Convolutional, "code_activation", NO_ACTIVATIONS),
    (Convolutional, "signal", NO_FLAGS),
    (Linear, "tied_weights", NO_FLAGS),
    (TopK, "k", NO_COUNTS),
    (BatchTopK, "k", NO_COUNTS),
    (JumpReLU, "k", NO_COUNTS),
    (GaussianCode, "beta", NO_STRENGTHS),
    (GaussianCode, "free_bits", NO_STRENGTHS),
    (Gaussian, "variance", [*NO_STRENGTHS, 0, "wide"]),
    (ActivationError, "activation", NO_ACTIVATIONS),
    (GaussianNoise, "level", NO_STRENGTHS),
    (Hiding, "level", NO_SHARES),
    (Masking, "level", NO_SHARES),
    (SaltAndPepper, "level", NO_SHARES),
    (Swap, "level", NO_SHARES),
    (L1, "strength", NO_STRENGTHS),
    (partial(L1, 0.1), "relative", NO_FLAGS),
    (WeightDecay, "strength", NO_STRENGTHS),
    (Contractive, "strength", NO_STRENGTHS),
    (TargetActivation, "strength", NO_STRENGTHS),
    (partial(TargetActivation, 1.0), "target", [*NO_SHARES, 0, 1]),
    (AuxiliaryTopK, "k", NO_COUNTS),
    (AuxiliaryTopK, "strength", NO_STRENGTHS),
    (ClassShares, "shares", [(0.5,), (0.5, 0.0), (0.5, nan), "ab", 3, (0.5, "much"), (1, True)]),
    (ClassShares, "strength", NO_STRENGTHS),
    (Consistency, "corruption", ["masking", None, 0.3, Masking]),
    (Consistency, "threshold", NO_SHARES),
    (Consistency, "strength", NO_STRENGTHS),
    (Ladder, "noise", NO_STRENGTHS),
    (Ladder, "strengths", [(), (1, -1.0), (1, nan), "ab", (1, True), None]),
    (PseudoLabels, "threshold", NO_SHARES),
    (PseudoLabels, "strength", NO_STRENGTHS),
    (VirtualAdversarial, "radius", NO_STRENGTHS),
    (VirtualAdversarial, "strength", NO_STRENGTHS),
    (VirtualAdversarial, "entropy", NO_STRENGTHS),
]
# What parts learn of the data that they are fitted to.
LEARNED = {
    (Gaussian, "log_variance"),
    (BatchTopK, "thresholds"),
    (JumpReLU, "thresholds"),
    *((Mixed, name) for name in ("numbers", "booleans", "categories")),
    *((corruption, "columns") for corruption in Corruption.members().values()),
}
FAMILIES = (Architecture, Code, Corruption, Likelihood, Penalty, Unlabelled)


def class_of(make):
    return getattr(make, "func", make)


def test_every_setting_of_every_part_is_here():
    parts = {part for family in FAMILIES for part in family.members().values()}
    found = {(part, field.name) for part in {*parts, ActivationError} for field in fields(part)}
    assert {(class_of(make), name) for make, name, _ in SETTINGS} == found - LEARNED


@pytest.mark.parametrize(
    ("make", "name", "value"),
    [
        pytest.param(make, name, value, id=f"{class_of(make).__name__}-{name}-{value!r}")
        for make, name, values in SETTINGS
        for value in values
    ],
)
def test_a_setting_that_would_not_work_is_refused_in_a_sentence(make, name, value):
    with pytest.raises(IsthmusError, match=rf"^[^\n]*{name}=[^\n]+: (choose|give) [^\n]+\.$"):
        make(**{name: value})


@pytest.mark.parametrize(
    ("part", "same"),
    [
        (Dense([np.int64(8), 4]), Dense((8, 4))),
        (Dense(np.int32(8), tied_weights=np.bool_(True)), Dense(8, tied_weights=True)),
        (Dense(np.array([8, 4])), Dense((8, 4))),
        (Convolutional([4], np.int8(5)), Convolutional((4,), 5)),
        (TopK(np.int64(3)), TopK(3)),
        (GaussianCode(np.float32(0.5)), GaussianCode(0.5)),
        (Gaussian(np.float32(0.5)), Gaussian(0.5)),
        (Masking(np.float64(0.3)), Masking(0.3)),
        (L1(np.int64(1)), L1(1)),
        (PseudoLabels(np.float16(0.5)), PseudoLabels(0.5)),
    ],
    ids=repr,
)
def test_numbers_of_numpy_and_lists_make_the_same_part(part, same):
    # Parts are static in compiled programs, so they are compared and hashed there.
    assert repr(part) == repr(same)
    if not isinstance(part, Gaussian):
        assert (part, hash(part)) == (same, hash(same))
