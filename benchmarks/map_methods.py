"""One method of drawing maps: reads a task from a file, lays rows out, places new ones, and tells.

It runs in the environment of the method, alone in its process: ``map_methods.py TASK.npz OUT.npz``.
"""

import sys
import time
from importlib.metadata import version

import numpy as np


class Clock:
    def __enter__(self):
        self._cpu, self._wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_):
        self.cpu, self.wall = time.process_time() - self._cpu, time.perf_counter() - self._wall


def isthmus_of(name):
    def make(seed, scaling):
        import isthmus

        return getattr(isthmus, name)(random_state=seed, scaling=scaling)

    return make


def umap(seed, scaling):
    import umap

    return umap.UMAP()  # with a seed it would use one processor


def pca(seed, scaling):
    from sklearn.decomposition import PCA

    return PCA(2)


def tsne(seed, scaling):
    from sklearn.manifold import TSNE

    return TSNE(random_state=seed)


def open_tsne(seed, scaling):
    from openTSNE import TSNE

    return TSNE(random_state=seed, n_jobs=2)


def parametric_pacmap(seed, scaling):
    from parampacmap import ParamPaCMAP

    return ParamPaCMAP(seed=seed)


METHODS = {
    "Isthmus, Map": (isthmus_of("Map"), "isthmus"),
    "Isthmus, Autoencoder": (isthmus_of("Autoencoder"), "isthmus"),
    "PCA": (pca, "scikit-learn"),
    "UMAP": (umap, "umap-learn"),
    "t-SNE": (tsne, "scikit-learn"),
    "openTSNE": (open_tsne, "openTSNE"),
    "ParamPaCMAP": (parametric_pacmap, "parampacmap"),
}


def main(task, out):
    with np.load(task, allow_pickle=False) as given:
        seen, new, seed, method = (given[k] for k in ("seen", "new", "seed", "method"))
        scaling = str(given["scaling"])
    make, library = METHODS[str(method)]
    told = {"version": f"{library} {version(library)}"}
    with Clock() as fitting:
        model = make(int(seed), scaling)
        if str(method) == "openTSNE":
            model = model.fit(seen)
            places = np.asarray(model)
        else:
            places = model.fit_transform(seen)
    told |= {"places": places, "fit_cpu": fitting.cpu, "fit_wall": fitting.wall}
    if hasattr(model, "transform"):
        with Clock() as placing:
            landed = np.asarray(model.transform(new))
        told |= {"landed": landed, "new_cpu": placing.cpu, "new_wall": placing.wall}
        if hasattr(model, "inverse_transform") and str(method) != "UMAP":
            back = np.asarray(model.inverse_transform(landed), np.float64)
            told["error"] = np.mean((back - new) ** 2)
    np.savez(out, **told)


if __name__ == "__main__":
    main(*sys.argv[1:])
