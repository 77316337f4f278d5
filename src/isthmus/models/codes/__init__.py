"""What lies between encoder and decoder."""

from isthmus.models.codes.base import Code
from isthmus.models.codes.deterministic import Deterministic
from isthmus.models.codes.gaussian import GaussianCode
from isthmus.models.codes.top_k import TopK

CODES: dict[str, type[Code]] = {
    "deterministic": Deterministic,
    "gaussian": GaussianCode,
    "top_k": TopK,
}

__all__ = ["CODES", "Code", "Deterministic", "GaussianCode", "TopK"]
