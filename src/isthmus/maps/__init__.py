"""Maps of data in two dimensions, which place new rows and decode any spot."""

from isthmus.maps.map import Map

__all__ = ["Map"]
