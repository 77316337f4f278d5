"""How an encoder and an output layer are fine-tuned."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import equinox as eqx
import jax
import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import Interval

from isthmus.errors import IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.parameters import (
    ABOVE_ZERO,
    NOT_NEGATIVE,
    POSITIVE,
    SHARE,
    EarlyStoppingParameters,
    MinibatchParameters,
)
from isthmus.models import Model, Predictor
from isthmus.networks import Affine, ShortcutNetwork, glorot_uniform
from isthmus.objectives import Corruption, Unlabelled
from isthmus.training import AllOnce, LabelledInEveryMinibatch, Order

NO_HEAD = Affine(None, None)
"""In place of the output layer, until there is one."""


@estimator
class FineTuningParameters(EarlyStoppingParameters, MinibatchParameters):
    """What the classifier and the regressor take.

    Parameters
    ----------
    autoencoder : autoencoder, FrozenEstimator or None
        Any of Isthmus. A fitted one is where fine-tuning starts, and stays as it is; an
        unfitted one is fitted on all rows first. None stands for ``DenoisingAutoencoder(64)``.
        Where scikit-learn clones estimators, as in a grid search, wrap a fitted one in
        `sklearn.frozen.FrozenEstimator`, or the clone is fitted anew.
    layer : int or None
        Put the output layer on this hidden layer, counted from 1, instead of on the code.
    frozen_encoder : bool
        Train the output layer only.
    layer_decay : float
        Every layer learns at this share of the rate of the layer above it.
    corruption : {names}, Corruption or None
        Noise on the rows while their outcomes are learned, such as ``Masking(0.2)``. "auto" adds
        Gaussian noise in proportion to the distance between neighbours where labels spread to
        unlabelled rows, and where all rows have a class that neighbours tell better than a linear
        classifier does; none elsewhere.
    dropout : {names} or float
        Share of every layer's activations that is set to 0 in training. "auto" takes 0.2 where
        all rows have a class or labels spread to unlabelled rows, 0 elsewhere.
    reconstruction : float
        Weight at which the autoencoder's own loss over all rows stays in the loss.
    learning_rate : {names} or float
        Peak of the learning rate. "auto" takes 0.003 where labels spread to unlabelled rows, 0.001
        elsewhere.
    batch_size : int
        Rows in a minibatch. Where unlabelled rows teach, at least a quarter are labelled, half by
        `Ladder()`.
    max_epochs : int or None
        Passes over the rows that are trained on; None makes about 6,000 updates,
        twice as many where labels spread to unlabelled rows.
    early_stopping : bool
        Hold labelled rows out, keep the parameters that do best on them, and stop when they
        gain no more.
    validation_fraction : float
        Share of the labelled rows that early stopping holds out.
    """

    autoencoder: BaseAutoencoder | FrozenEstimator | None = parameter(
        BaseAutoencoder, FrozenEstimator, None, default=None, kw_only=False
    )
    layer: int | None = parameter(POSITIVE, None, default=None)
    frozen_encoder: bool = parameter("boolean", default=False)
    layer_decay: float = parameter(Interval(Real, 0, 1, closed="right"), default=1.0)
    corruption: str | Corruption | None = parameter(Named("auto"), Corruption, None, default="auto")
    dropout: str | float = parameter(Named("auto"), SHARE, default="auto")
    reconstruction: float = parameter(NOT_NEGATIVE, default=0.0)
    batch_size: int = parameter(Interval(Integral, 2, None, closed="left"), default=128)
    learning_rate: str | float = parameter(  # pyright: ignore[reportIncompatibleVariableOverride]
        Named("auto"), ABOVE_ZERO, default="auto"
    )
    early_stopping: bool = parameter("boolean", default=False)
    validation_fraction: float = parameter(Interval(Real, 0, 1, closed="neither"), default=0.1)


def initial_predictor(
    given: Any, autoencoder: Model, n_outputs: int, generator: np.random.Generator
) -> Predictor:
    """Put an output layer on what was learned, as an estimator's parameters say.

    Raises
    ------
    IsthmusError
        There is no such layer.
    """
    n_layers = autoencoder.network.n_layers
    if given.layer is not None and given.layer >= n_layers:
        raise IsthmusError(
            f"layer={given.layer} is not below the code: this autoencoder has "
            f"{n_layers - 1} hidden layers; name one of them, or None for the code."
        )
    predictor = Predictor(autoencoder, NO_HEAD, given.layer, given.frozen_encoder)
    n_features = given.autoencoder_.preparation_.n_features
    predictor = predictor.with_head(n_features, n_outputs, glorot_uniform(generator))
    return predictor if given.reconstruction else predictor.without_decoder()


def order_of(
    labelled: np.ndarray,
    others: np.ndarray,
    batch_size: int,
    unlabelled: tuple[Unlabelled, ...],
) -> Order:
    """Give the rows to train on: besides the labelled ones, the others that teach something."""
    if not len(others):
        return AllOnce(labelled)
    share = max([Unlabelled.labelled_share, *(way.labelled_share for way in unlabelled)])
    return LabelledInEveryMinibatch(labelled, others, batch_size, share)


def relative_rates(predictor: Predictor, layer_decay: float) -> Predictor | None:
    """Give each layer its share of the learning rate, less from layer to layer downwards.

    None stands for the same rate everywhere; of a frozen predictor only the head learns.

    References
    ----------
    Howard & Ruder (2018), Universal language model fine-tuning, section 3.2.
    """
    if not predictor.frozen and layer_decay == 1:
        return None
    lowest = 0.0 if predictor.frozen else 1.0
    rates = jax.tree.map(lambda leaf: np.full(leaf.shape, lowest, np.float32), predictor)
    rates = eqx.tree_at(lambda p: p.head, rates, jax.tree.map(np.ones_like, rates.head))
    network = rates.autoencoder.network
    n_layers = network.n_layers
    if isinstance(network, ShortcutNetwork):
        # It leads to the code, as the last layer does.
        slower = jax.tree.map(lambda leaf: leaf * layer_decay, network.shortcuts[0])
        rates = eqx.tree_at(lambda p: p.autoencoder.network.shortcuts[0], rates, slower)

    def encoder(p: Predictor) -> Any:
        return p.autoencoder.network.encoder

    decayed = tuple(
        jax.tree.map(lambda leaf, i=i: leaf * layer_decay ** (n_layers - i), layer)
        for i, layer in enumerate(encoder(rates))
    )
    return eqx.tree_at(encoder, rates, decayed)
