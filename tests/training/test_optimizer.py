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
    ours = jnp.asarray(generator.normal(size=6), jnp.float32)
    theirs = {"matrix": ours[:4], "bias": ours[4:]}
    state = initial_optimizer_state(ours)
    reference = optax.adamw(0.01, weight_decay=0.3, mask={"matrix": True, "bias": False})
    reference_state = reference.init(theirs)
    for _ in range(5):
        gradient = jnp.asarray(generator.normal(size=6), jnp.float32)
        ours, state = update(
            ours, gradient, state, jnp.asarray(0.01), jnp.asarray(0.3), 4, jnp.ones(())
        )
        step, reference_state = reference.update(
            {"matrix": gradient[:4], "bias": gradient[4:]}, reference_state, theirs
        )
        theirs = optax.apply_updates(theirs, step)
    expected = jnp.concatenate([theirs["matrix"], theirs["bias"]])
    np.testing.assert_allclose(ours, expected, rtol=1e-5)
