#!/usr/bin/env python3
"""Writes the golden cases of the layers and operations of plait/{activations,normalization,operations,reshaping}.h.

Usage:  make_misc.py [FOLDER]            (default: data/misc beside this script)
Needs:  pip install keras tensorflow-cpu

FOLDER/CASE.{x0,x1,y,WEIGHT}.npy are float32 in C order, batch first; a case is a line below.
Every case draws from its own random numbers, seeded by its name: a new case leaves the others as they are.
"""
import os
import sys
import zlib
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers, ops
from keras.src.applications.convnext import LayerScale
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer

NAN, INF = np.nan, np.inf
SPECIAL = np.array([NAN, INF, -INF, -0.0, 0.0, 1.5, -1.5], np.float32)
IDENTITIES = """Identity Dropout AlphaDropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise
    GaussianDropout ActivityRegularization AugMix CutMix MixUp RandAugment Solarization RandomBrightness
    RandomColorDegeneration RandomColorJitter RandomContrast RandomElasticTransform RandomErasing RandomFlip
    RandomGaussianBlur RandomGrayscale RandomHue RandomInvert RandomPerspective RandomPosterization RandomRotation
    RandomSaturation RandomSharpness RandomShear RandomTranslation RandomZoom""".split()


def numbers_of(case):
    return np.random.default_rng(zlib.crc32(case.encode()))


def normal(numbers, shape):
    return numbers.standard_normal(shape).astype(np.float32)


# --- Cases: name, function or layer, shapes or values of its inputs (with the batch) ---

def reshaping_cases():
    yield "reshape", layers.Reshape((4, -1)), [(2, 6, 8)]
    yield "permute_2_1", layers.Permute((2, 1)), [(2, 5, 7)]
    yield "permute_3_1_2", layers.Permute((3, 1, 2)), [(2, 4, 5, 6)]
    yield "permute_2_4_1_3", layers.Permute((2, 4, 1, 3)), [(2, 2, 3, 4, 5)]
    yield "repeat_vector", layers.RepeatVector(3), [(2, 7)]
    yield "get_item_channels", lambda x: x[..., 1:4], [(2, 4, 5, 6)]
    yield "get_item_reversed", lambda x: x[:, :, :, ::-1], [(2, 4, 5, 3)]
    yield "get_item_index", lambda x: x[:, -1], [(2, 4, 5)]
    yield "get_item_steps", lambda x: x[:, 1::2, 2, -2:0:-3], [(2, 6, 5, 9)]
    yield "get_item_clipped", lambda x: x[:, -100:3, 5:100], [(2, 4, 7)]


def activation_cases():
    x = np.concatenate([np.linspace(-8, 8, 29), SPECIAL, [1e-30, -1e-30, 100, -100]]).astype(np.float32).reshape(4, 10)
    yield "leaky_relu", layers.LeakyReLU(), [x]
    yield "leaky_relu_slope", layers.LeakyReLU(negative_slope=0.01), [x]
    yield "elu", layers.ELU(), [x]
    yield "elu_alpha", layers.ELU(alpha=0.5), [x]
    yield "prelu", layers.PReLU(), [(2, 3, 4, 5)]
    yield "prelu_shared", layers.PReLU(shared_axes=[1, 2]), [(2, 3, 4, 5)]
    yield "prelu_special", layers.PReLU(), [x]
    yield "softmax_axes_1_2", layers.Softmax(axis=[1, 2]), [(2, 4, 5)]
    yield "softmax_axes_1_3", layers.Softmax(axis=[1, -1]), [(2, 3, 4, 5)]
    yield "softmax_axes_2_3", layers.Softmax(axis=[-2, -1]), [(2, 3, 4, 5)]


def normalization_cases():
    zeros = np.concatenate([np.zeros((1, 6)), np.full((1, 6), 1e-14), np.full((1, 6), 1e30), np.ones((1, 6))])
    yield "layer_normalization", layers.LayerNormalization(), [(2, 3, 4, 20)]
    yield "layer_normalization_axes_1_2", layers.LayerNormalization(axis=[1, 2]), [(2, 3, 4, 5)]
    yield "layer_normalization_axes_2_3", layers.LayerNormalization(axis=[-2, -1], epsilon=1e-6), [(2, 3, 4, 5)]
    yield "layer_normalization_axis_1", layers.LayerNormalization(axis=1), [(2, 6, 5)]
    yield "layer_normalization_plain", layers.LayerNormalization(center=False, scale=False), [(2, 4, 18)]
    yield "group_normalization", layers.GroupNormalization(), [(2, 3, 4, 32)]
    yield "group_normalization_2", layers.GroupNormalization(groups=2), [(2, 3, 4, 6)]
    yield "group_normalization_each", layers.GroupNormalization(groups=-1, epsilon=1e-5), [(2, 5, 4, 3)]
    yield "group_normalization_all", layers.GroupNormalization(groups=1), [(2, 5, 6)]
    yield "group_normalization_first", layers.GroupNormalization(groups=2, axis=1), [(2, 4, 5, 3)]
    yield "group_normalization_plain", layers.GroupNormalization(groups=3, center=False, scale=False), [(2, 5, 6)]
    yield "unit_normalization", layers.UnitNormalization(), [(2, 3, 20)]
    yield "unit_normalization_axes_1_2", layers.UnitNormalization(axis=[1, 2]), [(2, 3, 4, 5)]
    yield "unit_normalization_edges", layers.UnitNormalization(), [zeros]
    yield "rescaling", layers.Rescaling(1 / 127.5, offset=-1), [(2, 3, 4, 3)]
    yield "rescaling_channels", layers.Rescaling([0.5, 2, -3], offset=[1, 0, 0.25]), [(2, 3, 4, 3)]
    yield "layer_scale", LayerScale(0.5, 6), [(2, 3, 6)]
    mean, variance = [0.5, -1, 3], [4, 0, 1e-3]
    yield "normalization_channels", layers.Normalization(mean=mean, variance=variance), [(2, 4, 3)]
    yield "normalization_invert", layers.Normalization(mean=mean, variance=variance, invert=True), [(2, 4, 3)]
    yield "normalization_number", layers.Normalization(axis=None, mean=0.5, variance=4), [(2, 4, 3)]
    yield "normalization_adapted", adapted((1,)), [(2, 3, 4)]
    yield "normalization_adapted_2", adapted((1, -1)), [(2, 3, 4, 5)]


def adapted(axis):
    """A Normalization layer whose mean and variance are weights."""
    layer = layers.Normalization(axis=axis)
    shape = (2, 3, 4) if len(axis) == 1 else (2, 3, 4, 5)
    layer.adapt(normal(numbers_of(f"adapted {axis}"), shape))
    return layer


def operation_cases():
    pair = list(np.meshgrid(SPECIAL, SPECIAL, indexing="ij"))
    column = normal(numbers_of("column"), (4, 1))
    batch = normal(numbers_of("batch"), (1, 1, 5))
    yield "ops_add", lambda a, b: a + b, [(2, 4, 5), (2, 1, 5)]
    yield "ops_subtract", lambda a, b: a - b, [(2, 4, 5), (2, 4, 1)]
    yield "ops_multiply", lambda a, b: a * b, [(2, 4, 1), (2, 1, 5)]
    yield "ops_divide", lambda a, b: a / b, [(2, 4, 5), (2, 4, 5)]
    yield "ops_maximum", ops.maximum, pair
    yield "ops_minimum", ops.minimum, pair
    yield "ops_number_last", lambda a: (a * 2.5 - 0.75) / 3.0 + 0.1, [(2, 4, 5)]
    yield "ops_number_first", lambda a: 0.3 / (1.0 - a), [(2, 4, 5)]
    yield "ops_array", lambda a: column * a + batch, [(2, 4, 5)], {"column": column, "batch": batch}
    yield "ops_negative", lambda a: -a, [SPECIAL.reshape(1, 7)]
    yield "ops_relu", ops.relu, [SPECIAL.reshape(1, 7)]
    yield "ops_mean", lambda a: ops.mean(a, axis=[1, 2]), [(2, 5, 4, 7)]
    yield "ops_mean_last", lambda a: ops.mean(a, axis=-1, keepdims=True), [(2, 5, 19)]
    yield "ops_sum", lambda a: ops.sum(a, axis=(1, 3)), [(2, 3, 4, 5)]
    yield "ops_max", lambda a: ops.max(a, axis=1), [(2, 5, 7)]
    yield "ops_min", lambda a: ops.min(a, axis=[1, 2], keepdims=True), [(2, 5, 7)]
    yield "custom_scale_layer", lambda a, b: CustomScaleLayer(0.17)([a, b]), [(2, 4, 5), (2, 4, 5)]


def dot_cases():
    def dot(*axes, **options):
        return lambda a, b: layers.Dot(axes=axes[0] if len(axes) == 1 else axes, **options)([a, b])
    yield "dot_vectors", dot(-1), [(3, 5), (3, 5)]
    yield "dot_rows", dot(-1), [(2, 3, 5), (2, 4, 5)]
    yield "dot_columns", dot(1), [(2, 5, 3), (2, 5, 4)]
    yield "dot_matrix", dot(2, 1), [(2, 3, 5), (2, 5, 4)]
    yield "dot_transposed", dot(1, 2), [(2, 3, 5), (2, 10, 3)]
    yield "dot_vector", dot(-1), [(2, 4, 5), (2, 5)]
    yield "dot_pictures", dot(1), [(2, 2, 3, 4), (2, 2, 5, 6)]
    yield "dot_higher_dim", dot(-2, -1), [(1, 3, 2), (1, 1, 2, 3)]
    yield "dot_normalized", dot(-1, normalize=True), [(3, 5), (3, 5)]
    yield "dot_normalized_matrix", dot(2, 1, normalize=True), [(2, 3, 5), (2, 5, 4)]
    yield "dot_normalized_zero", dot(1, normalize=True), [np.zeros((2, 4)), np.ones((2, 4))]


# --- Running and saving ---

def random_weight(name, shape, numbers):
    return numbers.uniform(0.5, 1.5, shape) if name == "gamma" else numbers.normal(0, 0.5, shape)


def weights_of(layer, numbers):
    """Random weights, but for a Normalization layer, whose statistics are given."""
    weights = {}
    for weight in getattr(layer, "weights", []):
        name = "gamma" if isinstance(layer, LayerScale) else weight.name
        if not isinstance(layer, layers.Normalization):
            weight.assign(random_weight(name, weight.shape, numbers))
        if name != "count":
            weights[name] = weight.numpy()
    return weights


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.ascontiguousarray(values, np.float32))


def make(folder, case, layer, inputs, arrays=None):
    numbers = numbers_of(case)
    xs = [normal(numbers, x) if isinstance(x, tuple) else np.asarray(x, np.float32) for x in inputs]
    tensors = [ops.convert_to_tensor(x) for x in xs]
    layer(*tensors)  # so that it has its weights
    for name, values in {**weights_of(layer, numbers), **(arrays or {})}.items():
        save(folder / f"{case}.{name}.npy", values)
    for n, x in enumerate(xs):
        save(folder / f"{case}.x{n}.npy", x)
    save(folder / f"{case}.y.npy", layer(*tensors))


def check_identities():
    """That what plait_identity lists does nothing at inference."""
    arguments = {"GaussianNoise": [0.3], "CutMix": [], "MixUp": [], "RandomTranslation": [0.1, 0.1],
                 "RandomPosterization": [4]}
    plain = "Identity ActivityRegularization AugMix RandAugment Solarization RandomColorJitter RandomElasticTransform " \
            "RandomErasing RandomFlip RandomGaussianBlur RandomGrayscale RandomInvert RandomPerspective RandomShear".split()
    shapes = {"SpatialDropout1D": (8, 3), "SpatialDropout3D": (4, 8, 8, 3)}
    for name in IDENTITIES:
        shape = shapes.get(name, (8, 8, 3))
        layer = getattr(layers, name)(*arguments.get(name, [] if name in plain else [0.3]))
        model = keras.Sequential([keras.Input(shape), layer])
        x = numbers_of(name).uniform(0, 255, (2, *shape)).astype(np.float32)
        assert np.array_equal(model.predict(x, verbose=0), x), f"{name} changes its input"


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data" / "misc"
    for cases in (reshaping_cases, activation_cases, normalization_cases, operation_cases, dot_cases):
        for case in cases():
            make(folder, *case)
    check_identities()


if __name__ == "__main__":
    main()
