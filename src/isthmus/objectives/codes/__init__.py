"""What lies between encoder and decoder."""

from isthmus.objectives.codes.base import Code
from isthmus.objectives.codes.deterministic import Deterministic
from isthmus.objectives.codes.gaussian import GaussianCode
from isthmus.objectives.codes.top_k import TopK

CODES: dict[str, type[Code]] = {
    "deterministic": Deterministic,
    "gaussian": GaussianCode,
    "top_k": TopK,
}

__all__ = ["CODES", "Code", "Deterministic", "GaussianCode", "TopK"]
