"""pythae's AE and VAE, trained by its pipeline."""

import torch
from contend import Fitted
from contenders import _networks
from pythae.models import AE, VAE, AEConfig, VAEConfig
from pythae.models.base.base_utils import ModelOutput
from pythae.models.nn import BaseDecoder, BaseEncoder
from pythae.pipelines import TrainingPipeline
from pythae.trainers import BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback

PACKAGES = ("pythae", "torch", "numpy")
NOTE = "evaluates nothing, keeps the best epoch"
UNSUPPORTED = {"linear": "has no linear model in closed form"}


class Encoder(BaseEncoder):
    def __init__(self, network, variational=False):
        super().__init__()
        self.network, self.variational = network, variational

    def forward(self, x):
        embedding = self.network(x)
        if not self.variational:
            return ModelOutput(embedding=embedding)
        mean, log_variance = embedding.chunk(2, dim=1)
        return ModelOutput(embedding=mean, log_covariance=log_variance)


class Decoder(BaseDecoder):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, z):
        return ModelOutput(reconstruction=self.network(z))


def dense(workload, train, epochs, seed, mark, scratch):
    torch.manual_seed(seed)
    widths = workload.encoder_widths
    encoder, decoder = Encoder(_networks.dense(widths)), Decoder(_networks.dense(widths[::-1]))
    model = AE(AEConfig((widths[0],), workload.code), encoder, decoder)
    return _fit(model, workload, train, epochs, seed, mark, scratch)


def convolutional(workload, train, epochs, seed, mark, scratch):
    torch.manual_seed(seed)
    encoder, decoder = _networks.convolutional(workload.channels, workload.code)
    model = AE(AEConfig((1, 28, 28), workload.code), Encoder(encoder), Decoder(decoder))
    images = train.reshape(-1, 1, 28, 28)
    fitted = _fit(model, workload, images, epochs, seed, mark, scratch)
    reconstruct = fitted.reconstruct
    fitted.reconstruct = lambda x: reconstruct(x.reshape(-1, 1, 28, 28))
    return fitted


def variational(workload, train, epochs, seed, mark, scratch):
    torch.manual_seed(seed)
    *widths, code = workload.encoder_widths
    encoder = Encoder(_networks.dense((*widths, 2 * code)), variational=True)
    decoder = _networks.dense((code, *widths[::-1])).append(torch.nn.Sigmoid())
    config = VAEConfig((widths[0],), code, reconstruction_loss="bce")
    model = VAE(config, encoder, Decoder(decoder))
    return _fit(model, workload, train, epochs, seed, mark, scratch)


def _fit(model, workload, train, epochs, seed, mark, scratch):
    class Mark(TrainingCallback):
        def on_epoch_end(self, training_config, **kwargs):
            mark()

    config = BaseTrainerConfig(
        output_dir=str(scratch / "pythae"), learning_rate=workload.learning_rate, no_cuda=True,
        per_device_train_batch_size=workload.batch_size, num_epochs=epochs, seed=seed,
    )  # fmt: skip
    TrainingPipeline(model, config)(train, callbacks=[Mark()])

    @torch.inference_mode()
    def transform(x):
        return model.encoder(torch.from_numpy(x)).embedding.numpy()

    @torch.inference_mode()
    def reconstruct(x):
        z = model.encoder(torch.from_numpy(x)).embedding
        return model.decoder(z).reconstruction.numpy()

    # The pipeline has already saved the model into its folder.
    return Fitted(reconstruct, transform, lambda path: None)
