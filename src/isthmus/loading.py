"""Reading model files, which may hold an estimator of any room."""

# A file names its estimator, so loading needs them all.
import isthmus.estimators
import isthmus.maps  # noqa: F401
from isthmus.fitting.persistence import load

__all__ = ["load"]
