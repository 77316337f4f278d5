"""Convolutions over images with channels last, as matrix products or as the device has them.

Weights are matrices ``(kernel height · kernel width · channels in, channels out)`` either way.
"""

from __future__ import annotations

from functools import partial
from typing import TypeAlias

import jax
import jax.numpy as jnp
from jax import lax

from isthmus.networks.precision import product, rounded

Pair: TypeAlias = tuple[int, int]


def convolve(
    x: jax.Array, weight: jax.Array, kernel: Pair, stride: Pair, *, native: bool = False
) -> jax.Array:
    """Slide a kernel over images, zeros around them.

    Parameters
    ----------
    x : array, shape (batch, height, width, channels in)
        Images.
    weight : array, shape (kernel height · kernel width · channels in, channels out)
        The kernel.
    kernel, stride : pair of int
        Along height and width.
    native : bool
        Whether to leave it to the device's own convolution. Inside a compiled loop, as in
        training, XLA's takes over ten times as long on CPU as matrix products (outside one it does
        not), and cuDNN's takes on GPUs four times as long in bfloat16 as in float32.

    Returns
    -------
    array, shape (batch, ⌈height / stride⌉, ⌈width / stride⌉, channels out)
    """
    if not native:
        return product(_patches(x, kernel, stride), weight)
    y = lax.conv_general_dilated(
        rounded(x),
        rounded(weight).reshape(*kernel, x.shape[3], -1),
        stride,
        _paddings(x, kernel, stride),
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return y.astype(x.dtype)


def convolve_back(
    x: jax.Array,
    weight: jax.Array,
    kernel: Pair,
    stride: Pair,
    size: Pair,
    *,
    native: bool = False,
) -> jax.Array:
    """Transposed convolution: the adjoint of `convolve`, from its outputs to its inputs.

    Parameters
    ----------
    x : array, shape (batch, ⌈height / stride⌉, ⌈width / stride⌉, channels in)
        Coarse images.
    weight : array, shape (channels in, kernel height · kernel width · channels out)
        The kernel.
    kernel, stride : pair of int
        Along height and width.
    size : pair of int
        Height and width to come back to.
    native : bool
        As in `convolve`.

    Returns
    -------
    array, shape (batch, height, width, channels out)
    """
    n_channels = weight.shape[1] // (kernel[0] * kernel[1])
    fine = jax.ShapeDtypeStruct((len(x), *size, n_channels), x.dtype)
    if native:
        there = partial(convolve, weight=weight.T, kernel=kernel, stride=stride, native=True)
    else:
        there, x = partial(_patches, kernel=kernel, stride=stride), product(x, weight)
    (image,) = jax.linear_transpose(there, fine)(x)
    return image


def _patches(x: jax.Array, kernel: Pair, stride: Pair) -> jax.Array:
    """Gather what lies under the kernel: ``(batch, out height, out width, weights per unit)``.

    Images are split by their places modulo the stride. Strided slices would give the same, but
    the derivative of each writes a whole image: a training step takes a quarter longer.
    """
    padding = _paddings(x, kernel, stride)
    counts = [-(-size // step) for size, step in zip(x.shape[1:3], stride, strict=True)]
    coarse = [n + (k - 1) // s for n, k, s in zip(counts, kernel, stride, strict=True)]
    n_images, *sizes, n_channels = x.shape
    around = [
        (before, n * step - before - size)
        for (before, _), n, step, size in zip(padding, coarse, stride, sizes, strict=True)
    ]
    x = jnp.pad(x, [(0, 0), *around, (0, 0)])
    x = x.reshape(n_images, coarse[0], stride[0], coarse[1], stride[1] * n_channels)
    parts = [
        lax.split(rows[:, :, 0], [n_channels] * stride[1], axis=3)
        for rows in lax.split(x, [1] * stride[0], axis=2)
    ]
    return jnp.concatenate(
        [
            parts[dy % stride[0]][dx % stride[1]][
                :,
                dy // stride[0] : dy // stride[0] + counts[0],
                dx // stride[1] : dx // stride[1] + counts[1],
            ]
            for dy in range(kernel[0])
            for dx in range(kernel[1])
        ],
        axis=3,
    )


def _paddings(x: jax.Array, kernel: Pair, stride: Pair) -> list[Pair]:
    return [_padding(*sizes) for sizes in zip(x.shape[1:3], kernel, stride, strict=True)]


def _padding(size: int, kernel: int, stride: int) -> Pair:
    """Zeros before and after, so that the output has ⌈size / stride⌉ places."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
