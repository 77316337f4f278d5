"""The ladder network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, final

import jax
import jax.numpy as jnp
import numpy as np

from isthmus.checks import check_number, is_number
from isthmus.errors import IsthmusError
from isthmus.models import LadderNetwork
from isthmus.models.ladder import Groups, Pass
from isthmus.objectives.unlabelled.base import Unlabelled


@final
@dataclass(frozen=True)
class Ladder(Unlabelled):
    """Ask every layer, down to the rows, to be told from its noisy version and the layer above.

    Labels are learned with noise on the rows and on every layer, and layers are normalized by the
    minibatch's labelled and unlabelled rows, each by their own. A decoder beside them, joined to
    them layer by layer, takes the noise away. When training ends it is dropped, and the means and
    deviations of training rows become part of the weights. Of the autoencoder only preparation,
    widths and activations stay: weights are drawn anew.

    The published figures are of 90,000 updates of six layers. In a few thousand "auto" does
    better: with 1,000 labels of MNIST it errs on 1.6 % of held-out images after 6,000 updates, the
    paper's ladder on 2.4 % after 5,000 with minibatches of 200, as the paper has them. As there,
    half of every minibatch is labelled: of a quarter, means and deviations say too little.

    Parameters
    ----------
    noise : float
        Standard deviation of the noise: of the rows in the prepared scale, and of every layer,
        whose own is 1.
    strengths : sequence of float
        Weights of the mean squared errors: of the rows, of the first layer and so on up; the last
        one holds for all layers above, too.

    References
    ----------
    Rasmus, Valpola, Honkala, Berglund & Raiko (2015), Semi-supervised learning with ladder
    networks, section 4.1 for the weights; Pezeshki, Fan, Brakel, Courville & Bengio (2016),
    Deconstructing the ladder network architecture.
    """

    labelled_share: ClassVar[float] = 0.5

    noise: float = 0.3
    strengths: Sequence[float] = (1000.0, 10.0, 0.1)

    def __post_init__(self) -> None:
        check_number(self, "noise", least=0)
        strengths = np.ravel(np.array(self.strengths, object)).tolist()
        if not strengths or not all(is_number(each) and each >= 0 for each in strengths):
            raise IsthmusError(
                f"{type(self).__name__}(strengths={self.strengths!r}) holds something else than "
                "weights: give numbers of at least 0, the rows' first, such as (1000, 10, 0.1)."
            )
        # Hashable, as all parts are.
        object.__setattr__(self, "strengths", tuple(map(float, strengths)))

    def costs(self, network: LadderNetwork, noisy: Pass, clean: Pass, groups: Groups) -> jax.Array:
        """Give each row's denoising costs: ``(batch,)``."""
        errors = network.denoising_errors(noisy, clean, groups)
        strengths = [self.strengths[min(i, len(self.strengths) - 1)] for i in range(len(errors))]
        return jnp.asarray(strengths) @ jnp.stack(errors)
