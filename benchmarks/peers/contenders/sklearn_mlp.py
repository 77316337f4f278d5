"""scikit-learn's MLPRegressor, from the data to the data; codes are half of its forward pass."""

import joblib
import numpy as np
from contend import Fitted
from sklearn.neural_network import MLPRegressor

PACKAGES = ("scikit-learn", "numpy")
NOTE = "ReLU on the code too"
UNSUPPORTED = {
    "convolutional": "has no convolutions",
    "variational": "has no variational model",
    "linear": "is in the other tables",
}


def dense(workload, train, epochs, seed, mark, scratch):
    class Marked(MLPRegressor):
        # scikit-learn calls this once at the end of every epoch.
        def _update_no_improvement_count(self, *arguments):
            super()._update_no_improvement_count(*arguments)
            mark()

    model = Marked(
        hidden_layer_sizes=(*workload.hidden, workload.code, *workload.hidden[::-1]), alpha=0.0,
        batch_size=workload.batch_size, learning_rate_init=workload.learning_rate,
        max_iter=epochs, n_iter_no_change=epochs + 1, random_state=seed,
    )  # fmt: skip
    model.fit(train, train)
    n_layers = len(workload.encoder_widths) - 1

    def transform(x):
        layers = zip(model.coefs_[:n_layers], model.intercepts_[:n_layers], strict=True)
        for weight, bias in layers:
            x = x @ weight
            x += bias
            np.maximum(x, 0, out=x)
        return x

    # A class that a function defines cannot be pickled.
    model.__class__ = MLPRegressor
    return Fitted(model.predict, transform, lambda path: joblib.dump(model, path))
