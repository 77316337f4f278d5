"""PyOD's AutoEncoder and VAE."""

import torch
from contend import Fitted
from pyod.models.auto_encoder import AutoEncoder
from pyod.models.vae import VAE

PACKAGES = ("pyod", "torch", "numpy")
NOTE = "ReLU on the code too, drops the last short batch"
UNSUPPORTED = {
    "convolutional": "has no convolutions",
    "linear": "has no linear model in closed form",
}


def dense(workload, train, epochs, seed, mark, scratch):
    class Marked(AutoEncoder):
        def epoch_update(self):
            mark()

    widths = [*workload.hidden, workload.code]
    model = Marked(hidden_neuron_list=widths, batch_norm=False, **_settings(workload, epochs, seed))
    model.fit(train)

    @torch.inference_mode()
    def transform(x):
        return model.model.encoder(torch.from_numpy(x)).numpy()

    @torch.inference_mode()
    def reconstruct(x):
        return model.model(torch.from_numpy(x)).numpy()

    return Fitted(reconstruct, transform, lambda path: _save(model, AutoEncoder, path))


def variational(workload, train, epochs, seed, mark, scratch):
    class Marked(VAE):
        def epoch_update(self):
            mark()

    model = Marked(
        encoder_neuron_list=[*workload.hidden], decoder_neuron_list=[*workload.hidden[::-1]],
        latent_dim=workload.code, output_activation_name="sigmoid",
        **_settings(workload, epochs, seed),
    )  # fmt: skip
    model.fit(train)

    @torch.inference_mode()
    def reconstruct(x):
        mean, _ = model.model.encode(torch.from_numpy(x))
        return model.model.decode(mean).numpy()

    more = {"note": "squared error, drops the last short batch"}
    return Fitted(reconstruct, save=lambda path: _save(model, VAE, path), more=more)


def _settings(workload, epochs, seed):
    return {
        "lr": workload.learning_rate, "epoch_num": epochs, "batch_size": workload.batch_size,
        "dropout_rate": 0.0, "preprocessing": False, "optimizer_params": {"weight_decay": 0.0},
        "random_state": seed, "verbose": 0, "device": torch.device("cpu"),
    }  # fmt: skip


def _save(model, kind, path):
    # A class that a function defines cannot be pickled.
    model.__class__ = kind
    model.save(path)
