#!/usr/bin/env bash
# Install the built wheel into a fresh environment without development tools, and use it.
set -euo pipefail
python=$1
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

.venv/bin/python -m build --wheel --outdir "$work/dist" . >"$work/build.log" 2>&1 ||
  { cat "$work/build.log"; exit 1; }
"$python" -m venv "$work/venv"
"$work/venv/bin/python" -m pip --disable-pip-version-check --quiet install \
  --constraint constraints.txt "$work"/dist/*.whl

cd "$work"
export ISTHMUS_CACHE="$root/.test-run/compiled"
venv/bin/python - <<'CODE'
import numpy as np
generator = np.random.default_rng(0)
np.save("points.npy", generator.normal(size=(500, 2)) @ generator.normal(size=(2, 6)))
CODE
venv/bin/isthmus fit points.npy -o points.isthmus --max-epochs 3 >fit.txt
venv/bin/isthmus encode points.isthmus points.npy -o codes.npy 2>/dev/null
venv/bin/isthmus decode points.isthmus codes.npy -o again.npy 2>/dev/null
venv/bin/python - <<'CODE'
import sys
import numpy as np
again = np.load("again.npy")
assert again.shape == (500, 6) and again.dtype == np.float64, (again.shape, again.dtype)
assert not {"pandas", "polars", "torch"} & set(sys.modules)
CODE
venv/bin/isthmus explore points.isthmus points.npy -o page.html >explore.txt
test -s page.html
test -s points-report/report.html
echo "wheel: fits, encodes and decodes with Python $("$python" -c 'import platform; print(platform.python_version())')"
