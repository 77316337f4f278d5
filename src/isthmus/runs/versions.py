"""What computes: another version of these may round otherwise, or draw other numbers."""

from __future__ import annotations

import jax
from jaxlib import version as jaxlib_version

from isthmus.version import __version__

# Read once: what is installed may change while a run goes on.
VERSIONS = {
    "isthmus": __version__,
    "jax": jax.__version__,
    "jaxlib": jaxlib_version.__version__,
}
