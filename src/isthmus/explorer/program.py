"""A model as two lists of steps, from a prepared row to its code and from a code to a row.

A page that has no server runs them. Weights are quantized: whole numbers of 16 bits, with a scale
for each unit, so that each differs from the model's by no more than 1/65,534 of the largest that
goes to the same unit.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from itertools import groupby
from typing import Any, TypeAlias

import numpy as np

from isthmus.errors import IsthmusError
from isthmus.models import (
    Bernoulli,
    Code,
    Deterministic,
    Gaussian,
    GaussianCode,
    Likelihood,
    Mixed,
    Model,
    SquaredError,
    TopK,
)
from isthmus.models.codes import BatchTopK, JumpReLU
from isthmus.models.codes.threshold import log_thresholds
from isthmus.models.likelihoods import DiscretizedLogistic
from isthmus.networks import (
    Affine,
    DenseNetwork,
    LandmarkNetwork,
    Network,
    ShortcutNetwork,
    TableNetwork,
)
from isthmus.networks.convolutional import ConvolutionalNetwork
from isthmus.networks.landmarks import LEAST_VARIANCE, REACH_OF_MEAN, REACH_OF_SEARCH

Step: TypeAlias = dict[str, Any]
Keep: TypeAlias = Callable[[np.ndarray], int]
"""Puts an array where the page finds it, and gives its number."""

_LARGEST = 32_767


def encoding(model: Model, keep: Keep) -> list[Step]:
    """Give the steps from a prepared row to its code."""
    return _encoder(model.network, keep) + _code(model.code, keep)


def decoding(model: Model, n_features: int, keep: Keep) -> list[Step]:
    """Give the steps from a code to a prepared row."""
    return _decoder(model.network, keep) + _mean(model.likelihood, n_features)


def quantized(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give weights ``(inputs, outputs)`` as whole numbers, and the scale of each output."""
    largest = np.abs(weight).max(axis=0, initial=0)
    scale = np.where(largest > 0, largest / _LARGEST, 1.0).astype(np.float32)
    return np.rint(weight / scale).astype(np.int16), scale


def refusal(part: Any) -> IsthmusError:
    """Say of a part of a model that no page without a server runs it."""
    return IsthmusError(
        f"{type(part).__name__} does not run in a page without a server: serve the page with "
        "isthmus explore MODEL DATA instead."
    )


@singledispatch
def _encoder(network: Network, keep: Keep) -> list[Step]:
    raise refusal(network)


@singledispatch
def _decoder(network: Network, keep: Keep) -> list[Step]:
    raise refusal(network)


@_encoder.register
def _(network: DenseNetwork, keep: Keep) -> list[Step]:
    steps: list[Step] = []
    if network.centre is not None:
        steps.append({"do": "subtract", "array": keep(np.asarray(network.centre, np.float32))})
    *hidden, code = network.encoder
    for layer in hidden:
        steps += [_affine(layer.weight, layer.bias, keep), _activation(network.activation)]
    return [*steps, _affine(code.weight, code.bias, keep), _activation(network.code_activation)]


@_decoder.register
def _(network: DenseNetwork, keep: Keep) -> list[Step]:
    weights = _untied(network)
    if network.unit_norm_decoder:
        weights[0] = weights[0] / np.linalg.norm(weights[0], axis=1, keepdims=True)
    steps: list[Step] = []
    for weight, layer in zip(weights, network.decoder, strict=True):
        steps += [_affine(weight, layer.bias, keep), _activation(network.activation)]
    return steps[:-1]


@_encoder.register
def _(network: ConvolutionalNetwork, keep: Keep) -> list[Step]:
    n_convolutions = len(network.sizes) - 1
    *hidden, code = network.encoder
    steps: list[Step] = []
    for i, layer in enumerate(hidden):
        if i < n_convolutions:
            shape = _shape(network, i)
            steps.append({**_affine(layer.weight, layer.bias, keep), "do": "convolve", **shape})
        else:
            steps.append(_affine(layer.weight, layer.bias, keep))
        steps.append(_activation(network.activation))
    return [*steps, _affine(code.weight, code.bias, keep), _activation(network.code_activation)]


@_decoder.register
def _(network: ConvolutionalNetwork, keep: Keep) -> list[Step]:
    n_convolutions, weights = len(network.sizes) - 1, _untied(network)
    steps: list[Step] = []
    for i, (weight, layer) in enumerate(zip(weights, network.decoder, strict=True)):
        back = i - (len(weights) - n_convolutions)
        step = _affine(weight, layer.bias, keep)
        if back >= 0:
            # The bias is one number a channel, and the products are summed before it is added.
            shape = _shape(network, n_convolutions - 1 - back)
            step = {**step, "do": "convolve back", **shape, "channels": int(np.size(layer.bias))}
        steps += [step, _activation(network.activation)]
    pixels, channels = int(np.prod(network.sizes[0])), network.channels[0]
    return [*steps[:-1], {"do": "split channels", "pixels": pixels, "channels": channels}]


@_encoder.register
def _(network: TableNetwork, keep: Keep) -> list[Step]:
    return [{"do": "fill gaps", "told": list(network.told)}, *_encoder(network.layers, keep)]


@_decoder.register
def _(network: TableNetwork, keep: Keep) -> list[Step]:
    return _decoder(network.layers, keep)


@_encoder.register
def _(network: ShortcutNetwork, keep: Keep) -> list[Step]:
    down = network.shortcuts[0]
    return [_beside(_encoder(network.layers, keep), down, keep)]


@_decoder.register
def _(network: ShortcutNetwork, keep: Keep) -> list[Step]:
    up = network.shortcuts[1]
    assert up is not None
    return [_beside(_decoder(network.layers, keep), up, keep)]


@_encoder.register
def _(network: LandmarkNetwork, keep: Keep) -> list[Step]:
    *hidden, last = network.encoder
    steps: list[Step] = [{"do": "fill gaps", "told": list(network.told)}]
    for layer, normalization in zip(hidden, network.normalizations, strict=True):
        learned = (normalization.scale, normalization.shift)
        scale, shift = (keep(np.asarray(array, np.float32)) for array in learned)
        steps += [
            _affine(layer.weight, layer.bias, keep),
            {"do": "normalize", "scale": scale, "shift": shift, "least": LEAST_VARIANCE},
            _activation(network.activation),
        ]
    steps.append(_affine(last.weight, last.bias, keep))
    compared: list[Step] = [{"do": "fill gaps", "told": []}]
    compared += [_affine(layer.weight, layer.bias, keep) for layer in network.comparison]
    place = _landmarks("place", network, keep)
    place |= {"every": network.candidate_every, "search": REACH_OF_SEARCH, "mean": REACH_OF_MEAN}
    return [{"do": "add", "ways": [steps, compared]}, place]


@_decoder.register
def _(network: LandmarkNetwork, keep: Keep) -> list[Step]:
    steps = [_landmarks("landmark shares", network, keep)]
    for layer in network.decoder:
        steps += [_affine(layer.weight, layer.bias, keep), _activation(network.activation)]
    return steps[:-1]


def _landmarks(what: str, network: LandmarkNetwork, keep: Keep) -> Step:
    places = np.asarray(network.landmarks, np.float32)
    sharpness = float(np.asarray(network.sharpness)[0])
    return {"do": what, "landmarks": keep(places.ravel()), "n": len(places), "sharpness": sharpness}


def _beside(steps: list[Step], shortcut: Affine, keep: Keep) -> Step:
    return {"do": "add", "ways": [steps, [_affine(shortcut.weight, shortcut.bias, keep)]]}


def _code(code: Code, keep: Keep) -> list[Step]:
    if isinstance(code, Deterministic):
        return []
    if isinstance(code, GaussianCode):
        return [{"do": "first half"}]
    if isinstance(code, TopK):
        return [_activation("relu"), {"do": "largest", "k": code.k}]
    if isinstance(code, (BatchTopK, JumpReLU)):
        thresholds = np.exp(np.asarray(log_thresholds(code.thresholds), np.float32))
        return [{"do": "threshold", "array": keep(thresholds)}]
    raise refusal(code)


def _mean(likelihood: Likelihood, n_features: int) -> list[Step]:
    if isinstance(likelihood, SquaredError):
        return []
    if isinstance(likelihood, Gaussian):
        return [{"do": "first", "n": n_features}]
    if isinstance(likelihood, (Bernoulli, DiscretizedLogistic)):
        return [{"do": "first", "n": n_features}, _activation("sigmoid")]
    if isinstance(likelihood, Mixed):
        runs = [(width, len(list(group))) for width, group in groupby(likelihood.categories)]
        counts = {"numbers": likelihood.numbers, "booleans": likelihood.booleans}
        return [{"do": "shares", **counts, "runs": runs, "n": n_features}]
    raise refusal(likelihood)


def _affine(weight: Any, bias: Any, keep: Keep) -> Step:
    whole, scale = quantized(np.asarray(weight, np.float32))
    return {
        "do": "affine",
        "weight": keep(whole.ravel()),
        "scale": keep(scale),
        "bias": keep(np.asarray(bias, np.float32).ravel()),
    }


def _activation(name: str) -> Step:
    return {"do": "activate", "name": name}


def _untied(network: DenseNetwork | ConvolutionalNetwork) -> list[np.ndarray]:
    pairs = zip(network.decoder, reversed(network.encoder), strict=True)
    return [
        np.asarray(mirror.weight).T if layer.weight is None else np.asarray(layer.weight)
        for layer, mirror in pairs
    ]


def _shape(network: ConvolutionalNetwork, i: int) -> Step:
    """Tell the sizes before and after a convolution."""
    return {
        "fine": list(network.sizes[i]),
        "coarse": list(network.sizes[i + 1]),
        "kernel": list(network.kernel),
        "stride": list(network.stride),
    }
