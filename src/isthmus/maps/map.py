"""A map in two dimensions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar, Self, final

import numpy as np

from isthmus.fitting.base import BaseAutoencoder
from isthmus.fitting.declaration import estimator, parameter
from isthmus.fitting.default_epochs import default_epochs
from isthmus.fitting.divergence import warn_of_divergence
from isthmus.fitting.identity import check_hosts, seed_of
from isthmus.fitting.parameters import (
    ABOVE_ZERO,
    POSITIVE,
    SHARE,
    MinibatchParameters,
    ScalingParameters,
    TableParameters,
)
from isthmus.fitting.rows import RowsInMemory, some_rows
from isthmus.fitting.saved import OF_TRAINING, Restorers
from isthmus.fitting.validation import open_dataset
from isthmus.maps.embedding import N_ITERATIONS, embed
from isthmus.maps.landmarks import compare_with_landmarks, find_landmarks
from isthmus.maps.neighbors import nearest_rows
from isthmus.models import Likelihood, Mixed, Model, SquaredError
from isthmus.networks import Architecture, LandmarkNetwork, glorot_uniform
from isthmus.networks.architectures.landmarks import Landmarks
from isthmus.objectives import Masking, Placement
from isthmus.prepare import (
    Preparation,
    PrincipalComponents,
    as_float,
    find_preparation,
    without_gaps,
)
from isthmus.runs import Interruption, Progress, Run
from isthmus.training import AllOnce, ArrayBatches, Plan, Settings, train

_N_COMPONENTS = 2
# Distances between rows of more features are those of so many principal components.
_MOST_COMPARED, _N_PRINCIPAL = 256, 50
_MOST_ROWS = 2**16
_FEW_LANDMARKS, _MOST_LANDMARKS, _ROWS_PER_LANDMARK = 500, 1_200, 1.5
_N_UPDATES, _FEWEST_EPOCHS, _MOST_EPOCHS = 800, 7, 400
_WIDTHS, _SECOND_WIDTH = (128, 400), 256
_DECODER_WIDTHS = (256, 512)
_MASKED, _RECONSTRUCTED = 0.25, 0.25


@final
@estimator
class Map(TableParameters, ScalingParameters, MinibatchParameters, BaseAutoencoder):
    """Map of rows in two dimensions that keeps neighbours together, places new rows and decodes.

    First the rows are laid out so that each is near its neighbours; then an encoder learns to put
    rows there, and a decoder to make rows of any spot. Of more than 65,536 rows as many are laid
    out, drawn by chance, and the encoder places all.

    Parameters
    ----------
    n_neighbors : int
        Rows that each one is to stay close to; more show coarser structure.
    exaggeration : float
        How strongly neighbours attract each other: beyond 1 clusters are tighter and further
        apart, below they spread out.
    n_landmarks : int or None
        Spots between which the encoder chooses. None takes as many as rows up to
        500, then two for three rows up to 1,200.
    batch_size : int
        Rows in a minibatch.
    max_epochs : int or None
        Passes over the data; None makes about 800 updates, in 7 to 400 epochs.
    validation_fraction : float
        Share of the rows held out: laid out too, they judge how encoder and decoder do on rows
        that they have not seen. 0 holds out none.

    Attributes
    ----------
    history_ : dict of str to list of float
        "loss", its terms "placement" (cross-entropy between landmarks) and "reconstruction", the
        same of held-out rows, and "seconds", one entry per epoch.
    best_epoch_ : int
        The epoch whose parameters were kept, counted from 1.
    interrupted_ : bool
        Whether Ctrl-C ended the training.
    n_landmarks_ : int
        Spots between which the encoder chooses.
    n_training_rows_ : int
        Rows that the network learned from; of more than 65,536 some are drawn.

    References
    ----------
    van der Maaten & Hinton (2008), Visualizing data using t-SNE; Damrich, Böhm, Hamprecht & Kobak
    (2023), From t-SNE to UMAP with contrastive learning; van der Maaten (2009), Learning a
    parametric embedding by preserving local structure, and Sainburg, McInnes & Gentner (2021),
    Parametric UMAP, for encoders that learn such maps.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from isthmus import Map
    >>> X = load_iris().data
    >>> iris = Map(random_state=0).fit(X)
    >>> places = iris.transform(X)
    >>> places.shape, iris.inverse_transform(places).shape
    ((150, 2), (150, 4))
    """

    n_neighbors: int = parameter(POSITIVE, default=10, kw_only=False)
    exaggeration: float = parameter(ABOVE_ZERO, default=1.0)
    n_landmarks: int | None = parameter(POSITIVE, None, default=None)
    batch_size: int = parameter(POSITIVE, default=512)
    learning_rate: float = parameter(ABOVE_ZERO, default=7e-3)
    validation_fraction: float = parameter(SHARE, default=0.1)

    _saved: ClassVar[Restorers] = {
        **OF_TRAINING,
        "n_landmarks_": int,
        "n_training_rows_": int,
    }

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn where rows belong.

        Parameters
        ----------
        X : array, pandas or polars frame, path, or Dataset
            Rows; a table's columns may be of every kind, with gaps, and arrays may have more than
            two axes, ``(n_samples, *row_shape)``.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        DataError
            X does not suit.
        """
        self.check_parameters()
        check_hosts(self)
        dataset = open_dataset(self, X, reset=True)
        seed = seed_of(self.random_state)
        preparation = find_preparation(dataset, self.scaling, self.kinds)
        matrix, positions = some_rows(preparation, dataset, _MOST_ROWS, seed)
        rows = RowsInMemory(preparation, matrix, self.validation_fraction, seed)
        with Run(self.verbose) as run, Interruption() as interruption:
            run.begin()
            principal = rows.principal_components(_n_compared(rows.matrix.shape[1]))
            filled = without_gaps(as_float(rows.matrix), principal.mean)
            points = principal.project(filled).astype(np.float32)
            places = self._embed(points, seed, run, interruption)
            plan = self._plan(rows, principal, points, places, seed)
            batches, validation = self._batches(rows, places)
            training = train(plan, batches, run, validation=validation)
            run.end(training.interrupted)
        self.preparation_, self.n_components_ = preparation, _N_COMPONENTS
        self.model_, self.history_ = training.model, training.history
        self.best_epoch_, self.interrupted_ = training.best_epoch, training.interrupted
        self.validation_rows_, self.n_training_rows_ = positions[rows.held_out], rows.n_training
        warn_of_divergence(training, rows)
        return self

    @property
    def takes_gaps(self) -> bool:
        return True

    def _embed(
        self, points: np.ndarray, seed: int, run: Run, interruption: Interruption
    ) -> np.ndarray:
        """Lay the rows out: ``(rows, 2)``."""

        def report(n_done: int) -> None:
            if interruption.requested:
                # Without a layout there is nothing that a network could have learned.
                raise KeyboardInterrupt
            run.stage("layout").report(
                Progress(n_done, N_ITERATIONS, n_done, N_ITERATIONS, None, None, "", len(points))
            )

        start = np.zeros((len(points), _N_COMPONENTS), np.float32)
        known = min(_N_COMPONENTS, points.shape[1])
        start[:, :known] = points[:, :known] / max(float(points[:, 0].std()), 1e-12)
        neighbors = nearest_rows(points, self.n_neighbors)
        return embed(neighbors, start, exaggeration=self.exaggeration, seed=seed, report=report)

    def _plan(
        self,
        rows: RowsInMemory,
        principal: PrincipalComponents,
        points: np.ndarray,
        places: np.ndarray,
        seed: int,
    ) -> Plan[Model]:
        """Say how encoder and decoder learn these places of the rows."""
        generator, layout = np.random.default_rng(seed), rows.preparation.layout
        usual = max(int(rows.n_training / _ROWS_PER_LANDMARK), _FEW_LANDMARKS)
        self.n_landmarks_ = min(self.n_landmarks or min(usual, _MOST_LANDMARKS), rows.n_training)
        training = rows.training
        points, places = points[training], places[training]
        landmarks, sharpness = find_landmarks(places, self.n_landmarks_, seed)
        comparison = compare_with_landmarks(
            principal,
            points,
            places,
            landmarks,
            sharpness,
            _n_compared(rows.matrix.shape[1]),
        )
        model = self._build(
            rows.preparation, self._likelihood(rows), _N_COMPONENTS, glorot_uniform(generator)
        )
        assert isinstance(model.network, LandmarkNetwork)
        output = model.likelihood.parameters_at(rows.mean())
        network = model.network.starting_at(landmarks, sharpness, comparison, output)
        n_epochs = self.max_epochs or default_epochs(
            rows.n_training, self.batch_size, _N_UPDATES, _FEWEST_EPOCHS, _MOST_EPOCHS
        )
        corruption = Masking(_MASKED)
        if layout is not None:
            corruption = corruption.for_columns(layout)
        loss = Placement(corruption, _RECONSTRUCTED)
        settings = Settings(n_epochs, self.learning_rate, seed=seed)
        return Plan(replace(model, network=network), loss, settings)

    def _batches(
        self, rows: RowsInMemory, places: np.ndarray
    ) -> tuple[ArrayBatches, ArrayBatches | None]:
        def batches(positions: np.ndarray) -> ArrayBatches:
            return ArrayBatches(rows.matrix, self.batch_size, AllOnce(positions), places)

        return batches(rows.training), batches(rows.held_out) if len(rows.held_out) else None

    def _likelihood(self, rows: RowsInMemory) -> Likelihood:
        layout = rows.preparation.layout
        return SquaredError() if layout is None else Mixed().for_columns(layout)

    def _architecture(self) -> Architecture:
        return self._architecture_for(self.preparation_, shortcut=False)

    def _architecture_for(self, preparation: Preparation, shortcut: bool) -> Architecture:
        layout, (narrowest, widest) = preparation.layout, _WIDTHS
        width = min(max(4 * preparation.n_features, narrowest), widest)
        told = () if layout is None else layout.first_places
        return Landmarks(
            self.n_landmarks_,
            _n_compared(preparation.n_features),
            (width, _SECOND_WIDTH),
            _DECODER_WIDTHS,
            told,
        )


def _n_compared(n_features: int) -> int:
    """Give in how many principal components rows of so many features are compared."""
    return n_features if n_features <= _MOST_COMPARED else _N_PRINCIPAL
