"""One environment for each library, made on first use from the file in `requirements/`.

Every file names all that is installed, so nothing is resolved; what Isthmus needs is named in its
own files. Those that need PyTorch see the one in the environment ``torch`` through a path file,
for it is large.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TORCH_INDEX = "https://download.pytorch.org/whl/cpu"
WITHOUT_TORCH = {"isthmus", "torch", "keras_jax", "scikit_learn"}
# encdr asks for Python 3.12 and does not need it.
EXTRA_OPTIONS = {"encdr": ["--ignore-requires-python"]}


def ensure(name, folder, torch_index=TORCH_INDEX):
    """Make the environment unless it is there as its file asks, and give its Python."""
    if name not in WITHOUT_TORCH:
        ensure("torch", folder, torch_index)
    if name == "isthmus":
        files = [ROOT / "constraints.txt", ROOT / "pyproject.toml"]
        what = ["--constraint", ROOT / "constraints.txt", "--editable", ROOT]
    else:
        files = [HERE / "requirements" / f"{name}.txt"]
        what = ["--no-deps", *EXTRA_OPTIONS.get(name, []), "--requirement", files[0]]
    wanted = "".join(file.read_text() for file in files)
    place, mark = folder / name, folder / f"{name}.made"
    python = _python(place)
    if mark.exists() and mark.read_text() == wanted:
        return python
    print(f"Making the environment {name} (once) …", file=sys.stderr, flush=True)
    mark.unlink(missing_ok=True)
    shutil.rmtree(place, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", place], check=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    if name == "torch":
        # Elsewhere than on this index PyTorch brings gigabytes for GPUs.
        torch = next(line for line in wanted.split() if line.startswith("torch=="))
        subprocess.run([*pip, "--no-deps", "--index-url", torch_index, torch], check=True)
    subprocess.run([*pip, *what], check=True)
    if name not in WITHOUT_TORCH:
        (_packages(python) / "torch.pth").write_text(f"{_packages(_python(folder / 'torch'))}\n")
    mark.write_text(wanted)
    return python


def _python(place):
    return place / ("Scripts" if os.name == "nt" else "bin") / "python"


def _packages(python):
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.check_output([python, "-c", code], text=True).strip())
