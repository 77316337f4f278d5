import subprocess
import sys

import isthmus

EXPORTS = {
    "AutoencoderClassifier",
    "AutoencoderRegressor",
    "ComponentSweep",
    "Checkpoint",
    "CheckpointError",
    "Consistency",
    "PseudoLabels",
    "VirtualAdversarial",
    "Autoencoder",
    "AuxiliaryTopK",
    "Bernoulli",
    "BoltzmannMachine",
    "Contractive",
    "ContractiveAutoencoder",
    "Convolutional",
    "ConvolutionalAutoencoder",
    "DataError",
    "Dataset",
    "DenoisingAutoencoder",
    "Dense",
    "Deterministic",
    "DiscretizedLogistic",
    "Gaussian",
    "GaussianCode",
    "GaussianNoise",
    "IsthmusError",
    "L1",
    "Linear",
    "LinearAutoencoder",
    "Masking",
    "ModelFileError",
    "SaltAndPepper",
    "SparseAutoencoder",
    "SquaredError",
    "StackedAutoencoder",
    "Swap",
    "TargetActivation",
    "TopK",
    "VariationalAutoencoder",
    "WeightDecay",
    "from_batches",
    "limited_memory",
    "load",
    "read",
    "write_report",
}


def test_exported_names_are_these_and_all_resolve():
    assert set(isthmus.__all__) == EXPORTS
    assert all(getattr(isthmus, name) is not None for name in isthmus.__all__)
    assert set(isthmus.__all__) <= set(dir(isthmus))


def test_unknown_name_is_an_attribute_error():
    assert not hasattr(isthmus, "Autodecoder")


def test_importing_the_package_imports_no_jax():
    code = "import isthmus, isthmus.cli, sys; print('jax' in sys.modules, 'sklearn' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == ["False", "False"]
