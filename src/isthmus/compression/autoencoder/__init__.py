"""Rows as the codes of a fitted autoencoder, and what its decoder leaves over."""

from isthmus.compression.autoencoder.codec import AutoencoderCodes

__all__ = ["AutoencoderCodes"]
