"""The classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, final

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.frozen import FrozenEstimator
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.multiclass import check_classification_targets

from isthmus.errors import DataError, IsthmusError
from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.labels import as_labels, known_labels
from isthmus.fitting.supervised import SHARE, SupervisedAutoencoder
from isthmus.objectives import UNLABELLED, Classes, Corruption, Outcome, Unlabelled

_UNLABELLED = -1


@final
class AutoencoderClassifier(ClassifierMixin, SupervisedAutoencoder):
    """Classifier on an autoencoder's code: the decoder is dropped, everything is fine-tuned.

    The autoencoder learns from all rows, a softmax on its code from those with a label. Rows
    labelled −1 are unlabelled, as elsewhere in scikit-learn; so are gaps: None, NaN, empty text.
    Where −1 and one other label are all there is, both are classes.

    Parameters
    ----------
    autoencoder : autoencoder, FrozenEstimator or None, default=None
        Any of Isthmus. A fitted one is where fine-tuning starts, and stays as it is; an
        unfitted one is fitted on all rows first. None stands for ``DenoisingAutoencoder(64)``.
        Where scikit-learn clones estimators, as in a grid search, wrap a fitted one in
        `sklearn.frozen.FrozenEstimator`, or the clone is fitted anew.
    layer : int or None, default=None
        Put the softmax on this hidden layer, counted from 1, instead of on the code.
    frozen_encoder : bool, default=False
        Train the softmax only.
    layer_decay : float, default=1.0
        Every layer learns at this share of the rate of the layer above it.
    label_smoothing : float, default=0.0
        Share of the probability that the labels spread over all classes.
    corruption : Corruption or None, default=None
        Noise on the rows while their labels are learned, such as ``Masking(0.2)``.
    dropout : float, default=0.0
        Share of every layer's activations that is set to 0 in training.
    reconstruction : float, default=0.0
        Weight at which the autoencoder's own loss over all rows stays in the loss.
    unlabelled : str, Unlabelled, sequence of them, or None, default=None
        What else all rows teach: ``"pseudo_labels"``, ``"consistency"``,
        ``"virtual_adversarial"``, or parts such as ``PseudoLabels(0.9)``.
    batch_size : int, default=128
        Rows in a minibatch. Where unlabelled rows teach, at least a quarter are labelled.
    max_epochs : int or None, default=None
        Passes over the rows that are trained on; None makes about 6,000 updates.
    learning_rate : float, default=1e-3
        Peak of the learning rate.
    weight_decay : float, default=1e-4
        Decoupled weight decay.
    early_stopping : bool, default=False
        Hold labelled rows out, keep the parameters that do best on them, and stop when they
        gain no more.
    validation_fraction : float, default=0.1
        Share of the labelled rows that early stopping holds out.
    patience : int, default=30
        Epochs that early stopping waits.
    random_state : int, RandomState or None, default=None
        Fixes everything that is drawn.
    verbose : bool or None, default=None
        Progress bar; None shows one on a terminal only.

    Attributes
    ----------
    classes_ : ndarray
        The labels.
    model_ : Predictor
        Encoder and softmax.
    history_ : dict of str to list
        Per epoch: "loss", "seconds", with early stopping "validation_loss".
    best_epoch_ : int
        The epoch whose parameters were kept.
    interrupted_ : bool
        Whether Ctrl-C ended the training.
    n_features_in_ : int
        Numbers in one row of X.

    References
    ----------
    Hinton & Salakhutdinov (2006), Reducing the dimensionality of data with neural networks;
    Vincent et al. (2010), Stacked denoising autoencoders; Howard & Ruder (2018), Universal
    language model fine-tuning, section 3.2, for rates that fall from layer to layer.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import Autoencoder, AutoencoderClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> y[300:] = -1  # only 300 of the digits are labelled
    >>> classifier = AutoencoderClassifier(
    ...     Autoencoder(16, hidden=[64], max_epochs=20), max_epochs=50, random_state=0
    ... ).fit(X / 16, y)
    >>> classifier.predict_proba(X[:2] / 16).shape
    (2, 10)
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **SupervisedAutoencoder._parameter_constraints,
        "label_smoothing": [SHARE],
        "unlabelled": [StrOptions(set(UNLABELLED)), Unlabelled, list, tuple, None],
    }

    def __init__(
        self,
        autoencoder: BaseAutoencoder | FrozenEstimator | None = None,
        *,
        layer: int | None = None,
        frozen_encoder: bool = False,
        layer_decay: float = 1.0,
        label_smoothing: float = 0.0,
        corruption: Corruption | None = None,
        dropout: float = 0.0,
        reconstruction: float = 0.0,
        unlabelled: str | Unlabelled | Sequence[str | Unlabelled] | None = None,
        batch_size: int = 128,
        max_epochs: int | None = None,
        learning_rate: float = 1e-3,
        weight_decay: float = 1e-4,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 30,
        random_state: int | np.random.RandomState | None = None,
        verbose: bool | None = None,
    ) -> None:
        self.autoencoder = autoencoder
        self.layer = layer
        self.frozen_encoder = frozen_encoder
        self.layer_decay = layer_decay
        self.label_smoothing = label_smoothing
        self.corruption = corruption
        self.dropout = dropout
        self.reconstruction = reconstruction
        self.unlabelled = unlabelled
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.random_state = random_state
        self.verbose = verbose

    def predict(self, X: Any) -> np.ndarray:
        """Give each row's likeliest class, ``(n_samples,)``."""
        positions = np.argmax(self._outputs(X), axis=1)
        return self.classes_[positions]

    def predict_proba(self, X: Any) -> np.ndarray:
        """Give each class's probability, ``(n_samples, n_classes)``, in the order of `classes_`."""
        outputs = self._outputs(X).astype(np.float64)
        odds = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        return odds / odds.sum(axis=1, keepdims=True)

    def _read_targets(self, y: Any) -> tuple[np.ndarray, np.ndarray]:
        y = as_labels(y)
        known = known_labels(y)
        if not known.any():
            raise DataError("y has no label, only marks of unlabelled rows: label some rows.")
        labels = _plain(y[known])
        check_classification_targets(labels)
        self.classes_, positions = np.unique(labels, return_inverse=True)
        targets = np.full(len(y), _UNLABELLED, np.int32)
        targets[known] = positions
        return targets, np.flatnonzero(known)

    def _outcome_state(self) -> dict[str, Any]:
        return {"classes": self.classes_.tolist(), "dtype": self.classes_.dtype.str}

    def _set_outcome_state(self, state: dict[str, Any]) -> None:
        dtype = np.dtype(state["dtype"])
        if dtype.kind not in "iufbUO" or not state["classes"]:
            raise ValueError("unknown classes")
        self.classes_ = np.array(state["classes"], dtype=dtype)

    def _outcome(self) -> Outcome:
        return Classes(self.label_smoothing)

    @property
    def _n_outputs(self) -> int:
        return len(self.classes_)

    def _unlabelled(self) -> tuple[Unlabelled, ...]:
        given = self.unlabelled
        if given is None:
            return ()
        terms = [given] if isinstance(given, (str, Unlabelled)) else list(given)
        for term in terms:
            if not isinstance(term, Unlabelled) and term not in UNLABELLED:
                raise IsthmusError(
                    f"unlabelled={given!r} holds {term!r}, which is no way of learning from "
                    f"unlabelled rows: name {', '.join(sorted(UNLABELLED))}, or give a part."
                )
        return tuple(UNLABELLED[term]() if isinstance(term, str) else term for term in terms)


def _plain(labels: np.ndarray) -> np.ndarray:
    """Give labels that came as objects the dtype that they have, if it is one."""
    if labels.dtype.kind != "O":
        return labels
    if all(isinstance(label, str) for label in labels):
        return labels
    plain = np.array(labels.tolist())
    return plain if plain.dtype.kind in "iufb" else labels.astype(str).astype(object)
