"""Bits-back coding: what a variational autoencoder's bound in nats means in bytes.

A row is coded by drawing a code z from q(z|x) *with bits that are on the stack already*, then
putting x under p(x|z) and z under p(z) there. Whoever decodes takes z and x off, and puts back the
bits that z was drawn with. A row so takes ``−log p(x|z) − log p(z) + log q(z|x)``: on average minus
the evidence lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, final

import numpy as np
from scipy.special import ndtr, ndtri

from isthmus.checks import check_number
from isthmus.compression.stack import Stack
from isthmus.compression.varint import read_varint, varint
from isthmus.errors import DataError

_MOST_AXES = 8
# Of the code: buckets of equal mass under the prior. Of their masses under q, and of p(x|z).
_BUCKET_BITS, _POSTERIOR_BITS, _PIXEL_BITS = 12, 24, 16


class HasGaussianCode(Protocol):
    """A fitted `VariationalAutoencoder`."""

    n_components_: int

    def transform(self, X: Any, return_std: bool = ...) -> Any:
        """Give the mean and the standard deviation of q(z|x)."""
        ...

    def inverse_transform(self, Z: Any) -> Any:
        """Give the mean of p(x|z)."""
        ...


@final
@dataclass(frozen=True)
class BitsBack:
    """Code rows of 0 and 1 with a variational autoencoder that was fitted to such rows.

    The bytes are decoded with the same model, on the same kind of machine: products of floats are
    not the same bits on all of them. To keep data, use `compress`.

    Parameters
    ----------
    model : VariationalAutoencoder
        Fitted, with a Bernoulli likelihood.
    batch_size : int, default=16
        Rows that are coded side by side. The codes of the first take as many random bits as they
        can give back, which is what a short file has too much.
    random_state : int, default=0
        Of those bits.

    References
    ----------
    Townsend, Bird & Barber (2019), Practical lossless compression with latent variables using
    bits back coding; Hinton & van Camp (1993), Keeping neural networks simple by minimizing the
    description length of the weights.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from isthmus import VariationalAutoencoder
    >>> X = (load_digits().data[:500] > 7).astype(np.float32)
    >>> model = VariationalAutoencoder(4, hidden=[32], max_epochs=30, random_state=0).fit(X)
    >>> coder = BitsBack(model)
    >>> data = coder.encode(X)
    >>> bool((coder.decode(data) == X).all())
    True
    >>> len(data) < X.size / 8
    True
    """

    model: HasGaussianCode
    batch_size: int = 16
    random_state: int = 0

    def __post_init__(self) -> None:
        check_number(self, "batch_size", least=1, whole=True)

    def encode(self, X: np.ndarray) -> bytes:
        """Give rows of 0 and 1 as bytes: ``(rows, …)``."""
        rows = np.asarray(X)
        if not len(rows) or not np.isin(rows, (0, 1)).all():
            raise DataError("bits-back coding takes rows of 0 and 1: give one or more of such.")
        stack = Stack(min(self.batch_size, len(rows)), self.random_state)
        for start in range(0, len(rows), self.batch_size):
            batch = rows[start : start + self.batch_size]
            means, stds = self._posterior(batch)
            buckets = np.empty(means.shape, np.int64)
            for i in range(means.shape[1]):
                buckets[:, i] = _pop_bucket(stack, means[:, i], stds[:, i])
            ones = self._ones(buckets)
            for pixels, one in zip(batch.reshape(len(batch), -1).T, ones.T, strict=True):
                _push_pixels(stack, pixels.astype(np.int64), one)
            for bucket in buckets.T:
                stack.push(bucket, np.ones_like(bucket), _BUCKET_BITS)
        shape = b"".join(map(varint, (rows.ndim, *rows.shape)))
        return shape + stack.to_bytes()

    def decode(self, data: bytes) -> np.ndarray:
        """Give the rows back, as uint8."""
        n_axes, at = read_varint(data, 0)
        shape = []
        for _ in range(min(n_axes, _MOST_AXES)):
            size, at = read_varint(data, at)
            shape.append(size)
        stack = Stack.from_bytes(data[at:])
        rows = np.empty(shape, np.uint8)
        for start in reversed(range(0, len(rows), self.batch_size)):
            self._decode_batch(stack, rows[start : start + self.batch_size])
        return rows

    def _decode_batch(self, stack: Stack, batch: np.ndarray) -> None:
        n_rows, n_codes = len(batch), self.model.n_components_
        buckets = np.empty((n_rows, n_codes), np.int64)
        for i in reversed(range(n_codes)):
            buckets[:, i] = stack.peek(n_rows, _BUCKET_BITS)
            stack.pop(buckets[:, i], np.ones(n_rows, np.int64), _BUCKET_BITS)
        ones = self._ones(buckets)
        flat = np.empty(ones.shape, np.uint8)
        for i in reversed(range(ones.shape[1])):
            flat[:, i] = _pop_pixels(stack, ones[:, i])
        batch[...] = flat.reshape(batch.shape)
        means, stds = self._posterior(batch)
        for i in reversed(range(n_codes)):
            first, following = _masses(buckets[:, i], means[:, i], stds[:, i])
            stack.push(first, following - first, _POSTERIOR_BITS)

    def _posterior(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        means, stds = self.model.transform(batch.astype(np.float32), return_std=True)
        return np.asarray(means, float), np.asarray(stds, float)

    def _ones(self, buckets: np.ndarray) -> np.ndarray:
        """Give how many slots the value 1 has for each pixel, in the middle of the buckets."""
        z = ndtri((buckets + 0.5) / (1 << _BUCKET_BITS)).astype(np.float32)
        p = np.asarray(self.model.inverse_transform(z), float).reshape(len(z), -1)
        total = 1 << _PIXEL_BITS
        return np.clip(np.rint(p * total), 1, total - 1).astype(np.int64)


def _pop_bucket(stack: Stack, means: np.ndarray, stds: np.ndarray) -> np.ndarray:
    """Take the buckets of a unit of the code off, whose slots are as many as q says."""
    slots = stack.peek(len(means), _POSTERIOR_BITS)
    low = np.zeros(len(means), np.int64)
    for bit in reversed(range(_BUCKET_BITS)):
        higher = low + (1 << bit)
        low = np.where(_below(higher, means, stds) <= slots, higher, low)
    first, following = _masses(low, means, stds)
    stack.pop(first, following - first, _POSTERIOR_BITS)
    return low


def _masses(
    buckets: np.ndarray, means: np.ndarray, stds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    return _below(buckets, means, stds), _below(buckets + 1, means, stds)


def _below(buckets: np.ndarray, means: np.ndarray, stds: np.ndarray) -> np.ndarray:
    """Give the slots of all buckets below some; every bucket has one of its own."""
    edges = ndtri(buckets / (1 << _BUCKET_BITS))
    total, own = 1 << _POSTERIOR_BITS, 1 << _BUCKET_BITS
    return np.floor(ndtr((edges - means) / stds) * (total - own)).astype(np.int64) + buckets


def _push_pixels(stack: Stack, pixels: np.ndarray, ones: np.ndarray) -> None:
    zeros = (1 << _PIXEL_BITS) - ones
    stack.push(np.where(pixels, zeros, 0), np.where(pixels, ones, zeros), _PIXEL_BITS)


def _pop_pixels(stack: Stack, ones: np.ndarray) -> np.ndarray:
    zeros = (1 << _PIXEL_BITS) - ones
    pixels = stack.peek(len(ones), _PIXEL_BITS) >= zeros
    stack.pop(np.where(pixels, zeros, 0), np.where(pixels, ones, zeros), _PIXEL_BITS)
    return pixels
