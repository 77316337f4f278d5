"""Keras 3; the modules that import this have chosen the backend."""

import keras
from contend import Fitted
from keras import layers, ops

PREDICT_ROWS = 8_192


class Sample(layers.Layer):
    """Draw a code around its mean, and add the divergence to the loss."""

    def __init__(self, seed):
        super().__init__()
        self.random = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        mean, log_variance = ops.split(inputs, 2, axis=1)
        divergence = ops.sum(ops.square(mean) + ops.exp(log_variance) - log_variance - 1, axis=1)
        self.add_loss(ops.mean(divergence) / 2)
        if not training:
            return mean
        noise = keras.random.normal(ops.shape(mean), seed=self.random)
        return mean + ops.exp(log_variance / 2) * noise


def dense(workload, train, epochs, seed, mark, scratch):
    keras.utils.set_random_seed(seed)
    widths = workload.encoder_widths
    encoder, decoder = _dense(widths), _dense(widths[::-1])
    return _fit(workload, train, epochs, mark, encoder, decoder, "mse")


def convolutional(workload, train, epochs, seed, mark, scratch):
    keras.utils.set_random_seed(seed)
    side = 28 // 2 ** len(workload.channels)

    def convolve(kind, channels, activation="relu"):
        return kind(channels, 3, strides=2, padding="same", activation=activation)

    encoder = keras.Sequential(
        [keras.Input((28, 28, 1))]
        + [convolve(layers.Conv2D, channels) for channels in workload.channels]
        + [layers.Flatten(), layers.Dense(workload.code)]
    )
    decoder = keras.Sequential(
        [keras.Input((workload.code,))]
        + [layers.Dense(side**2 * workload.channels[-1], activation="relu")]
        + [layers.Reshape((side, side, workload.channels[-1]))]
        + [convolve(layers.Conv2DTranspose, n) for n in workload.channels[-2::-1]]
        + [convolve(layers.Conv2DTranspose, 1, None)]
    )
    images = train.reshape(-1, 28, 28, 1)
    fitted = _fit(workload, images, epochs, mark, encoder, decoder, "mse")
    reconstruct = fitted.reconstruct
    fitted.reconstruct = lambda x: reconstruct(x.reshape(-1, 28, 28, 1))
    return fitted


def variational(workload, train, epochs, seed, mark, scratch):
    keras.utils.set_random_seed(seed)
    *widths, code = workload.encoder_widths
    encoder = _dense((*widths, 2 * code))
    encoder.add(Sample(seed))
    decoder = _dense((code, *widths[::-1]))

    def cost(x, logits):
        each = ops.binary_crossentropy(x, logits, from_logits=True)
        return ops.sum(each, axis=1)

    fitted = _fit(workload, train, epochs, mark, encoder, decoder, cost)
    reconstruct = fitted.reconstruct
    fitted.reconstruct = lambda x: ops.convert_to_numpy(ops.sigmoid(reconstruct(x)))
    return fitted


def _dense(widths):
    first, *hidden, last = widths
    network = [layers.Dense(width, activation="relu") for width in hidden]
    return keras.Sequential([keras.Input((first,)), *network, layers.Dense(last)])


def _fit(workload, train, epochs, mark, encoder, decoder, loss):
    model = keras.Sequential([encoder, decoder])
    model.compile(keras.optimizers.Adam(workload.learning_rate), loss)
    at_end = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: mark())
    model.fit(
        train, train, batch_size=workload.batch_size, epochs=epochs, verbose=0, callbacks=[at_end]
    )
    return Fitted(
        lambda x: model.predict(x, batch_size=PREDICT_ROWS, verbose=0),
        lambda x: encoder.predict(x, batch_size=PREDICT_ROWS, verbose=0),
        lambda path: model.save(f"{path}.keras"),
    )
