"""The parameters that several estimators share, in groups, each declared once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral, Real

import numpy as np
from sklearn.utils._param_validation import Interval

from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.models import Code, Deterministic, Likelihood
from isthmus.networks import ACTIVATIONS, PRECISIONS, Architecture, Dense
from isthmus.objectives import Corruption, Penalty
from isthmus.prepare import SCALINGS
from isthmus.training import SCHEDULES

POSITIVE = Interval(Integral, 1, None, closed="left")
WHOLE = Interval(Integral, 0, None, closed="left")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
ABOVE_ZERO = Interval(Real, 0, None, closed="neither")
SHARE = Interval(Real, 0, 1, closed="left")


@estimator
class RunParameters:
    """What every fit takes.

    Parameters
    ----------
    random_state : int, RandomState instance or None
        Fixes the held-out rows, the initial weights and the order of the rows: the same number
        on the same machine gives the same result, bit by bit.
    verbose : bool, int or None
        Whether to show a progress bar; None shows it on a terminal only.
    """

    random_state: int | np.random.RandomState | None = parameter("random_state", default=None)
    verbose: bool | int | None = parameter("boolean", WHOLE, None, default=None)


@estimator
class MinibatchParameters(RunParameters):
    """What every training by minibatches takes.

    Parameters
    ----------
    batch_size : int
        Rows in a minibatch.
    max_epochs : int or None
        Passes over the data; None makes about 9,000 updates, in 10 to 400 epochs.
    learning_rate : float
        Peak of the learning rate.
    """

    batch_size: int = parameter(POSITIVE, default=128)
    max_epochs: int | None = parameter(POSITIVE, None, default=None)
    learning_rate: float = parameter(ABOVE_ZERO, default=2e-3)


@estimator
class ScalingParameters:
    """How raw values become numbers that networks learn well.

    Parameters
    ----------
    scaling : {names}
        How columns or pixels are brought to scale; `inverse_transform` undoes it. "auto"
        leaves alone 0 and 1 and what fills [0, 1], divides unsigned 8- and 16-bit integer arrays
        that fill the range of their dtype by it, and standardizes all others: by columns, of
        images and signals by channels unless these agree.
    """

    scaling: str = parameter(Named(*SCALINGS), default="auto")


@estimator
class TableParameters:
    """How tables of columns of every kind are read.

    Parameters
    ----------
    kinds : dict of str to str or None
        Kinds of columns of a table by their names, where they are not to be chosen by types and
        values, such as ``{"zip": "category"}``: number, heavy_tailed, boolean, category, date or
        left_out.
    """

    kinds: Mapping[str, str] | None = parameter(dict, None, default=None)


@estimator
class EarlyStoppingParameters:
    """When to stop, and by which rows to judge.

    Parameters
    ----------
    weight_decay : float
        Decoupled weight decay of AdamW.
    early_stopping : bool
        Stop after `patience` epochs without a better loss on the held-out rows.
    validation_fraction : float
        Share of the rows held out. The parameters that do best on them are kept; 0 holds out
        none and keeps the last.
    patience : int
        Epochs that early stopping waits.
    """

    weight_decay: float = parameter(NOT_NEGATIVE, default=1e-4)
    early_stopping: bool = parameter("boolean", default=True)
    validation_fraction: float = parameter(SHARE, default=0.1)
    patience: int = parameter(POSITIVE, default=30)


@estimator
class WarmStartParameters:
    """Whether a fit goes on from the last one.

    Parameters
    ----------
    warm_start : bool
        Start a further `fit` from the weights of the last one.
    """

    warm_start: bool = parameter("boolean", default=False)


@estimator
class ObjectiveParameters:
    """What the loss is made of, and how its gradient is followed.

    Parameters
    ----------
    network : Architecture or None
        Another network than the one that the estimator's own parameters describe, such as
        ``Convolutional()``.
    shortcut : bool or None
        Let a linear map lead from the rows to the code beside the layers, and one back. They
        start as the principal components while the layers give nothing, and these are kept where
        no epoch does better on held-out rows by more than chance. None decides: where
        reconstructions are judged by squared error and the code is the encoder's output itself,
        but for networks that were given.
    corruption : {names}, Corruption or None
        Noise on the encoder's input, such as ``Masking(0.25)``; the loss is against the clean
        rows. A name takes the level 0.3.
    penalty : Penalty, sequence of Penalty or None
        Added to the loss, beside what the model itself adds, such as ``L1(0.01)``.
    likelihood : {names} or Likelihood
        What reconstructions are judged by, a part such as ``Gaussian("shared")`` or its name.
        "auto" takes Bernoulli for 0 and 1 and for data in [0, 1] of which more than half lie at
        the ends, squared error for all others.
    learning_rate_schedule : {names}
        "cosine" rises over the first twentieth of the updates and then falls to nothing;
        "constant" keeps the rate throughout.
    precision : {names}
        Of the numbers that go into matrix products while training; parameters stay float32.
    """

    network: Architecture | None = parameter(Architecture, None, default=None)
    shortcut: bool | None = parameter("boolean", None, default=None)
    corruption: str | Corruption | None = parameter(
        Named(family=Corruption.members), Corruption, None, default=None
    )
    penalty: Penalty | Sequence[Penalty] | None = parameter(
        Penalty, list, tuple, None, default=None
    )
    likelihood: str | Likelihood = parameter(
        Named("auto", family=Likelihood.members), Likelihood, default="auto"
    )
    learning_rate_schedule: str = parameter(Named(*SCHEDULES), default="cosine")
    precision: str = parameter(Named(*PRECISIONS), default="float32")


@estimator
class DenseParameters:
    """The dense network that an estimator has by itself.

    Parameters
    ----------
    hidden : int, sequence of int or None
        Widths of the encoder's hidden layers from the data to the code, mirrored in the
        decoder. One number tapers: that wide, half as wide, a quarter as wide. None tapers
        from four times the number of features, between 128 and 1,024; ``()`` has no hidden
        layer.
    activation : {names}
        Nonlinearity between layers.
    """

    hidden: int | Sequence[int] | None = parameter(POSITIVE, list, tuple, None, default=None)
    activation: str = parameter(Named(*ACTIVATIONS), default="silu")


@estimator
class MirroredParameters(DenseParameters):
    """A dense network whose decoder mirrors the encoder.

    Parameters
    ----------
    tied_weights : bool
        Let the decoder use the encoder's weights, transposed.
    """

    tied_weights: bool = parameter("boolean", default=False)

    def default_architecture(self) -> Architecture:
        """Give the network that these parameters describe."""
        return Dense(self.hidden, self.activation, self.tied_weights)


@estimator
class CodeParameters:
    """What lies between encoder and decoder.

    Parameters
    ----------
    code : Code or None
        Another code than the encoder's output itself, such as ``TopK(10)``.
    """

    code: Code | None = parameter(Code, None, default=None)

    def _code(self, likelihood: Likelihood) -> Code:
        return Deterministic() if self.code is None else self.code
