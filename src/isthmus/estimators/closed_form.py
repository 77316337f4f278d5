"""The linear autoencoder that principal components make, in float32 or float64."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from isthmus.models import Deterministic, Model, SquaredError
from isthmus.networks.dense import Affine, DenseNetwork
from isthmus.prepare import PrincipalComponents, as_float

_PREFIX = "closed_form."
_PRECISIONS = ({np.dtype(np.float32)}, {np.dtype(np.float64)})


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """Principal components, and by what they are multiplied on the way to the code and back.

    It computes in the precision of the rows or codes that it is given.

    Parameters
    ----------
    principal : PrincipalComponents
        Of the prepared rows.
    encoding, decoding : ndarray, shape (n_components,)
        One number per component.
    """

    principal: PrincipalComponents
    encoding: np.ndarray
    decoding: np.ndarray

    @classmethod
    def of(cls, principal: PrincipalComponents, l2: float, whiten: bool) -> ClosedForm:
        """Give the minimum for this penalty, its codes brought to unit variance if `whiten`.

        Directions in which the rows do not vary get the code 0 then, not rounding blown up.

        References
        ----------
        Kunin, Bloom, Goeva & Seed (2019), Loss landscapes of regularized linear autoencoders,
        theorem 2.
        """
        values = principal.singular_values
        squares = np.maximum(values**2, np.finfo(values.dtype).tiny)
        gains = np.sqrt(np.clip(1 - l2 / squares, 0, None)).astype(values.dtype)
        if not whiten:
            return cls(principal, gains, gains)
        deviations = np.sqrt(principal.explained_variance)
        rounding = np.finfo(values.dtype).eps * max(principal.n_samples, len(principal.mean))
        varies = values > rounding * values.max(initial=0)
        inverse = np.divide(1, deviations, out=np.zeros_like(deviations), where=varies)
        return cls(principal, gains * inverse, gains * deviations)

    @property
    def n_components(self) -> int:
        """Size of the code."""
        return len(self.encoding)

    def encode(self, x: np.ndarray | Iterable[np.ndarray]) -> np.ndarray:
        """Encode prepared rows, in chunks where they come so."""
        weight, mean = self.principal.components.T * self.encoding, self.principal.mean
        codes = []
        for chunk in [x] if isinstance(x, np.ndarray) else x:
            rows = in_floats(chunk)
            code = rows @ weight.astype(rows.dtype)
            code -= (mean @ weight).astype(rows.dtype)
            codes.append(code)
        return np.concatenate(codes) if len(codes) != 1 else codes[0]

    def decode(self, codes: np.ndarray) -> np.ndarray:
        """Decode codes to prepared rows."""
        weight = (self.principal.components * self.decoding[:, None]).astype(codes.dtype)
        rows = codes @ weight
        rows += self.principal.mean.astype(codes.dtype)
        return rows

    def scores(self, x: np.ndarray) -> np.ndarray:
        """Give the negative squared error of every prepared row."""
        rows = in_floats(x)
        residuals = rows - self.decode(self.encode(rows))
        return -np.einsum("ij,ij->i", residuals, residuals)

    def model(self) -> Model:
        """Give the same as a network, in float32."""
        components, mean = self.principal.components, self.principal.mean
        weight = np.ascontiguousarray((components * self.encoding[:, None]).T, np.float32)
        back = np.ascontiguousarray(components * self.decoding[:, None], np.float32)
        encoder = Affine(weight, np.float32(-mean @ weight))
        decoder = Affine(back, np.float32(mean))
        network = DenseNetwork((encoder,), (decoder,), "identity")
        return Model(network, Deterministic(), SquaredError())

    def tensors(self) -> dict[str, np.ndarray]:
        """Give all of it as arrays by name."""
        principal = self.principal
        arrays: dict[str, Any] = {
            "components": principal.components,
            "singular_values": principal.singular_values,
            "mean": principal.mean,
            "squared_deviations": np.float64(principal.squared_deviations),
            "n_samples": np.int64(principal.n_samples),
            "encoding": self.encoding,
            "decoding": self.decoding,
        }
        return {_PREFIX + name: np.ascontiguousarray(array) for name, array in arrays.items()}

    @classmethod
    def from_tensors(
        cls, tensors: Mapping[str, np.ndarray], n_components: int, n_features: int
    ) -> ClosedForm | None:
        """Make it again, None where there is none of it; ValueError where parts do not fit."""
        arrays = {
            name.removeprefix(_PREFIX): array
            for name, array in tensors.items()
            if name.startswith(_PREFIX)
        }
        if not arrays:
            return None
        one = (n_components,)
        shapes = {
            **{"components": (n_components, n_features), "mean": (n_features,)},
            **dict.fromkeys(("singular_values", "encoding", "decoding"), one),
            **dict.fromkeys(("squared_deviations", "n_samples"), arrays["n_samples"].shape),
        }
        for name, shape in shapes.items():
            if arrays[name].shape != shape or not np.isfinite(arrays[name]).all():
                raise ValueError(
                    f"{name} has the wrong shape, or holds something else than numbers"
                )
        squared_deviations = float(arrays.pop("squared_deviations").item())
        n_samples = int(arrays.pop("n_samples").item())
        if {array.dtype for array in arrays.values()} not in _PRECISIONS or n_samples < 1:
            raise ValueError("components of another precision, or of no rows")
        encoding, decoding = arrays.pop("encoding"), arrays.pop("decoding")
        principal = PrincipalComponents(
            **arrays, squared_deviations=squared_deviations, n_samples=n_samples
        )
        return cls(principal, encoding, decoding)


def in_floats(matrix: np.ndarray) -> np.ndarray:
    """Read prepared rows as `as_float` does, but leave float64 as it is."""
    return matrix if matrix.dtype == np.float64 else as_float(matrix)
