"""ClustPy's feed-forward and variational autoencoders."""

import sys
from unittest.mock import MagicMock

# ClustPy imports torchvision for data sets and augmentations, and uses neither here.
for name in ("", ".models", ".models._api", ".models.resnet", ".transforms"):
    sys.modules[f"torchvision{name}"] = MagicMock()

import torch  # noqa: E402
from clustpy.deep.neural_networks import (  # noqa: E402
    FeedforwardAutoencoder,
    VariationalAutoencoder,
)
from contend import Fitted  # noqa: E402

PACKAGES = ("clustpy", "torch", "numpy")
UNSUPPORTED = {
    "convolutional": "has ResNets only",
    "linear": "has no linear model in closed form",
}


def dense(workload, train, epochs, seed, mark, scratch):
    model = _fit(FeedforwardAutoencoder, workload, train, epochs, seed, mark)

    @torch.inference_mode()
    def reconstruct(x):
        return model(torch.from_numpy(x)).numpy()

    return Fitted(reconstruct, model.transform, lambda path: model.save_parameters(str(path)))


def variational(workload, train, epochs, seed, mark, scratch):
    model = _fit(VariationalAutoencoder, workload, train, epochs, seed, mark)

    @torch.inference_mode()
    def reconstruct(x):
        mean, _ = model.encode(torch.from_numpy(x))
        return model.decode(mean).numpy()

    return Fitted(reconstruct, more={"note": "squared error"})


def _fit(kind, workload, train, epochs, seed, mark):
    n_begun = 0

    class Marked(kind):
        # fit calls this once at the start of every epoch.
        def train(self, mode=True):
            nonlocal n_begun
            if mode:
                if n_begun:
                    mark()
                n_begun += 1
            return super().train(mode)

    model = Marked([*workload.encoder_widths], activation_fn=torch.nn.ReLU, random_state=seed)
    settings = {"lr": workload.learning_rate}
    model.fit(epochs, settings, batch_size=workload.batch_size, data=train)
    mark()
    return model
