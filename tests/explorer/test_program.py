import equinox as eqx
import jax
import numpy as np
import pytest

from isthmus import IsthmusError
from isthmus.explorer.program import decoding, encoding, quantized
from isthmus.models import (
    Bernoulli,
    Deterministic,
    Gaussian,
    GaussianCode,
    Mixed,
    Model,
    SquaredError,
    TopK,
)
from isthmus.models.codes import BatchTopK, JumpReLU
from isthmus.models.likelihoods import DiscretizedLogistic
from isthmus.networks import ACTIVATIONS, ResidualTableNetwork, glorot_uniform
from isthmus.networks.architectures import Convolutional, Dense, Shortcut
from isthmus.networks.architectures.landmarks import Landmarks
from isthmus.networks.architectures.table import Table
from isthmus.runs.computing import computing

from .node import Kept, answers

MIXED = Mixed(2, 1, (2, 2, 3))


def build(design, shape, size, code, likelihood):
    """Give a model whose weights are drawn, biases and all else included."""
    n = int(np.prod(shape))
    generator = np.random.default_rng(0)
    network = design.build(
        shape, size, code.n_parameters(size), likelihood.n_parameters(n), glorot_uniform(generator)
    )
    model = Model(network, code.sized(size), likelihood.sized(n))
    drawn = lambda leaf: (leaf + 0.1 * generator.normal(size=leaf.shape)).astype(np.float32)  # noqa: E731
    return jax.tree.map(lambda leaf: drawn(np.asarray(leaf)), model)


CASES = {
    **{
        name: (Dense((5,), name, code_activation=name), (7,), 3, Deterministic(), SquaredError())
        for name in ACTIVATIONS
    },
    "tied": (Dense((5,), tied_weights=True, centred=True), (7,), 3, Deterministic(), Bernoulli()),
    "unit norm": (Dense((), unit_norm_decoder=True), (7,), 20, TopK(3), SquaredError()),
    "batch": (Dense(()), (7,), 20, BatchTopK(3), SquaredError()),
    "jump": (Dense((9,)), (7,), 20, JumpReLU(3), Gaussian("shared")),
    "variational": (Dense((5,)), (7,), 3, GaussianCode(), Gaussian("code")),
    "shortcut": (Shortcut(Dense((5,))), (7,), 3, Deterministic(), SquaredError()),
    "picture": (Convolutional((3, 4), 3), (7, 6), 3, Deterministic(), Bernoulli()),
    "colours": (Convolutional((3, 4, 5), 4), (9, 8, 3), 3, GaussianCode(), DiscretizedLogistic()),
    "wide": (Convolutional((3,), 5, hidden=(8,)), (5, 4), 2, Deterministic(), Gaussian("code")),
    "signal": (Convolutional((3, 4), 3), (17,), 2, Deterministic(), SquaredError()),
    "around": (Shortcut(Convolutional((3,), 3)), (6, 6), 2, Deterministic(), SquaredError()),
    "landmarks": (Landmarks(30, 4, (9, 8), (7,), (0, 3)), (10,), 2, Deterministic(), MIXED),
    "many landmarks": (Landmarks(1100, 4, (9,), (7,)), (10,), 2, Deterministic(), SquaredError()),
    "table": (Dense((5,)), (10,), 3, Deterministic(), MIXED),
}  # fmt: skip


@pytest.fixture(scope="module")
def found():
    """What Python and the page make of the same rows and codes, by the name of the case."""
    keep, asked, expected = Kept(), [], {}
    generator = np.random.default_rng(1)
    for name, (design, shape, size, code, likelihood) in CASES.items():
        n = int(np.prod(shape))
        x = generator.normal(size=(4, n)).astype(np.float32)
        if likelihood is MIXED:
            x[:2, [0, 3]] = np.nan
        if name == "table":
            design = Table(design, (0, 3))
        model = build(design, shape, size, code, likelihood)
        with computing():
            z = np.asarray(eqx.filter_jit(Model.encode)(model, x))
            expected[name] = z, np.asarray(eqx.filter_jit(Model.decode)(model, z))
        asked += [
            {"act": "run", "steps": encoding(model, keep), "rows": keep(x)},
            {"act": "run", "steps": decoding(model, n, keep), "rows": keep(z)},
        ]
    given = answers(asked, keep.arrays)
    pairs = zip(given[::2], given[1::2], strict=True)
    return {name: (expected[name], pair) for name, pair in zip(CASES, pairs, strict=True)}


@pytest.mark.parametrize("name", CASES)
def test_the_page_encodes_and_decodes_as_python_does(name, found):
    expected, given = found[name]
    for array, again in zip(expected, given, strict=True):
        # Weights of 16 bits: no more than some hundred thousandths of what is summed up.
        assert np.allclose(array, again, rtol=5e-4, atol=5e-4)


def test_quantized_weights_are_as_near_as_stated():
    weight = np.random.default_rng(0).normal(size=(50, 7)).astype(np.float32)
    weight[:, 3] = 0
    whole, scale = quantized(weight)
    largest = np.abs(weight).max(axis=0)
    assert (np.abs(whole * scale - weight) <= largest / 65_534 * 1.001).all()


def test_parts_that_do_not_run_in_a_page_are_refused():
    network = ResidualTableNetwork((), (), np.zeros(1), np.zeros(1), (), 0)
    with pytest.raises(IsthmusError, match=r"ResidualTableNetwork does not run .*isthmus explore"):
        encoding(Model(network, Deterministic(), SquaredError()), Kept())
