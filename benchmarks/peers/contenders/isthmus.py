"""Isthmus, this checkout."""

from contend import Fitted

from isthmus import (
    Autoencoder,
    ConvolutionalAutoencoder,
    LinearAutoencoder,
    SparseAutoencoder,
    VariationalAutoencoder,
)

try:
    from isthmus.runs import ProgressBar
except ImportError:  # an earlier revision
    from isthmus.training import ProgressBar

PACKAGES = ("jax", "numpy", "scikit-learn")


def dense(workload, train, epochs, seed, mark, scratch):
    settings = _settings(workload, epochs, seed) | _plain(Autoencoder)
    model = Autoencoder(workload.code, hidden=workload.hidden, **settings)
    return _fit(model, workload, train, mark)


def convolutional(workload, train, epochs, seed, mark, scratch):
    settings = _settings(workload, epochs, seed) | _plain(ConvolutionalAutoencoder)
    model = ConvolutionalAutoencoder(workload.code, channels=workload.channels, **settings)
    fitted = _fit(model, workload, train.reshape(-1, 28, 28), mark)
    return Fitted(lambda x: model.reconstruct(x.reshape(-1, 28, 28)), save=fitted.save)


def variational(workload, train, epochs, seed, mark, scratch):
    settings = _settings(workload, epochs, seed) | {"likelihood": "bernoulli"}
    model = VariationalAutoencoder(workload.code, hidden=workload.hidden, **settings)
    return _fit(model, workload, train, mark)


def sparse(workload, train, epochs, seed, mark, scratch):
    model = SparseAutoencoder(
        workload.code, k=workload.k, tied_weights=workload.tied, **_settings(workload, epochs, seed)
    )
    return _fit(model, workload, train, mark)


def linear(workload, train, epochs, seed, mark, scratch):
    return Fitted(LinearAutoencoder(workload.code).fit(train).reconstruct)


def _plain(kind):
    """Ask for the network that all contenders have; earlier revisions have no other."""
    return {"shortcut": False} if "shortcut" in kind().get_params() else {}


def _settings(workload, epochs, seed):
    return {
        "activation": "relu", "likelihood": "squared_error", "scaling": "none",
        "batch_size": workload.batch_size, "max_epochs": epochs, "weight_decay": 0.0,
        "learning_rate": workload.learning_rate, "learning_rate_schedule": "constant",
        "early_stopping": False,
        "validation_fraction": 0.0, "random_state": seed, "verbose": False,
    }  # fmt: skip


def _fit(model, workload, train, mark):
    n_steps = -(-len(train) // workload.batch_size)
    marked = set()

    def report(bar, progress):
        # An epoch's end may be reported twice.
        if progress.n_updates % n_steps == 0 and progress.epoch not in marked:
            marked.add(progress.epoch)
            mark()

    # The estimator's own fit, with the clock in the place of the progress bar.
    ProgressBar.__call__ = report
    model.fit(train)
    return Fitted(model.reconstruct, model.transform, lambda path: model.save(f"{path}.isthmus"))
