"""encdr's ENCDR and VENCDR, which PyTorch Lightning trains."""

from contend import Fitted
from encdr import ENCDR
from encdr.encdr import VENCDR
from lightning import Callback

PACKAGES = ("encdr", "lightning", "torch", "numpy")
UNSUPPORTED = {
    "convolutional": "has no convolutions",
    "linear": "has no linear model in closed form",
}


def dense(workload, train, epochs, seed, mark, scratch):
    return _fit(ENCDR, workload, train, epochs, seed, mark, scratch)


def variational(workload, train, epochs, seed, mark, scratch):
    fitted = _fit(VENCDR, workload, train, epochs, seed, mark, scratch)
    fitted.more["note"] = "squared error"
    return fitted


def _fit(kind, workload, train, epochs, seed, mark, scratch):
    class Mark(Callback):
        def on_train_epoch_end(self, trainer, module):
            mark()

    trainer = {
        "accelerator": "cpu", "callbacks": [Mark()], "default_root_dir": scratch,
        "enable_progress_bar": False, "enable_model_summary": False,
    }  # fmt: skip
    model = kind(
        hidden_dims=[*workload.hidden], latent_dim=workload.code, max_epochs=epochs,
        learning_rate=workload.learning_rate, batch_size=workload.batch_size,
        validation_split=0.0, standardize=False, random_state=seed, trainer_kwargs=trainer,
    )  # fmt: skip
    model.fit(train)
    # A class that a function defines cannot be pickled.
    model.trainer_kwargs = {}
    return Fitted(model.predict, model.transform, model.save)
