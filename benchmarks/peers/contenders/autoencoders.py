"""The package autoencoders: its models and its trainer's epochs, without its evaluations."""

import torch
from autoencoders.data.base import TensorSpec
from autoencoders.models.ae import AutoencoderConfig, AutoencoderModel
from autoencoders.models.vae import VariationalAutoencoderConfig, VariationalAutoencoderModel
from autoencoders.training import AETrainer, TrainingConfig, VAETrainer
from contend import Fitted
from torch.utils.data import DataLoader

PACKAGES = ("autoencoders", "torch", "numpy")
UNSUPPORTED = {
    "convolutional": "has convolutions without a dense code",
    "linear": "has no linear model in closed form",
}


def dense(workload, train, epochs, seed, mark, scratch):
    torch.manual_seed(seed)
    first, *others = workload.encoder_widths
    model = AutoencoderModel(
        config=AutoencoderConfig(), sample_spec=TensorSpec((first,)),
        encoder="mlp", encoder_config={"hidden_dims": others},
    )  # fmt: skip
    return _fit(AETrainer, model, workload, train, epochs, seed, mark, scratch)


def variational(workload, train, epochs, seed, mark, scratch):
    torch.manual_seed(seed)
    config = VariationalAutoencoderConfig(
        latent_dim=workload.code, free_bits=0.0, kl_weight=1 / workload.n_features
    )
    hidden = [*workload.hidden]
    model = VariationalAutoencoderModel(
        config=config, sample_spec=TensorSpec((workload.n_features,)),
        encoder="mlp", encoder_config={"hidden_dims": hidden},
        decoder="mlp",
        decoder_config={"hidden_dims": [*hidden[::-1], workload.n_features]},
    )  # fmt: skip
    fitted = _fit(VAETrainer, model, workload, train, epochs, seed, mark, scratch)
    fitted.more["note"] = "squared error, no ReLU before the code"
    return fitted


def _fit(kind, model, workload, train, epochs, seed, mark, scratch):
    config = TrainingConfig(
        output_dir=str(scratch / "autoencoders"), epochs=epochs, seed=seed, device="cpu",
        learning_rate=workload.learning_rate, batch_size=workload.batch_size,
    )  # fmt: skip
    trainer = kind(model, config)
    loader = DataLoader(torch.from_numpy(train), workload.batch_size, shuffle=True)
    for epoch in range(epochs):
        trainer.on_epoch_start(epoch + 1)
        trainer.train_epoch(loader)
        mark()
    model.eval()

    @torch.inference_mode()
    def transform(x):
        return model.encode(torch.from_numpy(x)).numpy()

    @torch.inference_mode()
    def reconstruct(x):
        return model.reconstruct(torch.from_numpy(x)).numpy()

    return Fitted(reconstruct, transform, model.save_pretrained)
