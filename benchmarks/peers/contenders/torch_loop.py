"""A careful loop by hand in PyTorch: one tensor, batches by index, fused Adam."""

import numpy as np
import torch
from contend import Fitted
from contenders import _networks
from torch import nn
from torch.nn import functional

PACKAGES = ("torch", "numpy")
NOTE = "Glorot's initialization"


def dense(workload, train, epochs, seed, mark, scratch, compiled=False):
    torch.manual_seed(seed)
    widths = workload.encoder_widths
    encoder, decoder = _networks.dense(widths), _networks.dense(widths[::-1])

    def loss(x):
        return functional.mse_loss(decoder(encoder(x)), x)

    return _fit(workload, train, epochs, mark, encoder, decoder, loss, compiled)


def convolutional(workload, train, epochs, seed, mark, scratch, compiled=False):
    torch.manual_seed(seed)
    encoder, decoder = _networks.convolutional(workload.channels, workload.code)
    encoder.to(memory_format=torch.channels_last)
    decoder.to(memory_format=torch.channels_last)

    def loss(x):
        return functional.mse_loss(decoder(encoder(x)), x)

    images = train.reshape(-1, 1, 28, 28)
    fitted = _fit(workload, images, epochs, mark, encoder, decoder, loss, compiled)
    reconstruct = fitted.reconstruct
    fitted.reconstruct = lambda x: reconstruct(x.reshape(-1, 1, 28, 28))
    fitted.more["note"] = f"{NOTE}, channels last"
    return fitted


def variational(workload, train, epochs, seed, mark, scratch, compiled=False):
    torch.manual_seed(seed)
    *widths, code = workload.encoder_widths
    encoder, decoder = _networks.dense((*widths, 2 * code)), _networks.dense((code, *widths[::-1]))

    def loss(x):
        mean, log_variance = encoder(x).chunk(2, dim=1)
        z = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        cost = functional.binary_cross_entropy_with_logits(decoder(z), x, reduction="sum")
        divergence = (mean**2 + log_variance.exp() - log_variance - 1).sum() / 2
        return (cost + divergence) / len(x)

    fitted = _fit(workload, train, epochs, mark, encoder, decoder, loss, compiled)

    @torch.inference_mode()
    def reconstruct(x):
        mean = encoder(torch.from_numpy(x))[:, :code]
        return torch.sigmoid(decoder(mean)).numpy()

    fitted.reconstruct = reconstruct
    return fitted


def sparse(workload, train, epochs, seed, mark, scratch, compiled=False):
    """Top-k codes; untied, also the auxiliary loss of Gao et al. (2024) for silent units."""
    torch.manual_seed(seed)
    n_features, n_units, k = workload.n_features, workload.code, workload.k
    encoder, decoder = nn.Linear(n_features, n_units), nn.Linear(n_units, n_features)

    def weights():
        if workload.tied:
            return encoder.weight.T
        return decoder.weight / decoder.weight.norm(dim=0, keepdim=True)

    def keep(activations, k):
        values, units = activations.topk(k, dim=1)
        return torch.zeros_like(activations).scatter(1, units, values)

    def decode(z):
        return functional.linear(z, weights(), decoder.bias)

    def loss(x):
        activations = encoder(x).relu()
        z = keep(activations, k)
        back = decode(z)
        error = functional.mse_loss(back, x)
        silent = (z > 0).sum(dim=0) == 0
        if workload.tied or not silent.any():
            return error
        revived = functional.linear(keep(activations * silent, 2 * k), weights())
        return error + functional.mse_loss(back.detach() + revived, x) / 4

    fitted = _fit(workload, train, epochs, mark, encoder, decoder, loss, compiled)

    @torch.inference_mode()
    def reconstruct(x):
        return decode(keep(encoder(torch.from_numpy(x)).relu(), k)).numpy()

    fitted.reconstruct = reconstruct
    return fitted


def _fit(workload, train, epochs, mark, encoder, decoder, loss, compiled):
    model = nn.ModuleList([encoder, decoder])
    _networks.start_as_glorot(model)
    if compiled:
        loss = torch.compile(loss)
    optimizer = torch.optim.Adam(model.parameters(), lr=workload.learning_rate, fused=True)
    data = torch.from_numpy(np.ascontiguousarray(train))
    for _ in range(epochs):
        for indices in torch.randperm(len(data)).split(workload.batch_size):
            optimizer.zero_grad(set_to_none=True)
            loss(data[indices]).backward()
            optimizer.step()
        mark()

    @torch.inference_mode()
    def reconstruct(x):
        return decoder(encoder(torch.from_numpy(x))).numpy()

    @torch.inference_mode()
    def transform(x):
        return encoder(torch.from_numpy(x)).numpy()

    return Fitted(reconstruct, transform, lambda path: torch.save(model.state_dict(), path))
