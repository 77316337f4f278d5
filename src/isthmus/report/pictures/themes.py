"""The colours of a map, light and dark."""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.colors import Colormap, ListedColormap, to_rgb

from isthmus.report.comparison import MOST_CLASSES

# Told apart by people with any colour vision (Petroff, 2021), lightness included.
_PALETTE = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)
# A name is read, where a dot is only seen: so much of its colour is that of text.
_TEXT_IN_NAMES = 0.35


@dataclass(frozen=True)
class Theme:
    """The colours of a picture.

    Parameters
    ----------
    background, text, quiet, dots : str
        Colours of the ground, of what is read, of frames, and of rows without labels.
    text_in_dots : float
        How much of the colour of text is in those of labels, that all are seen on the ground.
    viridis : tuple of float
        The part of that scale, from 0 to 1, which is seen on the ground.
    """

    background: str
    text: str
    quiet: str
    dots: str
    text_in_dots: float
    viridis: tuple[float, float]

    def palette(self, n_classes: int) -> np.ndarray:
        """Give a colour for each class: ``(classes, 3)``."""
        if n_classes <= len(_PALETTE):
            colours = _PALETTE[:n_classes]
        elif n_classes <= MOST_CLASSES:
            colours = matplotlib.colormaps["tab20"].colors  # pyright: ignore[reportAttributeAccessIssue]
            colours = colours[:n_classes]
        else:
            return np.tile(to_rgb(self.dots), (n_classes, 1))
        return self._towards_text(np.array([to_rgb(c) for c in colours]), self.text_in_dots)

    def scale(self) -> Colormap:
        """Give colours for numbers."""
        viridis = matplotlib.colormaps["viridis"]
        return ListedColormap(viridis(np.linspace(*self.viridis, viridis.N)))

    def for_names(self, colours: np.ndarray) -> np.ndarray:
        """Give colours of dots as those of their names."""
        return self._towards_text(colours, _TEXT_IN_NAMES)

    def shades(self, values: np.ndarray) -> np.ndarray:
        """Give grey values in [0, 1] as colours, from that of the ground to that of text."""
        low, high = np.array(to_rgb(self.background)), np.array(to_rgb(self.text))
        return low + values[..., None] * (high - low)

    def _towards_text(self, colours: np.ndarray, share: float) -> np.ndarray:
        return (1 - share) * colours + share * np.array(to_rgb(self.text))


THEMES = {
    "light": Theme("#ffffff", "#222222", "#6b6b6b", "#0b6e99", 0.0, (0.0, 0.9)),
    "dark": Theme("#14181c", "#eeeeee", "#9aa4ad", "#58b4dd", 0.2, (0.25, 1.0)),
}
