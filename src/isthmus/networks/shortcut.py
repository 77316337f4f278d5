"""A linear way beside the layers, from the rows to the code and from the code to the output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import final

import jax
import numpy as np

from isthmus.networks.base import AroundLayers, Disturbance, LayeredNetwork, Network, undisturbed
from isthmus.networks.dense import Affine


@final
class ShortcutNetwork(AroundLayers):
    """Layers, and a linear shortcut around them in both directions, whose results are added.

    Parameters
    ----------
    layers : LayeredNetwork
        What the shortcuts lead around.
    shortcuts : (Affine, Affine or None)
        From the rows to the code, and from the code to the output; None where the decoder was
        dropped.

    References
    ----------
    He, Zhang, Ren & Sun (2016), Deep residual learning for image recognition, equation 2.
    """

    shortcuts: tuple[Affine, Affine | None]

    @property
    def without_shortcuts(self) -> LayeredNetwork:
        return self.layers

    @property
    def n_components(self) -> int:
        """Size of the code."""
        shortcut = self.shortcuts[1]
        assert shortcut is not None
        return shortcut.weight.shape[0]

    def activations(
        self, x: jax.Array, n_layers: int, disturb: Disturbance = undisturbed
    ) -> jax.Array:
        activations = self.layers.activations(x, n_layers, disturb)
        return activations if n_layers < self.n_layers else activations + self.shortcuts[0](x)

    def decode(self, z: jax.Array) -> jax.Array:
        shortcut = self.shortcuts[1]
        assert shortcut is not None
        return self.layers.decode(z) + shortcut(z)

    def starting_at(
        self, encode: np.ndarray, code: np.ndarray, decode: np.ndarray, output: np.ndarray
    ) -> ShortcutNetwork:
        """Give the network whose shortcuts are these maps and whose layers give nothing yet.

        Parameters
        ----------
        encode : array, shape (features, at most code parameters)
            From the rows to the first parameters of the code; the others get nothing of them.
        code : array, shape (at most code parameters,)
            The first parameters of the code of a row of zeros; the others are 0.
        decode : array, shape (at most n_components, at most outputs)
            From the first components to the first outputs.
        output : array, shape (outputs,)
            What a code of 0 gives.
        """
        down, up = self.shortcuts
        assert up is not None
        down_weight, up_weight = np.zeros(down.weight.shape), np.zeros(up.weight.shape)
        down_weight[:, : encode.shape[1]] = encode
        up_weight[: len(decode), : decode.shape[1]] = decode
        bias = np.zeros(len(down.bias))
        bias[: len(code)] = code
        shortcuts = _affine(down_weight, bias), _affine(up_weight, output)
        return replace(self, layers=self.layers.silenced(), shortcuts=shortcuts)

    def without_decoder(self) -> ShortcutNetwork:
        shortcuts = self.shortcuts[0], None
        return replace(self, layers=self.layers.without_decoder(), shortcuts=shortcuts)

    def single_layers(self) -> tuple[Network, ...]:
        return self.layers.single_layers()

    def unrolled(self, layers: Sequence[Network]) -> ShortcutNetwork:
        """Give the network made of such layers, whose shortcuts give nothing yet."""
        shortcuts = jax.tree.map(np.zeros_like, self.shortcuts)
        return replace(self, layers=self.layers.unrolled(layers), shortcuts=shortcuts)


def _affine(weight: np.ndarray, bias: np.ndarray) -> Affine:
    return Affine(np.ascontiguousarray(weight, np.float32), np.asarray(bias, np.float32))
