"""Stacks of similar images, exactly."""

from isthmus.compression.images.codec import Images
from isthmus.compression.images.context_mixing import ContextMixing

__all__ = ["ContextMixing", "Images"]
