"""Small machines against the sum over all their states."""

from itertools import product

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from isthmus.models import Bernoulli, Deterministic, Gaussian, Model, free_energy, gibbs
from isthmus.networks import Dense, glorot_uniform
from isthmus.objectives import ContrastiveDivergence, Minibatch
from isthmus.training import ArrayBatches, Plan, Settings, train

N_VISIBLE, N_HIDDEN = 6, 4


def states(n_units):
    return jnp.asarray(list(product([0.0, 1.0], repeat=n_units)), jnp.float32)


def machine(likelihood=Bernoulli(), code_activation="sigmoid", seed=0):  # noqa: B008
    generator = np.random.default_rng(seed)
    design = Dense((), "identity", tied_weights=True, code_activation=code_activation)
    network = design.build((N_VISIBLE,), N_HIDDEN, N_HIDDEN, N_VISIBLE, glorot_uniform(generator))
    biases = jax.tree.map(
        lambda leaf: leaf + 0.5 * generator.normal(size=leaf.shape).astype(np.float32), network
    )
    return Model(biases, Deterministic(), likelihood)


def parameters(model):
    (encoder,), (decoder,) = model.network.encoder, model.network.decoder
    return encoder.weight, encoder.bias, decoder.bias


def exact_log_likelihood(model, v):
    """Sum over all states of both kinds of units, from the energy alone."""
    w, c, b = parameters(model)
    h = states(N_HIDDEN)

    def joint(v):
        return v @ b + h @ c + v @ w @ h.T

    log_z = jax.nn.logsumexp(jax.vmap(joint)(states(N_VISIBLE)))
    return jax.vmap(lambda v: jax.nn.logsumexp(joint(v)))(v) - log_z


def exact_gaussian_log_likelihood(model, v):
    """The marginal of Gaussian visible units: a mixture with a component for every h."""
    w, c, b = parameters(model)
    h = states(N_HIDDEN)
    means = b + h @ w.T  # (states, visible)
    log_weights = h @ c + 0.5 * jnp.sum(means**2 - b**2, axis=1)
    log_weights = jax.nn.log_softmax(log_weights)
    squares = jnp.sum((v[:, None] - means) ** 2, axis=2)
    log_densities = -0.5 * squares - 0.5 * N_VISIBLE * jnp.log(2 * jnp.pi)
    return jax.nn.logsumexp(log_weights + log_densities, axis=1)


def rows(n_rows=64, seed=1, real=False):
    """Rows with structure: both halves of a row agree."""
    generator = np.random.default_rng(seed)
    half = generator.integers(2, size=(n_rows, N_VISIBLE // 2))
    x = np.hstack([half, half]).astype(np.float32)
    return x + real * generator.normal(size=x.shape).astype(np.float32)


CASES = {
    "bernoulli": (Bernoulli(), exact_log_likelihood, False),
    "gaussian": (Gaussian(1.0), exact_gaussian_log_likelihood, True),
}


@pytest.mark.parametrize("case", CASES)
def test_free_energy_is_the_log_likelihood_but_for_one_constant(case):
    likelihood, exact, real = CASES[case]
    model, v = machine(likelihood), jnp.asarray(rows(20, real=real))
    constants = free_energy(model, v) + exact(model, v)
    np.testing.assert_allclose(constants, constants[0], atol=1e-4)


def test_gaussian_hidden_units_are_integrated_out():
    model, v = machine(code_activation="identity"), states(N_VISIBLE)
    w, c, b = parameters(model)
    # Given v the units are independent, so each has an integral of its own, by quadrature.
    places, weights = np.polynomial.hermite_e.hermegauss(40)
    h = places[:, None] + c  # (places, hidden)
    integrals = np.einsum("p,pvh->vh", weights, np.exp(h[:, None] * (v @ w)))
    constants = free_energy(model, v) + np.log(integrals).sum(axis=1) + v @ b
    np.testing.assert_allclose(constants, constants[0], atol=1e-4)


def flat(model):
    return np.concatenate([np.ravel(part) for part in parameters(model)])


def frequencies(x):
    """How often each state of the visible units is in the rows: ``(states,)``."""
    return jnp.mean(jnp.all(states(N_VISIBLE) == x[:, None], axis=2), axis=0)


def free_energy_gradient(model, probabilities):
    """The expected gradient of F, exact, for visible states of these probabilities."""
    v = states(N_VISIBLE)
    return flat(jax.grad(lambda m: probabilities @ free_energy(m, v))(model))


def gibbs_probabilities(model, start, n_steps):
    """Where chains are after so many steps, exact: ``(states,) -> (states,)``."""
    w, c, b = (np.asarray(part, np.float64) for part in parameters(model))
    v, h = (np.asarray(states(n), np.float64) for n in (N_VISIBLE, N_HIDDEN))

    def conditional(inputs, units):  # (states given, units), (states, units)
        return np.exp(inputs @ units.T - np.logaddexp(0, inputs).sum(axis=1, keepdims=True))

    step = conditional(v @ w + c, h) @ conditional(h @ w.T + b, v)
    return start @ np.linalg.matrix_power(step, n_steps)


def test_gradient_of_the_likelihood_is_data_less_model_expectation():
    model, x = machine(), jnp.asarray(rows())
    w, c, b = (np.asarray(part, np.float64) for part in parameters(model))
    v, h = (np.asarray(states(n), np.float64) for n in (N_VISIBLE, N_HIDDEN))
    # The correlations of both kinds of units, from the energy of every pair of states.
    joint = np.exp(v @ w @ h.T + (v @ b)[:, None] + h @ c)  # (visible states, hidden states)
    in_model = joint / joint.sum()
    in_data = joint / joint.sum(axis=1, keepdims=True) * np.asarray(frequencies(x))[:, None]
    gap = in_model - in_data
    expected = [v.T @ gap @ h, gap.sum(axis=0) @ h, gap.sum(axis=1) @ v]

    def negative_log_likelihood(m):
        log_z = jax.nn.logsumexp(-free_energy(m, states(N_VISIBLE)))
        return jnp.mean(free_energy(m, x)) + log_z

    found = parameters(jax.grad(negative_log_likelihood)(model))
    for ours, true in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, true, atol=2e-6)


def test_expected_gradient_of_contrastive_divergence_nears_the_true_one():
    model, data = machine(), np.asarray(frequencies(jnp.asarray(rows())))
    of_data = free_energy_gradient(model, data)
    of_model = jnp.exp(exact_log_likelihood(model, states(N_VISIBLE)))
    true = of_data - free_energy_gradient(model, of_model)
    gaps = []
    for n_steps in (1, 2, 4, 8):
        reached = gibbs_probabilities(model, data, n_steps)
        gaps.append(np.linalg.norm(of_data - free_energy_gradient(model, reached) - true))
    assert (np.diff(gaps) < 0).all()
    assert gaps[0] > 0.05 * np.linalg.norm(true)
    assert gaps[-1] < 1e-3 * np.linalg.norm(true)


@pytest.mark.parametrize("n_steps", [1, 3])
def test_contrastive_divergence_has_its_expected_gradient(n_steps):
    model, x = machine(), jnp.asarray(np.tile(rows(), (300, 1)))
    loss, batch = ContrastiveDivergence(n_steps), Minibatch(x, jnp.ones(len(x)))
    ours = jax.jit(
        jax.grad(lambda m: loss.update_loss(m, batch, jax.random.key(0), jnp.array(0), None)[0])
    )(model)
    data = np.asarray(frequencies(x))
    reached = gibbs_probabilities(model, data, n_steps)
    expected = free_energy_gradient(model, data) - free_energy_gradient(model, reached)
    np.testing.assert_allclose(flat(ours), expected, atol=0.02)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("persistent", [False, True])
def test_gradient_of_many_gibbs_steps_is_that_of_the_likelihood(case, persistent):
    likelihood, exact, real = CASES[case]
    model, x = machine(likelihood), jnp.asarray(np.tile(rows(real=real), (150, 1)))
    loss = ContrastiveDivergence(n_steps=30, persistent=persistent)
    batch = Minibatch(x, jnp.ones(len(x)))
    memory = loss.initial_state(model, len(x))

    @jax.jit
    def gradients(model):
        ours = jax.grad(
            lambda m: loss.update_loss(m, batch, jax.random.key(0), jnp.array(0), memory)[0]
        )(model)
        return ours, jax.grad(lambda m: -jnp.mean(exact(m, x[:64])))(model)

    ours, true = map(flat, gradients(model))
    assert np.linalg.norm(ours - true) < 0.05 * np.linalg.norm(true)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "loss",
    [
        ContrastiveDivergence(1),
        ContrastiveDivergence(5),
        ContrastiveDivergence(1, persistent=True),
    ],
    ids=["one step", "five steps", "persistent"],
)
def test_learning_raises_the_exact_log_likelihood(case, loss):
    likelihood, exact, real = CASES[case]
    model, x = machine(likelihood), rows(256, real=real)
    before = float(jnp.mean(exact(model, x)))
    training = train(Plan(model, loss, Settings(60, 0.05)), ArrayBatches(x, 32))
    after = float(jnp.mean(exact(training.model, x)))
    # Three fair bits, each twice: at best −3 log 2, for independent bits −6 log 2.
    assert after > before + 0.3
    if not real:
        assert after > -5 * np.log(2)


def test_gibbs_chains_end_where_the_probabilities_say():
    model = machine()
    start = jnp.zeros((20_000, N_VISIBLE))
    drawn = jax.jit(gibbs, static_argnums=2)(model, start, 50, jax.random.key(0))
    probabilities = jnp.exp(exact_log_likelihood(model, states(N_VISIBLE)))
    counts = np.bincount(np.asarray(drawn @ (2.0 ** jnp.arange(5, -1, -1))).astype(int))
    np.testing.assert_allclose(counts / len(drawn), probabilities, atol=0.01)


def test_rows_that_fill_up_a_batch_count_for_nothing():
    model, x = machine(), jnp.asarray(rows(8))
    loss = ContrastiveDivergence(n_steps=1)

    def value(x, weights):
        batch = Minibatch(x, weights)
        return loss.update_loss(model, batch, jax.random.key(0), jnp.array(0), None)[0]

    weights = jnp.asarray([1.0] * 6 + [0.0] * 2)
    other = x.at[6:].set(1 - x[6:])
    assert value(x, weights) == pytest.approx(float(value(other, weights)), rel=1e-6)
