"""An estimator of one's own: a deep autoencoder that keeps its codes small."""

from typing import final

from isthmus import L1, Dense
from isthmus.fitting.declaration import estimator, parameter
from isthmus.fitting.network import NetworkAutoencoder
from isthmus.fitting.parameters import NOT_NEGATIVE, POSITIVE, DenseParameters
from isthmus.objectives import Objective


@final
@estimator
class ToyAutoencoder(DenseParameters, NetworkAutoencoder):
    """Autoencoder whose codes are small.

    Parameters
    ----------
    n_components : int
        Size of the code.
    strength : float
        Weight of the codes' absolute values in the mean loss per row.
    """

    n_components: int = parameter(POSITIVE, default=3, kw_only=False)
    strength: float = parameter(NOT_NEGATIVE, default=0.5)

    def default_architecture(self):
        return Dense(self.hidden, self.activation)

    def _own_objective(self, n_epochs, n_steps):
        return Objective(penalties=(L1(self.strength),))
