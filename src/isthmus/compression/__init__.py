"""Files that get smaller and come back: the same bits, or within an error that was stated."""

from isthmus.compression.archive import Archive
from isthmus.compression.autoencoder import AutoencoderCodes
from isthmus.compression.bits_back import BitsBack
from isthmus.compression.codec import Codec
from isthmus.compression.compressing import compress, decompress
from isthmus.compression.compressor import Compressor
from isthmus.compression.fields import Fields
from isthmus.compression.images import ContextMixing, Images
from isthmus.compression.packed_bytes import Xz, Zstandard
from isthmus.compression.pcodec_numbers import Pcodec
from isthmus.compression.quantized import Quantized
from isthmus.compression.report import Compression
from isthmus.compression.stored import Stored
from isthmus.compression.table.network import BayesianNetwork

__all__ = [
    "Archive",
    "AutoencoderCodes",
    "BayesianNetwork",
    "BitsBack",
    "Codec",
    "Compression",
    "Compressor",
    "ContextMixing",
    "Fields",
    "Images",
    "Pcodec",
    "Quantized",
    "Stored",
    "Xz",
    "Zstandard",
    "compress",
    "decompress",
]
