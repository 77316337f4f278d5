import jax.numpy as jnp
import numpy as np
import optax
import pytest

from isthmus.training.optimizer import Schedule, initial_optimizer_state, update


def test_rate_warms_up_then_falls_to_nothing_along_a_cosine():
    schedule = Schedule(0.1, 10.0, 110.0)
    rates = [float(schedule.rate(jnp.asarray(i))) for i in (0, 9, 10, 60, 110, 200)]
    assert rates == pytest.approx([0.01, 0.1, 0.1, 0.05, 0.0, 0.0], abs=1e-6)


def test_without_decay_the_rate_stays():
    schedule = Schedule(0.1, 0.0, float("inf"))
    assert float(schedule.rate(jnp.asarray(10**6))) == pytest.approx(0.1)


def test_update_is_adamw_on_the_decayed_part_and_adam_on_the_rest():
    generator = np.random.default_rng(0)
    ours = tuple(jnp.asarray(generator.normal(size=n), jnp.float32) for n in (6, 3))
    decay = (jnp.asarray([0.3, 0.3, 0.3, 0.3, 0.0, 0.0]), jnp.asarray(0.3))
    rates = (jnp.ones(()), jnp.ones(()))
    theirs = {"matrix": ours[0][:4], "bias": ours[0][4:], "large": ours[1]}
    state = initial_optimizer_state(ours)
    reference = optax.adamw(
        0.01, weight_decay=0.3, mask={"matrix": True, "bias": False, "large": True}
    )
    reference_state = reference.init(theirs)
    for _ in range(5):
        gradient = tuple(jnp.asarray(generator.normal(size=n), jnp.float32) for n in (6, 3))
        ours, state = update(ours, gradient, state, jnp.asarray(0.01), decay, rates)
        step, reference_state = reference.update(
            {"matrix": gradient[0][:4], "bias": gradient[0][4:], "large": gradient[1]},
            reference_state,
            theirs,
        )
        theirs = optax.apply_updates(theirs, step)
    expected = jnp.concatenate([theirs["matrix"], theirs["bias"], theirs["large"]])
    np.testing.assert_allclose(jnp.concatenate(ours), expected, rtol=1e-5)
