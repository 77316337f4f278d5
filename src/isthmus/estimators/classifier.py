"""The classifier."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets

from isthmus.errors import DataError, IsthmusError
from isthmus.estimators.denoising import DenoisingAutoencoder
from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.labels import UNLABELLED, as_labels, known_labels, tell_unlabelled
from isthmus.fitting.parameters import SHARE
from isthmus.fitting.propagation import NOTHING, Propagated, propagate
from isthmus.fitting.supervised import SupervisedAutoencoder
from isthmus.fitting.teaching import AUTO, Teaching
from isthmus.models import Predictor
from isthmus.objectives import Classes, Outcome, Unlabelled
from isthmus.training import over_rows

_MOST_CHARACTERS = 2**24


@final
@estimator
class AutoencoderClassifier(ClassifierMixin, SupervisedAutoencoder):
    """Classifier on an autoencoder's code: the decoder is dropped, everything is fine-tuned.

    The autoencoder learns from all rows, a softmax on its code from those with a label. Rows
    labelled −1 are unlabelled, as elsewhere in scikit-learn, and a warning tells how many; so are
    gaps: None, NaN, empty text. Where −1 and one other label are all there is, both are classes;
    so is −1 where another label is negative too.

    Parameters
    ----------
    label_smoothing : float
        Share of the probability that the labels spread over all classes.
    unlabelled : {names}, Unlabelled, sequence of them, or None
        What else all rows teach: parts such as ``PseudoLabels(0.9)``, or their names. "auto" asks
        the rows: labels spread to neighbours in the code, and where labels that were hidden bear
        that out, the surest rows are taken as labelled, and virtual adversarial training and the
        classes' shares teach the others. None leaves unlabelled rows to the autoencoder.

    Attributes
    ----------
    classes_ : ndarray
        The labels.

    References
    ----------
    Hinton & Salakhutdinov (2006), Reducing the dimensionality of data with neural networks;
    Vincent et al. (2010), Stacked denoising autoencoders; Howard & Ruder (2018), Universal
    language model fine-tuning, section 3.2, for rates that fall from layer to layer; Zhou,
    Bousquet, Lal, Weston & Schölkopf (2004), Learning with local and global consistency, for
    labels that spread; Miyato, Maeda, Koyama & Ishii (2018), Virtual adversarial training.

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

    label_smoothing: float = parameter(SHARE, default=0.0)
    unlabelled: str | Unlabelled | Sequence[str | Unlabelled] | None = parameter(
        Named("auto", family=Unlabelled.members), Unlabelled, list, tuple, None, default="auto"
    )

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
        tell_unlabelled(y, known)
        labels = _plain(y[known])
        check_classification_targets(labels)
        self.classes_, positions = np.unique(labels, return_inverse=True)
        if len(self.classes_) == 1:
            raise DataError(
                f"y has only one class, {self.classes_.tolist()[0]!r}, where a classifier needs "
                "two or more: label rows of another class."
            )
        targets = np.full(len(y), UNLABELLED, np.int32)
        targets[known] = positions
        return targets, np.flatnonzero(known)

    def _default_autoencoder(self) -> DenoisingAutoencoder:
        return DenoisingAutoencoder(64)

    def _outcome_state(self) -> dict[str, Any]:
        classes = self.classes_.tolist()
        # Text may have been cut out of an array of longer text, and comes back as long as it is.
        text = self.classes_.dtype.kind == "U"
        dtype = np.array(classes).dtype if text else self.classes_.dtype
        return {"classes": classes, "dtype": dtype.str}

    def _set_outcome_state(self, state: dict[str, Any]) -> None:
        classes, dtype = state["classes"], np.dtype(state["dtype"])
        if dtype.kind not in "iufbUO" or not isinstance(classes, list) or not classes:
            raise ValueError("unknown classes")
        if dtype.kind == "U":
            # Every class takes as much as the longest one, and a dtype may name any width.
            if len(classes) * max(map(len, classes)) > _MOST_CHARACTERS:
                raise ValueError("unknown classes")
            dtype = np.dtype(str)
        self.classes_ = np.array(classes, dtype=dtype)
        if self.classes_.ndim != 1:
            raise ValueError("unknown classes")

    def _outcome(self) -> Outcome:
        return Classes(self.label_smoothing)

    @property
    def _n_outputs(self) -> int:
        return len(self.classes_)

    def _teaching(
        self, model: Predictor, matrix: np.ndarray, targets: np.ndarray, others: np.ndarray
    ) -> tuple[Teaching, Propagated]:
        if self.unlabelled != AUTO:
            return Teaching.of(self, matrix, self._terms()), NOTHING
        if not len(others):
            return Teaching.of(self, matrix, labels=targets), NOTHING
        codes = over_rows(Predictor.features, model, matrix)
        propagated = propagate(codes, targets, self._n_outputs, others)
        return Teaching.of(self, matrix, propagated=propagated), propagated

    def _terms(self) -> tuple[Unlabelled, ...]:
        given = self.unlabelled
        if given is None:
            return ()
        terms = [given] if isinstance(given, (str, Unlabelled)) else list(given)
        for term in terms:
            if not isinstance(term, Unlabelled) and term not in Unlabelled.members():
                raise IsthmusError(
                    f"unlabelled={given!r} holds {term!r}, which is no way of learning from "
                    f"unlabelled rows: name {', '.join(Unlabelled.members())}, or give a part."
                )
        return tuple(Unlabelled.named(term) if isinstance(term, str) else term for term in terms)


def _plain(labels: np.ndarray) -> np.ndarray:
    """Give labels that came as objects the dtype that they have, if it is one."""
    if labels.dtype.kind != "O":
        return labels
    if all(isinstance(label, str) for label in labels):
        return labels
    texts = [label for label in labels if isinstance(label, str)]
    if texts:
        other = next(label for label in labels if not isinstance(label, str))
        raise DataError(
            f"y has labels of several types, {texts[0]!r} and {other!r}: write all as text, or all "
            "as numbers."
        )
    plain = np.array(labels.tolist())
    return plain if plain.dtype.kind in "iufb" else labels.astype(str).astype(object)
