"""Tables in Markdown from the results of all runs."""

import numpy as np
from workloads import WORKLOADS

TITLES = {
    "small-256": "Small table, batches of 256",
    "small-64": "Small table, batches of 64",
    "wide": "Wide table",
    "convolutional": "Convolutional",
    "variational": "Variational",
    "transform": "Codes of a million rows",
    "linear": "Linear",
    "cold": "A whole process: import, compile, train, save",
}
UNITS = {"transform": "s / call", "linear": "s / fit", "cold": "s / process"}
OURS, LIMIT = "isthmus", "limit"


def summary(result):
    """Say in a few words how one run went."""
    for way in ("unsupported", "failed"):
        if way in result:
            return f"{way}: {result[way]}"
    error = f", error {result['error']:.4f}" if "error" in result else ""
    return f"{result['seconds']:.4g} s, first {result['first']:.3g} s{error}"


def document(results):
    """Give everything as one page of Markdown."""
    machine, runs = results["machine"], results["workloads"]
    parts = ["# Isthmus beside its peers"]
    if results["quick"]:
        parts.append("A quick run, to see that everything works: do not quote its figures.")
    parts += [table(name, contenders) for name, contenders in runs.items()]
    parts.append(
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, Python "
        f"{machine['python']}; Isthmus at {machine['isthmus']}; images: {machine['images']}; "
        f"load at the start: {machine['load']}."
    )
    parts.append(f"Versions: {_versions(runs)}.")
    return "\n\n".join(parts) + "\n"


def table(name, contenders):
    """Give the table of one workload, the fastest first."""
    measured = {who: runs for who, runs in contenders.items() if "seconds" in runs[-1]}
    limit = measured.pop(LIMIT, None)
    header = ["contender", UNITS.get(name, "s / epoch"), "rival / Isthmus"]
    header += ["first", "CPU s", "held-out error", "peak MiB", "note"]
    kind = WORKLOADS[name].kind
    lines = [f"## {TITLES[name]}", "", _row(header), _row(["---"] * len(header))]
    for who, runs in sorted(measured.items(), key=lambda item: _median(item[1], "seconds")):
        # A whole process has no first epoch of its own.
        first = "" if kind in ("cold", "linear") else f"{_median(runs, 'first'):.2f}"
        error = f"{_median(runs, 'error'):.4f}" if "error" in runs[0] else ""
        cells = [who, _with_quartiles(runs), _ratio(runs, measured.get(OURS))]
        cells += [first, f"{_median(runs, 'cpu_seconds'):.4g}", error]
        lines.append(_row([*cells, f"{_median(runs, 'peak_mib'):.0f}", runs[0]["note"]]))
    if limit:
        lines += ["", _limit(limit, measured.get(OURS))]
    for way, words in (("unsupported", "Not here"), ("failed", "Failed")):
        reasons = [
            f"{who} ({runs[-1][way]})"
            for who, runs in contenders.items()
            if way in runs[-1] and who != LIMIT
        ]
        if reasons:
            lines += ["", f"{words}: {', '.join(reasons)}."]
    return "\n".join(lines)


def _limit(limit, ours):
    seconds, rate = _median(limit, "seconds"), _median(limit, "operations_per_second")
    products = limit[0]["operations"] / seconds
    text = (
        f"The same matrix products alone: {seconds:.4g} s, {products / 1e9:.1f} GFLOP/s, "
        f"{products / rate:.0%} of the {rate / 1e9:.0f} GFLOP/s of one large product."
    )
    if ours:
        share = seconds / _median(ours, "seconds")
        text += f" Isthmus computes at {share:.0%} of their speed, {share * products / rate:.0%} "
        text += "of that of one large product."
    return text


def _row(cells):
    return "| " + " | ".join(cells) + " |"


def _values(runs, name):
    return np.array([run[name] for run in runs if name in run])


def _median(runs, name):
    return float(np.median(_values(runs, name)))


def _with_quartiles(runs):
    low, middle, high = np.percentile(_values(runs, "seconds"), (25, 50, 75))
    return f"{middle:.4g}" if len(runs) == 1 else f"{middle:.4g} ({low:.3g}–{high:.3g})"


def _ratio(runs, ours):
    if not ours or runs is ours:
        return ""
    ratio = _median(runs, "seconds") / _median(ours, "seconds")
    # Runs of the same turn had the same neighbours.
    pairs = [a["seconds"] / b["seconds"] for a, b in zip(runs, ours, strict=False)]
    spread = f" ({min(pairs):.2f}–{max(pairs):.2f})" if len(pairs) > 1 else ""
    return f"{ratio:.2f}{spread}"


def _versions(workloads):
    versions = {}
    for contenders in workloads.values():
        for runs in contenders.values():
            for name, version in runs[-1].get("versions", {}).items():
                versions.setdefault(name, set()).add(version)
    return ", ".join(f"{name} {' and '.join(sorted(versions[name]))}" for name in sorted(versions))
