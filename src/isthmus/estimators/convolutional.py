"""The convolutional autoencoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from isthmus.fitting.declaration import Named, estimator, parameter
from isthmus.fitting.parameters import POSITIVE, CodeParameters
from isthmus.fitting.pretrained import PretrainedAutoencoder
from isthmus.networks import ACTIVATIONS, Architecture, Convolutional


@final
@estimator
class ConvolutionalAutoencoder(CodeParameters, PretrainedAutoencoder):
    """Convolutional autoencoder, for images and signals.

    Strided convolutions lead to the code, transposed convolutions back; any height and width
    comes back exactly.

    Parameters
    ----------
    n_components : int
        Size of the code.
    channels : sequence of int
        Channels of the encoder's convolutions, each with stride 2; mirrored in the decoder.
    kernel_size : int
        Side of the convolutions' kernels, in pixels.
    hidden : int, sequence of int or None
        Widths of dense layers between the last convolution and the code.
    activation : str
        Nonlinearity between layers, as in `Autoencoder`.

    Notes
    -----
    X has shape ``(n_samples, height, width)``, ``(n_samples, height, width, channels)`` or
    ``(n_samples, length)``; the last is taken for signals of one channel.

    References
    ----------
    Masci, Meier, Cireşan & Schmidhuber (2011), Stacked convolutional auto-encoders for
    hierarchical feature extraction.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import ConvolutionalAutoencoder
    >>> X = load_digits().images[:500] / 16
    >>> model = ConvolutionalAutoencoder(8, channels=(8,), max_epochs=2, random_state=0).fit(X)
    >>> model.reconstruct(X[:3]).shape
    (3, 8, 8)
    """

    n_components: int = parameter(POSITIVE, default=32, kw_only=False)
    channels: Sequence[int] = parameter(list, tuple, default=(32, 64))
    kernel_size: int = parameter(POSITIVE, default=3)
    hidden: int | Sequence[int] | None = parameter(POSITIVE, list, tuple, None, default=())
    activation: str = parameter(Named(*ACTIVATIONS), default="silu")

    def default_architecture(self) -> Architecture:
        return Convolutional(
            self.channels,
            self.kernel_size,
            self.hidden,
            self.activation,
        )
