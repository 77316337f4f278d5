"""The networks of the workloads in PyTorch, for contenders that take or need them."""

from itertools import pairwise

from torch import nn


def dense(widths):
    """Give linear layers with ReLU between them."""
    layers = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def convolutional(channels, code):
    """Give an encoder and a decoder of 28 × 28 images whose sides each convolution halves."""
    both = (1, *channels)
    side = 28 // 2 ** len(channels)
    encoder, decoder = [], []
    for before, after in pairwise(both):
        encoder += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()]
    for before, after in pairwise(reversed(both)):
        transposed = nn.ConvTranspose2d(before, after, 3, 2, padding=1, output_padding=1)
        decoder += [nn.ReLU(), transposed]
    n_values = channels[-1] * side**2
    encoder += [nn.Flatten(), nn.Linear(n_values, code)]
    shape = (channels[-1], side, side)
    decoder = [nn.Linear(code, n_values), nn.Unflatten(1, shape), *decoder]
    return nn.Sequential(*encoder), nn.Sequential(*decoder)


def start_as_glorot(network):
    """Draw the weights as Glorot and Bengio do, in place of PyTorch's own smaller ones."""
    for layer in network.modules():
        if hasattr(layer, "weight"):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
