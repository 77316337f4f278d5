"""Stacks of similar images, exactly."""

from isthmus.compression.images.codec import Images

__all__ = ["Images"]
