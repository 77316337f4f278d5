"""The whole forward pass of scikit-learn's MLPRegressor, beside half of it in `sklearn_mlp`."""

from contenders import sklearn_mlp

PACKAGES = sklearn_mlp.PACKAGES
NOTE = "predict: the decoder's half too"
UNSUPPORTED = dict.fromkeys(
    ("dense", "convolutional", "variational", "linear", "cold"), "is measured for transform alone"
)


def dense(workload, *arguments):
    fitted = sklearn_mlp.dense(workload, *arguments)
    fitted.transform = fitted.reconstruct
    return fitted
