"""Where training starts that has linear shortcuts: at the principal components."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np

from isthmus.fitting.rows import RowsInMemory, TrainingRows
from isthmus.models import GaussianCode, Model
from isthmus.networks import ShortcutNetwork
from isthmus.prepare import PrincipalComponents
from isthmus.runs import Processes
from isthmus.training import Plan, Training

# Of the mean variance of a feature: what is left where the components explain all there is.
_LEAST_NOISE = 1e-4


def linear_start(model: Model, rows: TrainingRows) -> Model | None:
    """Let a model start as principal component analysis; None if its network has no shortcuts.

    With a Gaussian code it starts as the probabilistic one.
    """
    network = model.network
    if not isinstance(network, ShortcutNetwork):
        return None
    found = _principal_components(rows, network.n_components)
    if isinstance(model.code, GaussianCode):
        return _probabilistic(model, network, model.code, found)
    return _deterministic(model, network, found)


def kept_from_all_rows(
    training: Training[Model], plan: Plan[Model], rows: TrainingRows
) -> tuple[Training[Model], TrainingRows]:
    """Find a linear start that was kept anew from all rows: none is left to be judged by others.

    Rows that are streamed are too many for a tenth of them to matter, and stay as they are.

    Returns
    -------
    training : Training
        As it was, or with the start found anew.
    rows : TrainingRows
        What was learned from, and what was held out of that.
    """
    start_kept = plan.fallback is not None and training.best_epoch == 0
    if not (start_kept and len(rows.held_out) and isinstance(rows, RowsInMemory)):
        return training, rows
    model = linear_start(training.model, rows.whole)
    return replace(training, model=model), rows.whole


def _principal_components(rows: TrainingRows, n_components: int) -> PrincipalComponents:
    processes = Processes()
    if processes.count == 1:
        return rows.principal_components(n_components)
    content = BytesIO()
    if processes.first:
        np.savez(content, **vars(rows.principal_components(n_components)))
    # Other processors may round otherwise, and all processes of a job must start alike.
    content = BytesIO(processes.from_first(content.getvalue()))
    with np.load(content) as arrays:
        found = dict(arrays)
    return PrincipalComponents(
        found["components"],
        found["singular_values"],
        found["mean"],
        float(found["squared_deviations"]),
        int(found["n_samples"]),
    )


def _deterministic(model: Model, network: ShortcutNetwork, found: PrincipalComponents) -> Model:
    """Start as principal component analysis.

    The components keep their proportions in the code, whose units have a mean variance of 1: the
    layers beside the shortcuts start best with numbers of that size.

    References
    ----------
    Baldi & Hornik (1989), Neural networks and principal component analysis.
    """
    variance = float(np.mean(found.explained_variance))
    scale = np.sqrt(variance) if variance > 0 else 1.0
    mean, encode = found.mean.astype(float), found.components.T / scale
    output = model.likelihood.parameters_at(mean)
    network = network.starting_at(encode, -mean @ encode, found.components * scale, output)
    return replace(model, network=network)


def _probabilistic(
    model: Model, network: ShortcutNetwork, code: GaussianCode, found: PrincipalComponents
) -> Model:
    """Start where the bound is greatest for linear maps and one shared variance.

    With λ the variances along the components U and β the weight of the divergence, that is
    ``x = U (Λ − βσ²)^½ z + noise`` and ``q(z|x) = N((Λ − βσ²)^½ Λ⁻¹ Uᵀ x, βσ² Λ⁻¹)``, where the
    noise has, in each of d features, the variance σ² of which ``(d − βk) σ²`` are all that k
    components leave.

    References
    ----------
    Tipping & Bishop (1999), Probabilistic principal component analysis, equations 7 and 8; Lucas,
    Tucker, Grosse & Norouzi (2019), Don't blame the ELBO! A linear VAE perspective on posterior
    collapse, section 4, for β = 1.
    """
    variances = found.explained_variance.astype(float)
    n_features, k = len(found.mean), len(variances)
    total = found.squared_deviations / max(found.n_samples - 1, 1)
    left = max(total - variances.sum(), 0.0)
    least = _LEAST_NOISE * (total / n_features or 1.0)
    noise = max(left / max(n_features - code.beta * k, 1.0), least)
    hidden = code.beta * noise  # what of a component's variance the code does not tell
    known = np.maximum(variances - hidden, 0.0)
    variances = np.maximum(variances, hidden)
    mean = found.mean.astype(float)
    components = found.components.astype(float)
    encode = components.T * np.sqrt(known) / np.maximum(variances, np.finfo(float).tiny)
    spread = np.zeros(network.n_components)
    if hidden > 0:
        spread[:k] = np.log(hidden / variances)
    shift = np.zeros(network.n_components)
    shift[:k] = -mean @ encode
    network = network.starting_at(
        encode,
        np.concatenate([shift, spread]),
        np.sqrt(known)[:, None] * components,
        model.likelihood.parameters_at(mean),
    )
    return replace(model, network=network, likelihood=model.likelihood.starting_at(noise))
