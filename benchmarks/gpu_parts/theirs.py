"""PyTorch's side of the table: the same network, loss, data on the device and fused Adam."""

import sys
import time
from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional
from work import ROWS, attempt, rows_of, tell

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


def dense(widths):
    """Give linear layers with SiLU between them."""
    layers = []
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


class Plain(nn.Module):
    """Squared error of an encoder and its mirror image."""

    def __init__(self, encoder, decoder):
        super().__init__()
        self.encoder, self.decoder = encoder, decoder

    def forward(self, x):
        return functional.mse_loss(self.decoder(self.encoder(x)), x) * x.shape[1:].numel()


class Variational(nn.Module):
    """Gaussian code, Bernoulli likelihood."""

    def __init__(self, *widths):
        super().__init__()
        self.encoder = dense((*widths[:-1], 2 * widths[-1]))
        self.decoder = dense(widths[::-1])

    def forward(self, x):
        mean, log_variance = self.encoder(x).chunk(2, dim=1)
        z = mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)
        divergence = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(dim=1)
        logits = self.decoder(z)
        loss = functional.binary_cross_entropy_with_logits(logits, x, reduction="none")
        return (loss.sum(dim=1) + divergence).mean()


def convolutional(*widths):
    """Strided convolutions and one dense layer, and back."""
    first, second, code = widths
    encoder = nn.Sequential(
        nn.Conv2d(1, first, 3, stride=2, padding=1), nn.SiLU(),
        nn.Conv2d(first, second, 3, stride=2, padding=1), nn.SiLU(),
        nn.Flatten(), nn.Linear(second * 49, code),
    )  # fmt: skip
    decoder = nn.Sequential(
        nn.Linear(code, second * 49), nn.Unflatten(1, (second, 7, 7)), nn.SiLU(),
        nn.ConvTranspose2d(second, first, 3, 2, padding=1, output_padding=1), nn.SiLU(),
        nn.ConvTranspose2d(first, 1, 3, 2, padding=1, output_padding=1),
    )  # fmt: skip
    return Plain(encoder, decoder)


def network_of(row):
    """Give the network of a row, with its loss."""
    if row.kind == "convolutional":
        return convolutional(*row.widths)
    if row.kind == "variational":
        return Variational(*row.widths)
    return Plain(dense(row.widths), dense(row.widths[::-1]))


class Step:
    """One update by the minibatch whose positions are in `chosen`."""

    def __init__(self, row, data, *, compiled=False):
        torch.manual_seed(0)
        self.network = network_of(row).to(DEVICE)
        self.loss = torch.compile(self.network) if compiled else self.network
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=1e-3, weight_decay=1e-4,
            fused=DEVICE == "cuda", capturable=DEVICE == "cuda",
        )  # fmt: skip
        data = torch.from_numpy(data)
        data = data[:, None] if row.kind == "convolutional" else data.reshape(len(data), -1)
        self.data, self.batch_size = data.to(DEVICE), row.batch_size
        self.half = row.precision == "bfloat16"
        self.chosen = torch.zeros(row.batch_size, dtype=torch.int64, device=DEVICE)
        self.total = torch.zeros((), device=DEVICE)

    def __call__(self):
        x = self.data[self.chosen]
        if x.dtype == torch.uint8:
            x = x.float() / 255
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE, torch.bfloat16, enabled=self.half, cache_enabled=False):
            loss = self.loss(x)
        loss.backward()
        self.optimizer.step()
        self.total += loss.detach()

    def graph(self):
        """Give what replays this update from a CUDA graph."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self()
        return graph.replay

    def epochs(self, update, n_steps):
        """Give seconds per update over whole epochs, as many as make so many updates."""
        steps = len(self.data) // self.batch_size
        done = 0
        synchronize()
        start = time.perf_counter()
        while done < n_steps:
            order = torch.randperm(len(self.data), device=DEVICE)
            for chosen in order[: steps * self.batch_size].view(steps, -1):
                self.chosen.copy_(chosen)
                update()
            self.total.item()  # as an epoch's loss is shown
            done += steps
        synchronize()
        return (time.perf_counter() - start) / done


def synchronize():
    """Wait until the device has done all."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def measure(row, data, how):
    """Give microseconds per update."""
    step = Step(row, data, compiled=how == "compile")
    for _ in range(3):
        step()
    n_steps = row.n_steps if how == "graph" else max(row.n_steps // 5, 60)
    update = step.graph() if how == "graph" else step
    return {"us": 1e6 * step.epochs(update, n_steps)}


def main(names, folder, ways):
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    tell(f"torch {torch.__version__} on {DEVICE}")
    for how in ways:
        for name in names:
            row = ROWS[name]
            attempt(f"torch {how}", name, measure, row, rows_of(row, folder), how)


if __name__ == "__main__":
    main(sys.argv[3:] or list(ROWS), sys.argv[1], sys.argv[2].split(","))
