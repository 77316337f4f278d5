"""Train the network of fields that ships with the package, on fields that are made up.

None of the fields that benchmarks compress is among them: waves of many spectra that drift and
fade, with gusts, thresholds and noise, and the relief and the photographs that matplotlib and
scikit-learn bring. Run ``python benchmarks/fields_network.py`` from the root of the repository;
it takes some minutes and writes the network's file.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.cbook
import numpy as np
from scipy import ndimage
from sklearn.datasets import load_sample_images

from isthmus.compression.fields.closed_loop import encode
from isthmus.compression.fields.fitting import code_length, examples_of
from isthmus.compression.fields.linear import fit_linear, with_noise
from isthmus.compression.fields.predictor import NETWORK_SIZES, UNITS_PER_BIN, Predictor
from isthmus.compression.fields.schedule import Field
from isthmus.compression.integer_network import IntegerNetwork
from isthmus.compression.integer_training import fresh_network, train

N_FIELDS, N_JUDGED, N_EXAMPLES = 200, 40, 8_000
ROUNDS = ((20_000, 5e-3), (20_000, 4e-3), (20_000, 2e-3))
PATH = Path("src/isthmus/compression/fields/network.bin")


def waves(rng: np.random.Generator, n_times: int, shape: tuple[int, int]) -> np.ndarray:
    """Give fields with a random spectrum that drift and fade."""
    size = [2 * n for n in shape]
    ky, kx = np.fft.fftfreq(size[0])[:, None], np.fft.fftfreq(size[1])[None]
    k = np.sqrt((ky * rng.uniform(0.6, 1.6)) ** 2 + kx**2)
    k[0, 0] = 1.0
    power = k ** -rng.uniform(1.0, 3.5) * np.exp(-((k / rng.uniform(0.1, 0.8)) ** 2))
    power[0, 0] = 0.0
    kept = np.exp(-(10 ** rng.uniform(-2.5, 0.5)) * (k / 0.5) ** rng.uniform(0.3, 1.5))
    drift = np.exp(2j * np.pi * (ky * rng.normal() + kx * rng.normal()) * rng.uniform(0, 1))

    def noise() -> np.ndarray:
        return (rng.normal(size=k.shape) + 1j * rng.normal(size=k.shape)) * power

    spectrum, frames = noise(), []
    for _ in range(n_times):
        frames.append(np.fft.ifft2(spectrum).real[: shape[0], : shape[1]])
        spectrum = spectrum * kept * drift + np.sqrt(1 - kept**2) * noise()
    found = np.array(frames)
    return (found - found.mean()) / found.std()


def made_up(rng: np.random.Generator, n_times: int, shape: tuple[int, int]) -> np.ndarray:
    """Give a field of waves, gusts, relief, days and thresholds."""
    found = waves(rng, n_times, shape)
    if rng.random() < 0.5:
        found = found * np.exp(rng.uniform(0.2, 1.2) * waves(rng, n_times, shape))
    if rng.random() < 0.4:
        found = found + rng.uniform(0.2, 2) * waves(rng, 1, shape)
    if rng.random() < 0.4 and n_times > 8:
        day = np.sin(2 * np.pi * np.arange(n_times) / rng.uniform(8, 30))[:, None, None]
        found = found + day * (rng.uniform(0.2, 1) + 0.5 * waves(rng, 1, shape))
    shaped = rng.integers(6)
    if shaped == 0:
        found = np.maximum(found - rng.uniform(-0.5, 1), 0)
    elif shaped == 1:
        found = np.exp(found)
    elif shaped == 2:
        found = np.abs(found)
    if rng.random() < 0.4:
        found = regridded(rng, found)
    if rng.random() < 0.3:
        found = found * np.linspace(0.1, 1, shape[0])[:, None]
    if rng.random() < 0.3:
        found = found + 10 ** rng.uniform(-4, -2) * np.ptp(found) * rng.normal(size=found.shape)
    return found


def regridded(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Give a field interpolated between points of another grid."""
    factors = [1.0, *rng.uniform(1.02, 1.6, 2)]
    finer = ndimage.zoom(values, factors, order=int(rng.choice([1, 3])))
    return finer[:, : values.shape[1], : values.shape[2]]


def real(rng: np.random.Generator) -> np.ndarray:
    """Give a part of a relief or of a photograph."""
    relief = matplotlib.cbook.get_sample_data("jacksboro_fault_dem.npz")["elevation"]
    photographs = load_sample_images().images
    choice = rng.integers(3)
    source = relief if choice == 0 else photographs[choice - 1][..., rng.integers(3)]
    at = [rng.integers(n - 160) for n in source.shape]
    return source[at[0] : at[0] + 160, at[1] : at[1] + 160][None].astype(float)


def drawn(rng: np.random.Generator) -> tuple[np.ndarray, Field]:
    """Draw a field in units of a random promise."""
    kind = rng.random()
    if kind < 0.55:
        n_times = int(rng.choice([24, 48, 64]))
        shape = (int(rng.integers(20, 50)), int(rng.integers(20, 50)))
        values, field = made_up(rng, n_times, shape), Field(1, n_times, *shape)
    elif kind < 0.85:
        shape = (int(rng.integers(90, 200)), int(rng.integers(90, 200)))
        values, field = made_up(rng, 3, shape), Field(3, 1, *shape)
    else:
        values = real(rng)
        field = Field(1, 1, *values.shape[1:])
    error = 10 ** rng.uniform(-4.5, -1.5) * np.ptp(values)
    return values / (2 * error / UNITS_PER_BIN), field


def n_bits_of(
    network: IntegerNetwork, fields: list[tuple[np.ndarray, Field]], known: list[np.ndarray]
) -> float:
    """Give the geometric mean of the bits a value takes, and put what the decoder sees in place."""
    logarithms = []
    for number, (units, field) in enumerate(fields):
        predictor = Predictor(fit_linear(units, known[number], field), network)
        writer, known[number] = encode(predictor, units, field)
        logarithms.append(np.log(writer.n_bits / units.size))
    return float(np.exp(np.mean(logarithms)))


def main() -> None:
    """Train the network, and write it if it is the best on fields that were put aside."""
    rng = np.random.default_rng(20)
    fields = [drawn(rng) for _ in range(N_FIELDS + N_JUDGED)]
    fields, judged = fields[:N_FIELDS], fields[N_FIELDS:]
    known = [with_noise(units) for units, _ in fields]
    network, fewest = fresh_network(NETWORK_SIZES), np.inf
    for n_steps, learning_rate in ROUNDS:
        parts = []
        for number, (units, field) in enumerate(fields):
            predictor = Predictor(fit_linear(units, known[number], field), network)
            parts.append(examples_of(predictor, units, known[number], field, N_EXAMPLES))
        data = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        network = train(
            network,
            code_length,
            data,
            n_steps=n_steps,
            batch_size=4_096,
            learning_rate=learning_rate,
        )
        n_bits = n_bits_of(network, fields, known)
        n_bits_judged = n_bits_of(network, judged, [with_noise(units) for units, _ in judged])
        print(f"{n_bits:.4f} bits a value, {n_bits_judged:.4f} of those put aside", flush=True)
        if n_bits_judged < fewest:
            PATH.write_bytes(network.to_bytes())
            fewest = n_bits_judged


if __name__ == "__main__":
    main()
