"""What lies between encoder and decoder."""

from isthmus.models.codes.base import Code
from isthmus.models.codes.batch_top_k import BatchTopK
from isthmus.models.codes.deterministic import Deterministic
from isthmus.models.codes.gaussian import GaussianCode
from isthmus.models.codes.jump_relu import JumpReLU
from isthmus.models.codes.top_k import TopK

__all__ = ["BatchTopK", "Code", "Deterministic", "GaussianCode", "JumpReLU", "TopK"]
