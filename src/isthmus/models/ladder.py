"""A predictor between a noisy and a clean pass, joined by a decoder that takes the noise away."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any, NamedTuple, Self, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from isthmus.models.predictor import Predictor
from isthmus.networks import ACTIVATIONS, Affine, DenseNetwork, Initializer, ShortcutNetwork
from isthmus.networks.precision import product

# Where the ten numbers of a unit start: at an estimate of 0, as in the authors' own program.
_START = np.array([0, 1, 0, 0, 0, 0, 1, 0, 0, 0], np.float32)
_LEAST_VARIANCE = 1e-6


class Pass(NamedTuple):
    """What one pass through the encoder gives, from the rows up to the head."""

    outputs: jax.Array  # (batch, outputs)
    normalized: tuple[jax.Array, ...]  # the rows and z of every layer, with noise: (batch, units)
    means: tuple[jax.Array, ...]  # those by which each layer was normalized: (batch, units)
    deviations: tuple[jax.Array, ...]


class Groups(NamedTuple):
    """Rows that are normalized by what their own group has, labelled or not."""

    weights: Any  # (batch,), 0 for rows that do not count
    labelled: Any  # (batch,), 1 or 0

    def normalized(self, z: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        """Give ``(batch, units)`` with mean 0 and deviation 1 of each unit, and what these were."""
        members = jnp.stack([1 - self.labelled, self.labelled])
        shares = members * self.weights
        shares = shares / jnp.maximum(shares.sum(axis=1, keepdims=True), 1.0)
        means = members.T @ (shares @ z)
        variances = members.T @ (shares @ jnp.square(z - means))
        deviations = jnp.sqrt(variances + _LEAST_VARIANCE)
        return (z - means) / deviations, means, deviations


@final
class LadderNetwork(eqx.Module):
    """An encoder and head whose layers are normalized by the minibatch, and a decoder beside them.

    A layer is ``z = (h W − mean) / deviation``, and the next one takes ``f(scale · z + bias)``.
    Labelled and unlabelled rows have means and deviations of their own: the same labelled rows
    come again and again, and would shift those of all. Downwards, a denoising function joins what
    comes from above with the noisy z of the same layer, to estimate the clean ``h W``.

    Parameters
    ----------
    predictor : Predictor
        Of a dense network; its biases are those above.
    scales : tuple of array of shape (units,)
        One for each layer, the head included.
    downward : tuple of array of shape (units, units below)
        The same.
    lateral : tuple of array of shape (10 · units,)
        The numbers a₁ to a₁₀ of every unit, first of the rows themselves.

    References
    ----------
    Rasmus, Valpola, Honkala, Berglund & Raiko (2015), Semi-supervised learning with ladder
    networks, algorithm 1 and equations 2 and 3.
    """

    predictor: Predictor
    scales: tuple[Any, ...]
    downward: tuple[Any, ...]
    lateral: tuple[Any, ...]

    @classmethod
    def around(cls, predictor: Predictor, initialize: Initializer) -> Self:
        """Put the ladder around a predictor, of which only the shape stays: weights are drawn.

        Learned ones do worse: their scales, which normalizing hides from the outputs, differ from
        unit to unit and are what a step of training is small or large beside.
        """
        layers = _layers(predictor)
        widths = [layers[0].weight.shape[0], *(layer.weight.shape[1] for layer in layers)]
        drawn = [
            Affine(initialize(n_inputs, n_outputs, "identity"), np.zeros(n_outputs, np.float32))
            for n_inputs, n_outputs in (layer.weight.shape for layer in layers)
        ]
        predictor = _with_layers(predictor, drawn)
        shortcut = _shortcut(predictor)
        if shortcut is not None:
            predictor = _with_shortcut(predictor, jax.tree.map(np.zeros_like, shortcut))
        return cls(
            predictor,
            tuple(np.ones(width, np.float32) for width in widths[1:]),
            tuple(initialize(above, below, "identity") for below, above in pairwise(widths)),
            tuple(np.repeat(_START, width) for width in widths),
        )

    def encode(
        self, x: jax.Array, groups: Groups, noise: float = 0.0, key: jax.Array | None = None
    ) -> Pass:
        """Pass rows through, with noise of this deviation on them and on every layer."""
        layers = _layers(self.predictor)
        widths = [x.shape[1], *(len(scale) for scale in self.scales)]
        added = [jnp.zeros(())] * len(widths)
        if key is not None:
            # Drawn at once: a program of its own for each layer takes seconds to compile.
            drawn = noise * jax.random.normal(key, (len(x), sum(widths)))
            added = jnp.split(drawn, np.cumsum(widths)[:-1], axis=1)
        rows = x + added[0]
        h, normalized = _dense(self.predictor).centre_rows(rows), [rows]
        means, deviations = [], []
        for i, (layer, scale) in enumerate(zip(layers, self.scales, strict=True)):
            z, mean, deviation = groups.normalized(_product(self.predictor, i, h, rows))
            z = z + added[i + 1]
            normalized.append(z)
            means.append(mean)
            deviations.append(deviation)
            z = scale * z + layer.bias
            h = _activated(self.predictor, i, z) if i < len(layers) - 1 else z
        return Pass(h, tuple(normalized), tuple(means), tuple(deviations))

    def denoising_errors(self, noisy: Pass, clean: Pass, groups: Groups) -> list[jax.Array]:
        """Give each layer's mean squared error, denoised, from the rows up: ``(batch,)`` each."""
        u = jax.nn.softmax(noisy.outputs)
        errors = []
        for i in reversed(range(len(noisy.normalized))):
            estimate = _denoised(noisy.normalized[i], groups.normalized(u)[0], self.lateral[i])
            error = clean.normalized[i] - estimate
            if i:
                u = product(estimate, self.downward[i - 1])
                estimate = (estimate - clean.means[i - 1]) / clean.deviations[i - 1]
                error = clean.normalized[i] - estimate
            errors.append(jnp.mean(jnp.square(error), axis=1))
        return errors[::-1]

    def folded(self, means: Any, deviations: Any) -> Predictor:
        """Give the predictor that does without minibatches, by these means and deviations.

        Those of every layer: ``(units,)``.
        """
        layers = []
        for i, layer in enumerate(_layers(self.predictor)):
            slope = self.scales[i] / deviations[i]
            layers.append(Affine(layer.weight * slope, layer.bias - means[i] * slope))
        predictor = _with_layers(self.predictor, layers)
        shortcut = _shortcut(predictor)
        if shortcut is not None and predictor.layer is None:
            slope = self.scales[-2] / deviations[-2]
            # Its own bias fell out of the normalized code.
            way = Affine(shortcut.weight * slope, 0 * shortcut.bias)
            predictor = _with_shortcut(predictor, way)
        return predictor


def _dense(predictor: Predictor) -> DenseNetwork:
    network = predictor.autoencoder.network.without_shortcuts
    assert isinstance(network, DenseNetwork)
    return network


def _layers(predictor: Predictor) -> list[Affine]:
    """Give the layers that predicting takes, the head last."""
    return [*_dense(predictor).encoder[: predictor.layer], predictor.head]


def _with_layers(predictor: Predictor, layers: list[Affine]) -> Predictor:
    network, n_taken = _dense(predictor), len(layers) - 1
    encoder = (*layers[:-1], *network.encoder[n_taken:])
    own = replace(network, encoder=encoder)
    around = predictor.autoencoder.network
    whole = replace(around, layers=own) if isinstance(around, ShortcutNetwork) else own
    autoencoder = replace(predictor.autoencoder, network=whole)
    return replace(predictor, autoencoder=autoencoder, head=layers[-1])


def _shortcut(predictor: Predictor) -> Affine | None:
    """Give the linear way from the rows to the code, where there is one."""
    network = predictor.autoencoder.network
    return network.shortcuts[0] if isinstance(network, ShortcutNetwork) else None


def _with_shortcut(predictor: Predictor, way: Affine) -> Predictor:
    network = predictor.autoencoder.network
    assert isinstance(network, ShortcutNetwork)
    network = replace(network, shortcuts=(way, network.shortcuts[1]))
    return replace(predictor, autoencoder=replace(predictor.autoencoder, network=network))


def _is_code(predictor: Predictor, i: int) -> bool:
    return predictor.layer is None and i == len(_dense(predictor).encoder) - 1


def _product(predictor: Predictor, i: int, h: jax.Array, rows: jax.Array) -> jax.Array:
    """Give what a layer makes of what it takes, and a shortcut of the rows, without biases."""
    z = _layers(predictor)[i].without_bias(h)
    shortcut = _shortcut(predictor)
    if _is_code(predictor, i) and shortcut is not None:
        z = z + shortcut.without_bias(rows)
    return z


def _activated(predictor: Predictor, i: int, z: jax.Array) -> jax.Array:
    network = _dense(predictor)
    if _is_code(predictor, i):
        return predictor.autoencoder.code.mean(ACTIVATIONS[network.code_activation](z))
    return ACTIVATIONS[network.activation](z)


def _denoised(z: jax.Array, u: jax.Array, lateral: jax.Array) -> jax.Array:
    a = lateral.reshape(10, -1)
    mean = a[0] * jax.nn.sigmoid(a[1] * u + a[2]) + a[3] * u + a[4]
    weight = a[5] * jax.nn.sigmoid(a[6] * u + a[7]) + a[8] * u + a[9]
    return (z - mean) * weight + mean
