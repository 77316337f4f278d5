"""The loop by hand in PyTorch, with its loss compiled."""

from functools import partial

from contenders import torch_loop

PACKAGES = torch_loop.PACKAGES
NOTE = f"{torch_loop.NOTE}, torch.compile from an empty cache"

dense = partial(torch_loop.dense, compiled=True)
convolutional = partial(torch_loop.convolutional, compiled=True)
variational = partial(torch_loop.variational, compiled=True)
