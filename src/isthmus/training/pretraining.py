"""Greedy pretraining: each layer learns on the codes of the layer below it, then all unroll."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple, final

import jax.numpy as jnp
import numpy as np

from isthmus.errors import IsthmusError
from isthmus.models import (
    ActivationError,
    Bernoulli,
    Deterministic,
    Gaussian,
    GaussianCode,
    Likelihood,
    Model,
    SquaredError,
)
from isthmus.networks import DenseNetwork, LayeredNetwork, TableNetwork
from isthmus.networks.gaps import filled
from isthmus.objectives import ContrastiveDivergence, Corruption, Loss, Objective
from isthmus.prepare import mean_row
from isthmus.runs.computing import computing
from isthmus.runs.interruption import Interruption
from isthmus.runs.processes import Processes
from isthmus.runs.run import Run
from isthmus.training.batches import ArrayBatches
from isthmus.training.loop import train
from isthmus.training.orders import AllOnce
from isthmus.training.over_rows import over_rows
from isthmus.training.plan import Plan, Settings

# The noise of their gradients averages out; smaller steps leave them half trained.
_FASTER_MACHINES = 5.0

PRETRAININGS = ("autoencoder", "denoising", "rbm")


class Pretraining(NamedTuple):
    """What pretraining gives.

    Attributes
    ----------
    model : Model
        The whole, its decoder the encoder's mirror image.
    history : dict of str to list of float
        "layer_1_loss" and so on: what `Training.history` holds, for every layer.
    interrupted : bool
        Whether Ctrl-C ended it; layers that had not learned yet are as they were.
    """

    model: Model
    history: dict[str, list[float]]
    interrupted: bool


@final
@dataclass(frozen=True)
class LayerTraining:
    """How layers are pretrained.

    Parameters
    ----------
    kind : {"autoencoder", "denoising", "rbm"}
        What each layer is meanwhile.
    settings : Settings
        How long and how fast each layer learns; Boltzmann machines five times as fast.
    batch_size : int
        Rows in a minibatch.
    corruption : Corruption or None
        Noise on the inputs of every layer ("denoising").
    """

    kind: str
    settings: Settings
    batch_size: int
    corruption: Corruption | None = None

    def settings_of(self, layer: int) -> Settings:
        """Give how long and how fast a layer, counted from 0, learns."""
        factor = _FASTER_MACHINES if self.kind == "rbm" else 1.0
        rate, seed = factor * self.settings.learning_rate, self.settings.seed + layer
        return replace(self.settings, learning_rate=rate, seed=seed)

    @property
    def loss(self) -> Loss[Model]:
        """What each layer minimizes."""
        if self.kind == "rbm":
            return ContrastiveDivergence(mean_field=True)
        return Objective(self.corruption if self.kind == "denoising" else None)


def single_layer_models(model: Model, kind: str) -> tuple[Model, ...]:
    """Give each layer, from the data up, as an autoencoder or Boltzmann machine with tied weights.

    Put together they encode and decode as the unrolled network does.

    Raises
    ------
    IsthmusError
        The model has parts that no stack of such layers makes up.
    """
    network = model.network
    if not isinstance(network, LayeredNetwork):
        raise IsthmusError(
            f"{type(network).__name__} does not give its layers one by one, as pretraining needs: "
            "set pretrain=None."
        )
    if isinstance(model.code, GaussianCode):
        raise IsthmusError(
            "a Gaussian code has a variance, which no pretrained layer gives: set pretrain=None."
        )
    layers, likelihood = network.single_layers(), model.likelihood
    if isinstance(network, TableNetwork):
        likelihood = SquaredError()  # of rows whose gaps are filled
    elif likelihood.n_parameters(1) != 1:
        raise IsthmusError(
            f"{type(likelihood).__name__} asks for several numbers for each feature, but "
            "transposed layers give one: choose likelihood='bernoulli' or 'squared_error', or "
            "set pretrain=None."
        )
    between: Likelihood = ActivationError(network.hidden_activation)
    if network.hidden_activation == "sigmoid":
        between = Bernoulli()
    likelihoods = [likelihood, *[between] * (len(layers) - 1)]
    codes = [*[Deterministic()] * (len(layers) - 1), model.code]
    models = tuple(map(Model, layers, codes, likelihoods))
    return tuple(_as_machines(models)) if kind == "rbm" else models


def _as_machines(models: tuple[Model, ...]) -> Iterator[Model]:
    for number, model in enumerate(models, start=1):
        network = model.network
        if not isinstance(network, DenseNetwork) or network.centre is not None:
            raise IsthmusError(
                f"pretrain='rbm' is for dense layers without centring, and layer {number} is "
                "none: use pretrain='autoencoder'."
            )
        if not isinstance(model.code, Deterministic):
            raise IsthmusError(
                f"pretrain='rbm' has no layer with a code like {model.code!r}: "
                "use pretrain='autoencoder'."
            )
        bernoulli = isinstance(model.likelihood, Bernoulli)
        linear = number == len(models) and network.code_activation == "identity"
        if network.code_activation != "sigmoid" and not linear:
            raise IsthmusError(
                f"pretrain='rbm' needs sigmoid units, but layer {number} has "
                f"activation={network.code_activation!r}: set activation='sigmoid', or use "
                "pretrain='autoencoder'."
            )
        if linear and not bernoulli:
            raise IsthmusError(
                "pretrain='rbm' cannot lead from real data to a linear code in one layer, whose "
                "energy would have no bound: give hidden layers, or use pretrain='autoencoder'."
            )
        yield model if bernoulli else replace(model, likelihood=Gaussian(1.0))


@computing()
def pretrain(
    model: Model,
    training: LayerTraining,
    matrix: np.ndarray,
    run: Run | None = None,
    *,
    rows: np.ndarray | None = None,
    validation_rows: np.ndarray | None = None,
) -> Pretraining:
    """Train layer after layer on the codes of the one below, and unroll.

    Parameters
    ----------
    model : Model
        The whole; its layers start as they are in its encoder.
    training : LayerTraining
        How each layer learns.
    matrix : ndarray, shape (rows, features)
        Prepared rows. The codes of one layer at a time are held in memory beside them.
    run : Run or None
        Told of every layer; its checkpoint is that of the whole, and of no use here.
    rows, validation_rows : ndarray of int or None
        Positions of the rows to learn from, all by default, and of the held-out ones.

    References
    ----------
    Hinton & Salakhutdinov (2006), Reducing the dimensionality of data with neural networks;
    Bengio, Lamblin, Popovici & Larochelle (2007), Greedy layer-wise training of deep networks;
    Vincent et al. (2010), Stacked denoising autoencoders.
    """
    layers = list(single_layer_models(model, training.kind))
    order = None if rows is None else AllOnce(rows)
    _check_corruption(model, training)
    matrix, run = _filled(model, matrix), Run() if run is None else run
    history: dict[str, list[float]] = {}
    interrupted, processes = False, Processes()
    with Interruption() as interruption:
        for i, layer in enumerate(layers):
            validation = None
            if validation_rows is not None:
                validation = ArrayBatches(matrix, training.batch_size, AllOnce(validation_rows))
            start = _at_mean(layer, matrix) if training.kind == "rbm" else layer
            trained = train(
                Plan(start, training.loss, training.settings_of(i)),
                ArrayBatches(matrix, training.batch_size, order),
                run.stage(f"layer {i + 1} of {len(layers)}"),
                validation=validation,
            )
            layers[i] = trained.model
            for name, values in trained.history.items():
                history[f"layer_{i + 1}_{name}"] = values
            if i + 1 < len(layers) and not trained.interrupted:
                matrix = over_rows(Model.encode, trained.model, matrix)
            _, signal = processes.agree(0, interruption.heard)
            interrupted = signal != 0
            if interrupted:
                break
    assert isinstance(model.network, LayeredNetwork)
    network = model.network.unrolled([layer.network for layer in layers])
    return Pretraining(replace(model, network=network), history, interrupted)


def _filled(model: Model, matrix: np.ndarray) -> np.ndarray:
    """Give what the first layer takes."""
    if not isinstance(model.network, TableNetwork):
        return matrix
    return np.asarray(filled(jnp.asarray(matrix), model.network.told))


def _check_corruption(model: Model, training: LayerTraining) -> None:
    """Noise suits the data, but the layers above may have codes of any size."""
    corruption, network = training.corruption, model.network
    if training.kind != "denoising" or corruption is None or "real" in corruption.supports:
        return
    assert isinstance(network, LayeredNetwork)
    if network.hidden_activation != "sigmoid" and network.n_layers > 1:
        raise IsthmusError(
            f"{corruption!r} needs values in [0, 1], which layers of "
            f"activation={network.hidden_activation!r} do not give: use gaussian, masking or swap "
            "noise, or activation='sigmoid'."
        )


def _at_mean(layer: Model, matrix: np.ndarray) -> Model:
    """Let a Boltzmann machine start with units that are on as often as in the data.

    References
    ----------
    Hinton (2012), A practical guide to training restricted Boltzmann machines, section 8.1.
    """
    assert isinstance(layer.network, DenseNetwork)
    mean = mean_row(matrix)
    network = layer.network.starting_at(mean, layer.likelihood.parameters_at(mean))
    return replace(layer, network=network)
