"""What XLA's compilers are told, for every program of this room."""

from __future__ import annotations

# The same seed gives the same bits on the same GPU: no sums in an order of chance, and products
# by what the library recommends for a shape, not by which routine won a race this time. It costs
# two percent of a large network's step, and compiling takes a third less.
_ON_GPU = {"xla_gpu_deterministic_ops": True, "xla_gpu_enable_triton_gemm": False}

OPTIONS = dict(_ON_GPU)
"""For any program."""

OF_LOOPS = {**_ON_GPU, "xla_cpu_copy_insertion_use_region_analysis": True}
"""For loops whose state is large: without the last one, XLA's CPU compiler copies all large
matrices in every step."""
