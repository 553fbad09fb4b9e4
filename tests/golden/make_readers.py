#!/usr/bin/env python3
"""Writes the model files that tests/load/test_keras_layers.c loads: every class that plait reads, with all options.

Usage:  make_readers.py [FOLDER]         (default: data/keras beside this script)
Needs:  pip install keras tensorflow-cpu tf_keras

The files are named as by make_keras.py. A model has an output for each layer or operation below.
"""
import io
import sys
import zipfile
from pathlib import Path

import h5py
import make_keras
import numpy as np
import tensorflow as tf
import tf_keras
from make_keras import keras, rng
from keras import ops
from keras.src.applications.convnext import LayerScale, StochasticDepth
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer


def reshaping(K):
    L = K.layers
    x, v = L.Input((4, 6, 2)), L.Input((5,))
    ends = [L.Reshape((8, -1))(x), L.Reshape((48,))(x), L.Permute((3, 1, 2))(x), L.RepeatVector(3)(v),
            L.Dropout(0.5, noise_shape=(None, 1, 1, 2))(x), L.SpatialDropout2D(0.5)(x), L.GaussianNoise(1)(x),
            L.GaussianDropout(0.5)(x), L.ActivityRegularization(1)(x), L.Activation("linear")(x)]
    if K is keras:
        ends += [L.Identity()(x), L.AlphaDropout(0.5, noise_shape=(None, 1, 1, 2))(x), StochasticDepth(0.5)(x)]
    return K.Model([x, v], [L.Concatenate()([end, end]) for end in ends])


def augmentations(K):
    """Random at training alone."""
    L = K.layers
    x = y = L.Input((4, 6, 3))
    for layer in (L.AugMix(), L.CutMix(), L.MixUp(), L.RandAugment(), L.Solarization(0.5), L.RandomBrightness(0.5),
                  L.RandomColorDegeneration(0.5), L.RandomColorJitter(0.5), L.RandomContrast(0.5),
                  L.RandomElasticTransform(), L.RandomErasing(), L.RandomFlip(), L.RandomGaussianBlur(),
                  L.RandomGrayscale(), L.RandomHue(0.5), L.RandomInvert(), L.RandomPerspective(),
                  L.RandomPosterization(4), L.RandomRotation(0.5), L.RandomSaturation(0.5), L.RandomSharpness(0.5),
                  L.RandomShear(0.5), L.RandomTranslation(0.5, 0.5), L.RandomZoom(0.5)):
        y = layer(y)
    return K.Model(x, L.Concatenate()([y, y]))


def activations(K):
    L = K.layers
    x = L.Input((4, 5))
    ends = [L.LeakyReLU()(x), L.LeakyReLU(0.125)(x), L.PReLU()(x), L.PReLU(shared_axes=[1])(x), L.ELU(0.5)(x),
            L.ReLU(max_value=1, negative_slope=0.25, threshold=0.5)(x), L.Softmax()(x), L.Softmax(axis=1)(x)]
    ends += [L.Softmax(axis=(1, 2))(x)] if K is keras else [L.ThresholdedReLU(0.5)(x)]
    return K.Model(x, ends)


def normalizations(K):
    L = K.layers
    x = L.Input((3, 4, 6))
    ends = [L.LayerNormalization()(x), L.LayerNormalization(axis=(1, 3), scale=False, epsilon=0.25)(x),
            L.LayerNormalization(axis=2, center=False)(x), L.GroupNormalization(2)(x),
            L.GroupNormalization(-1, axis=2, epsilon=0.25, scale=False)(x), L.GroupNormalization(3, center=False)(x),
            L.UnitNormalization()(x), L.UnitNormalization(axis=(1, 2))(x), L.Rescaling(0.5)(x),
            L.Rescaling([1.0, 2, 3, 4, 5, 6], offset=np.arange(6.0).tolist())(x), L.Normalization()(x),
            L.Normalization(axis=None)(x), L.Normalization(axis=(1, 3))(x), L.Normalization(axis=2, invert=True)(x),
            L.Normalization(mean=0.5, variance=2.0)(x),
            L.Normalization(mean=np.arange(6.0), variance=np.arange(1.0, 7), invert=True)(x)]
    if K is keras:
        ends += [L.Normalization(axis=(1, 3), mean=np.arange(6.0), variance=np.arange(1.0, 7))(x),
                 L.Normalization(axis=(1, 3), mean=np.ones((3, 6)), variance=np.ones((3, 6)) * 0.25)(x),
                 LayerScale(0.5, 6)(x), CustomScaleLayer(0.25)([x, ends[0]]),
                 L.Rescaling(np.arange(6, dtype="float32"))(x)]
    return K.Model(x, ends)


def dots(K):
    L = K.layers
    a, b, c = L.Input((3, 4)), L.Input((5, 4)), L.Input((4, 3))
    return K.Model([a, b, c], [L.Dot(-1)([a, b]), L.Dot((1, 2))([a, c]), L.Dot(2, normalize=True)([a, b]),
                               L.Dot((2, 1), normalize=True)([b, c])])


def operations(K):
    L = K.layers
    x, z = L.Input((4, 3)), L.Input((1, 3))
    ends = [x + z, x - z, x * z, x / z, -x, x * 2.0, 1.0 - x, 3 / x, x / 3, x + np.arange(3), ops.subtract(np.ones((4, 1)), x),
            x + ops.convert_to_tensor(np.arange(3.0)), ops.maximum(x, 0.5), ops.minimum(z, x), ops.divide(x, 4.0),
            ops.multiply(x1=x, x2=True), ops.mean(x, axis=1), ops.sum(x, axis=(1, 2), keepdims=True),
            ops.max(x, axis=-1), ops.min(x, axis=[1]), ops.amax(x, 1), ops.reshape(x, (-1, 12)),
            ops.reshape(x, (-1, 2, 3, 2)), ops.concatenate([x, z], axis=1), ops.transpose(x, (0, 2, 1)), x[:, 1:],
            x[:, 1], x[:, -1, ::2], x[..., 1], x[:, ..., ::-1], x[:, 3:0:-2, :2], ops.expand_dims(x, 1),
            ops.expand_dims(x, -1), ops.squeeze(z, 1), ops.squeeze(z), ops.subtract(z, x2=0.5),
            *ops.split(x, 2, axis=1), *ops.split(x, [1, 2], axis=-1)]
    return K.Model([x, z], ends)


def functions(K):
    x = K.layers.Input((4, 5))
    A = K.activations
    ends = [f(x) for f in (ops.relu, ops.relu6, ops.leaky_relu, ops.elu, ops.selu, ops.celu, ops.silu, ops.hard_silu,
                           ops.hard_sigmoid, ops.sigmoid, ops.tanh, ops.softplus, ops.softsign, ops.exp,
                           ops.log_sigmoid, ops.tanh_shrink, ops.hard_tanh, ops.soft_shrink, ops.hard_shrink,
                           ops.sparse_plus, ops.sparse_sigmoid, ops.squareplus, ops.softmax, ops.log_softmax, A.gelu)]
    ends += [ops.leaky_relu(x, negative_slope=0.5), ops.elu(x, alpha=0.5), ops.softmax(x, axis=1),
             ops.log_softmax(x, axis=2), A.relu(x, max_value=1.5, negative_slope=0.25, threshold=0.5), ops.gelu(x)]
    return K.Model(x, ends)


def operations2(K):
    """Keras 2's layers of TensorFlow's functions."""
    L = K.layers
    x = L.Input((4, 3))
    z = L.Dense(3)(x)
    return K.Model(x, [
        x + z, x - z, x * z, x / z, -x, x * 2.0, 1.0 - x, 2.0 / x, x / 3, x + np.arange(3.0).astype("float32"),
        tf.maximum(x, z), tf.minimum(x, 0.5), tf.multiply(x, z), tf.add(x, y=z), tf.divide(x, z), tf.nn.relu(x),
        tf.nn.relu6(x), tf.sigmoid(x), tf.tanh(x), tf.exp(x), tf.nn.softmax(x), tf.nn.softmax(x, axis=1),
        tf.nn.elu(x), tf.nn.selu(x), tf.nn.silu(x), tf.nn.gelu(x), tf.nn.leaky_relu(x), tf.nn.leaky_relu(x, alpha=0.5),
        tf.nn.softplus(x), tf.reduce_mean(x, axis=1), tf.reduce_sum(x, [1, 2], keepdims=True), tf.reduce_max(x, -1),
        tf.reduce_min(x, [1]), tf.reshape(x, (-1, 12)), tf.concat([x, z], 1), tf.transpose(x, [0, 2, 1]),
        tf.expand_dims(x, 1), tf.squeeze(tf.expand_dims(x, 2), [2]), x[:, 1:], x[:, 1], x[..., 1], x[:, ::2, -1:]])


CASES = {
    reshaping: ("keras",), augmentations: ("keras",), activations: ("keras", "h5"), normalizations: ("keras", "h5"),
    dots: ("keras",), operations: ("keras", "h5"), functions: ("keras", "h5"),
}
make_keras.SUMMARIES += (normalizations,)  # one of whose weights is a whole number
KERAS2_CASES = {
    reshaping: ("keras",), activations: ("h5",), normalizations: ("h5",), dots: ("keras",),
    operations2: ("h5",),
}


def write_dependencies(folder):
    """The weights as Keras 2.12 and 2.13 laid them out: other names of groups, layers with weights counted twice."""
    path = folder / "keras2_dependencies.keras"
    make_keras.write(folder, tf_keras, dependencies, ("keras",))
    with zipfile.ZipFile(path) as archive:
        config, weights = archive.read("config.json"), io.BytesIO(archive.read("model.weights.h5"))

    def rename(group):
        for name in list(group.get("layers", ())):
            base, _, number = name.rpartition("_")
            if number.isdigit() and group["layers"][name].get("vars"):
                group["layers"].move(name, f"{base}_{int(number) * 2}_")
        for name in list(group.get("layers", ())):
            group["layers"].move(name, name.rstrip("_")) if name.endswith("_") else None
        if "layers" in group:
            group.move("layers", "_layer_checkpoint_dependencies")
        for child in group.values():
            if isinstance(child, h5py.Group):
                rename(child)

    with h5py.File(weights, "r+") as file:
        rename(file)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("config.json", config), ("model.weights.h5", weights.getvalue())):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)


def dependencies(K):
    L = K.layers
    x = y = L.Input((4,))
    for _ in range(2):
        y = L.ReLU()(L.Dense(4)(L.Dense(4)(y)))
    inner = K.Model(x, y)
    z = L.Input((4,))
    return K.Model(z, L.Dense(2)(L.Dense(4)(inner(L.Dense(4)(z)))))


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/keras"
    for K, cases in ((keras, CASES), (tf_keras, KERAS2_CASES)):
        for make, formats in cases.items():
            make_keras.write(folder, K, make, formats)
    write_dependencies(folder)


if __name__ == "__main__":
    main()
