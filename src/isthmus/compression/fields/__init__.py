"""Fields of numbers over space and time, within an error."""

from isthmus.compression.fields.codec import Fields

__all__ = ["Fields"]
