#!/usr/bin/env bash
# Test with the lowest versions that pyproject.toml allows, in an environment of their own.
set -euo pipefail
python=$1
root=$(pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$python" -m venv "$work/tools"
"$work/tools/bin/python" -m pip --disable-pip-version-check --quiet install uv
uv="$work/tools/bin/uv"
"$uv" venv --quiet --python "$python" "$work/venv"
"$uv" pip install --quiet --python "$work/venv/bin/python" --resolution lowest-direct --editable .
"$uv" pip freeze --python "$work/venv/bin/python" --exclude-editable | tee "$work/lowest.txt"

# First alone: neither pandas nor polars is among what Isthmus needs.
export ISTHMUS_CACHE="$work/compiled"
cd "$work"
venv/bin/python - <<'CODE'
import numpy as np
generator = np.random.default_rng(0)
points = generator.normal(size=(500, 2)) @ generator.normal(size=(2, 6))
np.save("points.npy", points)
np.savetxt("points.csv", points, "%.6f", ",", header="a,b,c,d,e,f", comments="")
CODE
for data in points.npy points.csv; do
  venv/bin/isthmus fit $data -o points.isthmus --max-epochs 3
  venv/bin/isthmus encode points.isthmus $data -o codes.parquet
  venv/bin/isthmus decode points.isthmus codes.parquet -o "again.${data#*.}"
  venv/bin/isthmus score points.isthmus $data
done 2>told.txt
# Nothing but what the commands themselves tell: a library that warns is too old.
if grep --invert-match --extended-regexp '^[0-9,]+ (codes|rows)' told.txt; then
  echo "The lines above are those of libraries."
  exit 1
fi

cd "$root"
"$uv" pip install --quiet --python "$work/venv/bin/python" --constraint "$work/lowest.txt" \
  pytest pytest-xdist hypothesis pandas polars sybil
# Old libraries may use what newer ones among them are about to drop.
run=("$work/venv/bin/python" -m pytest -p no:cacheprovider -W default::DeprecationWarning
  -W default::PendingDeprecationWarning -W default::FutureWarning)
"${run[@]}" --numprocesses auto --dist loadfile tests/estimators tests/fitting tests/prepare \
  tests/models tests/networks tests/io tests/report tests/cli
