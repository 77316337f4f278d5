import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import log_loss

from isthmus.models import Deterministic, LadderNetwork, Model, Predictor, SquaredError
from isthmus.models.ladder import Groups
from isthmus.networks import Affine, Dense, glorot_uniform
from isthmus.objectives import (
    Classes,
    ClassShares,
    Consistency,
    Ladder,
    LadderSupervision,
    Masking,
    Minibatch,
    Numbers,
    Objective,
    PredictionTerm,
    PseudoLabels,
    Supervision,
    VirtualAdversarial,
)

KEY = jax.random.key(0)
GENERATOR = np.random.default_rng(0)
X = jnp.asarray(GENERATOR.normal(size=(12, 6)), jnp.float32)
ONES = jnp.ones(12)
WEIGHTS = jnp.asarray(GENERATOR.normal(size=(6, 3)), jnp.float32)


def predict(x, key):
    return x @ WEIGHTS


def entropy():
    p = jax.nn.softmax(predict(X, None))
    return -jnp.sum(p * jnp.log(p), axis=1)


def predictor(**settings):
    initialize = glorot_uniform(np.random.default_rng(0))
    network = Dense((5,)).build((6,), 4, 4, 6, initialize)
    head = Affine(initialize(4, 3, "identity"), np.zeros(3, np.float32))
    return Predictor(Model(network, Deterministic(), SquaredError()), head, **settings)


def test_cross_entropy_is_scikit_learns():
    labels = np.arange(12) % 3
    losses = Classes().losses(predict(X, None), jnp.asarray(labels))
    odds = np.exp(np.asarray(predict(X, None), np.float64))
    expected = log_loss(labels, odds / odds.sum(axis=1, keepdims=True))
    assert float(losses.mean()) == pytest.approx(expected, rel=1e-5)


def test_smoothed_labels_are_least_at_their_own_probabilities():
    outcome, label = Classes(label_smoothing=0.3), jnp.zeros(1, jnp.int32)
    best = jnp.log(jnp.array([[0.8, 0.1, 0.1]]))
    slope = jax.grad(lambda outputs: outcome.losses(outputs, label)[0])(best)
    np.testing.assert_allclose(slope, 0, atol=1e-6)


def test_numbers_lose_half_the_squared_error():
    outputs, targets = jnp.array([[1.0, 2.0]]), jnp.array([[0.0, 4.0]])
    assert float(Numbers().losses(outputs, targets)[0]) == 2.5


@pytest.mark.parametrize("label", [0, 1])
def test_rows_without_label_teach_nothing_but_what_the_terms_ask(label):
    targets = jnp.array([label, *[-1] * 11])
    model, loss = predictor(), Supervision(Classes())
    full = loss.update_loss(model, Minibatch(X, ONES, targets), KEY, 0, None)[0]
    alone = loss.update_loss(model, Minibatch(X[:1], ONES[:1], targets[:1]), KEY, 0, None)[0]
    assert float(full) == pytest.approx(float(alone), rel=1e-5)
    none = loss.update_loss(model, Minibatch(X, ONES, targets * 0 - 1), KEY, 0, None)[0]
    assert float(none) == 0


def test_reconstruction_stays_in_the_joint_loss():
    model, targets = predictor(), jnp.full(12, -1)
    batch = Minibatch(X, ONES, targets)
    joint = Supervision(Classes(), reconstruction=Objective(), reconstruction_strength=2.0)
    value = joint.update_loss(model, batch, KEY, 0, None)[0]
    rows = Objective().row_losses(model.autoencoder, X, ONES, KEY)
    assert float(value) == pytest.approx(2 * float(rows.mean()), rel=1e-5)


def test_frozen_encoder_gets_no_gradient():
    batch = Minibatch(X, ONES, jnp.arange(12) % 3)

    def loss(model):
        return Supervision(Classes()).update_loss(model, batch, KEY, 0, None)[0]

    gradient = jax.grad(loss)(predictor(frozen=True))
    assert all(not leaf.any() for leaf in jax.tree.leaves(gradient.autoencoder))
    assert gradient.head.weight.any()


def test_dropout_keeps_the_mean_of_linear_features():
    initialize = glorot_uniform(np.random.default_rng(0))
    network = Dense((), activation="identity").build((6,), 4, 4, 6, initialize)
    head = Affine(initialize(4, 3, "identity"), np.zeros(3, np.float32))
    model = Predictor(Model(network, Deterministic(), SquaredError()), head)
    loss = Supervision(Numbers(), dropout=0.4)
    keys = jax.random.split(KEY, 4000)
    drawn = jax.vmap(lambda key: model.outputs(X, loss._drop(key)))(keys)
    np.testing.assert_allclose(drawn.mean(axis=0), model.outputs(X), atol=0.15)
    assert float(drawn.std(axis=0).min()) > 0


@pytest.mark.parametrize("term", [kind() for kind in PredictionTerm.members().values()], ids=repr)
def test_terms_are_one_number_a_row_and_have_gradients(term):
    def loss(weights):
        return term(lambda x, key: x @ weights, Minibatch(X, ONES), KEY).sum()

    values = term(predict, Minibatch(X, ONES), KEY)
    assert values.shape == (12,)
    assert (values >= 0).all()
    assert jnp.isfinite(jax.grad(loss)(WEIGHTS)).all()


def test_only_sure_rows_get_pseudo_labels():
    probabilities = jax.nn.softmax(predict(X, None)).max(axis=1)
    threshold = float(jnp.median(probabilities))
    values = PseudoLabels(threshold)(predict, Minibatch(X, ONES), KEY)
    np.testing.assert_array_equal(values > 0, probabilities >= threshold)
    np.testing.assert_allclose(
        values[values > 0], -jnp.log(probabilities[probabilities >= threshold]), rtol=1e-5
    )


def test_shares_of_classes_are_met_by_predictions_that_have_them():
    mean = jax.nn.softmax(predict(X, None)).mean(axis=0)
    met = ClassShares(5 * mean)(predict, Minibatch(X, ONES), KEY)
    np.testing.assert_allclose(met, 0, atol=1e-6)
    values = ClassShares(strength=2.0)(predict, Minibatch(X, ONES), KEY)
    np.testing.assert_allclose(values, 2 * jnp.sum(mean * jnp.log(3 * mean)), rtol=1e-5)
    padded = ClassShares(mean)(predict, Minibatch(X, ONES.at[6:].set(0)), KEY)
    half = ClassShares(mean)(predict, Minibatch(X[:6], ONES[:6]), KEY)
    assert float(padded[0]) == pytest.approx(float(half[0]), rel=1e-4)


def test_consistency_without_noise_is_the_entropy():
    values = Consistency(Masking(0.0))(predict, Minibatch(X, ONES), KEY)
    np.testing.assert_allclose(values, entropy(), rtol=1e-5)


def test_adversarial_direction_is_worse_than_random_ones():
    """For a small radius the divergence is largest along the chosen direction."""
    radius = 0.3
    worst = VirtualAdversarial(radius)(predict, Minibatch(X, ONES), KEY) - entropy()
    p = jax.nn.softmax(predict(X, None))
    for seed in range(20):
        change = jax.random.normal(jax.random.key(seed + 1), X.shape)
        change *= radius / jnp.linalg.norm(change, axis=1, keepdims=True)
        log_q = jax.nn.log_softmax(predict(X + change, None))
        divergence = -jnp.sum(p * log_q, axis=1) - entropy()
        assert float(divergence.mean()) < float(worst.mean())


def test_ladder_of_no_strength_and_noise_is_plain_supervision_of_normalized_layers():
    model = LadderNetwork.around(predictor().without_decoder(), glorot_uniform(GENERATOR))
    targets = jnp.where(jnp.arange(12) < 5, jnp.arange(12) % 3, -1)
    batch = Minibatch(X, ONES, targets)
    groups = Groups(ONES, (np.asarray(targets) >= 0).astype(np.float32))
    clean = model.encode(X, groups)
    expected = Classes().losses(clean.outputs, targets)[:5].mean()
    nothing = LadderSupervision(Classes(), Ladder(0.0, [0]))
    assert float(nothing.update_loss(model, batch, KEY, 0, None)[0]) == pytest.approx(
        float(expected), rel=1e-5
    )
    shares = LadderSupervision(Classes(), Ladder(0.0, [0]), (ClassShares(),))
    more = float(shares.update_loss(model, batch, KEY, 0, None)[0] - expected)
    own = ClassShares()(lambda x, key: clean.outputs, batch, KEY)[0]
    assert more == pytest.approx(float(own), rel=1e-3)


def test_strengths_of_a_ladder_weigh_layer_by_layer_and_the_last_one_all_above():
    model = LadderNetwork.around(predictor().without_decoder(), glorot_uniform(GENERATOR))
    groups = Groups(ONES, ONES)
    noisy, clean = model.encode(X, groups, 0.3, KEY), model.encode(X, groups)
    rows, first, *above = model.denoising_errors(noisy, clean, groups)
    expected = 100 * rows + 10 * first + 0.1 * sum(above)
    costs = Ladder(strengths=(100, 10, 0.1)).costs(model, noisy, clean, groups)
    np.testing.assert_allclose(costs, expected, rtol=1e-5)
