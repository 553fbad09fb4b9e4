#!/usr/bin/env python3
"""Writes the golden cases: small models and single layers, their inputs, weights and Keras's outputs.

Usage:  make_goldens.py [FOLDER]         (default: data beside this script)
Needs:  pip install keras tensorflow-cpu

All files are float32 .npy in C order, batch first; README.md beside this script lists every case.
    FOLDER/two_branch*/{x0,x1,y,LAYER_WEIGHT}.npy
    FOLDER/merge/CASE.{x0,x1,...,y}.npy
    FOLDER/layer/CASE.{x,y,WEIGHT}.npy
The two-branch models are run by Model.predict, the single layers by a plain call.
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
from keras import layers

NAN, INF = np.nan, np.inf
MERGES = {m.__name__.lower(): m for m in (layers.Add, layers.Subtract, layers.Multiply,
                                          layers.Average, layers.Maximum, layers.Minimum)}
ROW_WISE = "softmax log_softmax sparsemax".split()
ELEMENTWISE = """linear relu relu6 leaky_relu elu selu celu gelu silu hard_silu hard_sigmoid sigmoid tanh softplus
    softsign exponential mish log_sigmoid tanh_shrink hard_tanh soft_shrink hard_shrink sparse_plus sparse_sigmoid
    squareplus""".split()


def numbers_of(case):
    return np.random.default_rng(zlib.crc32(case.encode()))


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.ascontiguousarray(values, np.float32))


def normal(numbers, shape):
    return numbers.standard_normal(shape).astype(np.float32)


def random_weight(name, shape, numbers):
    """Nothing that folds away; kernels keep the size of what passes through them."""
    if name == "kernel":
        return numbers.normal(0, np.prod(shape[:-1]) ** -0.5, shape)
    if name in ("gamma", "moving_variance"):
        return numbers.uniform(0.5, 1.5, shape)
    return numbers.normal(0, 0.1, shape)


def randomize(layer, numbers):
    for weight in layer.weights:
        weight.assign(random_weight(weight.name, weight.shape, numbers))


# --- The two-branch model ---

def two_branch(merge, shape, kernel, filters):
    inputs, ends = [], []
    for side in ("left", "right"):
        x = first = layers.Input(shape, name=side)
        x = layers.Conv2D(filters, kernel, padding="same", name=f"{side}_conv1")(x)
        x = layers.ReLU()(layers.BatchNormalization(name=f"{side}_bn")(x))
        ends.append(layers.Conv2D(filters, kernel, padding="same", name=f"{side}_conv2")(x))
        inputs.append(first)
    x = layers.Flatten()(merge(ends))
    x = layers.Dense(24, activation="softmax", name="dense1")(x)
    x = layers.Dense(10, activation="softmax", name="dense2")(x)
    return keras.Model(inputs, layers.Flatten()(x))


def make_two_branch(folder, case, merge, shape, kernel, filters, batch):
    numbers = numbers_of(case)
    model = two_branch(merge, shape, kernel, filters)
    for layer in model.layers:
        randomize(layer, numbers)
    for name, gain in (("dense1", 3), ("dense2", 8)):  # so that neither softmax comes out flat
        weight = model.get_layer(name).kernel
        weight.assign(gain * weight)
    xs = [normal(numbers, (batch, *shape)) for _ in model.inputs]
    for layer in model.layers:
        for weight in layer.weights:
            save(folder / case / f"{layer.name}_{weight.name}.npy", weight.numpy())
    for n, x in enumerate(xs):
        save(folder / case / f"x{n}.npy", x)
    save(folder / case / "y.npy", model.predict(xs, verbose=0))


def make_two_branches(folder):
    for name, merge in (("concat", layers.Concatenate()), ("add", layers.Add())):
        make_two_branch(folder, f"two_branch_{name}", merge, (9, 7, 3), kernel=8, filters=5, batch=3)
        make_two_branch(folder, f"two_branch24_{name}", merge, (32, 32, 3), kernel=24, filters=2, batch=2)


# --- Merge layers: (case, layer, shapes without batch, batch) ---

def elementwise_cases():
    for name, merge in MERGES.items():
        yield name, merge(), [(4, 5), (4, 5)], 2
        yield f"{name}_rank", merge(), [(3,), (4, 3)], 3
        yield f"{name}_image_vector", merge(), [(8, 8, 16), (16,)], 2
        yield f"{name}_both_sides", merge(), [(1, 1, 16), (8, 8, 1)], 2
        if name != "subtract":
            yield f"{name}_three", merge(), [(5, 1), (1, 6), (5, 6)], 2
            yield f"{name}_one", merge(), [(5, 6)], 2


def concatenate_cases():
    for axis in (1, 2, 3, -1, -2, -3):
        shapes = [[0, 6, 5, 4] for _ in range(3)]
        for shape, length in zip(shapes, (1, 3, 5)):
            shape[axis] = length
        yield f"concat_axis{axis}", layers.Concatenate(axis=axis), [tuple(s[1:]) for s in shapes], 3
    yield "concat_one", layers.Concatenate(), [(5, 6)], 2
    yield "concat_odd_channels", layers.Concatenate(), [(7, 5, 3), (7, 5, 17), (7, 5, 1)], 2


def same_tensor_cases():
    for name, merge in MERGES.items():
        yield f"{name}_same_tensor", merge(), (7, 3), 2
    yield "concat_same_tensor", layers.Concatenate(), (9, 9, 5), 2


def save_merge(folder, case, merge, xs, inputs=None):
    for n, x in enumerate(xs):
        save(folder / f"{case}.x{n}.npy", x)
    save(folder / f"{case}.y.npy", merge(inputs or xs))


def make_merges(folder):
    for case, merge, shapes, batch in (*elementwise_cases(), *concatenate_cases()):
        numbers = numbers_of(case)
        save_merge(folder, case, merge, [normal(numbers, (batch, *shape)) for shape in shapes])
    for case, merge, shape, batch in same_tensor_cases():
        x = normal(numbers_of(case), (batch, *shape))
        save_merge(folder, case, merge, [x], [x, x])
    special = np.array([NAN, INF, -INF, -0.0, 0.0, 1.5, -1.5], np.float32)
    for name, merge in MERGES.items():
        save_merge(folder, f"{name}_nan", merge(), np.meshgrid(special, special, indexing="ij"))


# --- Single layers: (case, layer, x, or its shape if it is drawn) ---

def conv2d_cases():
    def conv(filters, kernel, **options):
        return layers.Conv2D(filters, kernel, **options)
    yield "conv2d_same_stride2_even", conv(4, 3, strides=2, padding="same"), (2, 8, 8, 3)
    yield "conv2d_same_stride2_odd", conv(4, 3, strides=2, padding="same"), (2, 9, 7, 3)
    yield "conv2d_same_dilation2", conv(4, 3, dilation_rate=2, padding="same"), (2, 9, 8, 3)
    yield "conv2d_valid_dilation1x3", conv(4, (2, 3), dilation_rate=(1, 3)), (2, 6, 10, 3)
    yield "conv2d_groups2", conv(6, 3, groups=2, padding="same"), (2, 7, 6, 4)
    yield "conv2d_groups_all", conv(8, 3, groups=4, padding="same"), (2, 7, 6, 4)
    yield "conv2d_valid_stride2x3", conv(4, 3, strides=(2, 3)), (2, 11, 13, 3)
    yield "conv2d_same_stride3_kernel2", conv(4, 2, strides=3, padding="same"), (2, 8, 7, 3)
    yield "conv2d_same_2x4", conv(4, (2, 4), padding="same"), (2, 7, 9, 3)
    yield "conv2d_same_beyond_input", conv(4, (9, 10), padding="same"), (2, 5, 4, 3)
    yield "conv2d_1x1", conv(5, 1), (2, 6, 5, 7)
    yield "conv2d_no_bias", conv(4, 3, use_bias=False), (2, 6, 7, 3)
    yield "conv2d_relu", conv(17, 3, padding="same", activation="relu"), (1, 6, 7, 5)


def dense_cases():
    yield "dense_rank2", layers.Dense(4), (3, 5)
    yield "dense_rank3", layers.Dense(4), (2, 3, 5)
    yield "dense_rank4", layers.Dense(4), (2, 3, 2, 5)
    yield "dense_no_bias", layers.Dense(17, use_bias=False), (3, 5)


def batch_normalization_cases():
    for scale in (True, False):
        for center in (True, False):
            case = f"batch_normalization{'' if scale else '_no_scale'}{'' if center else '_no_center'}"
            yield case, layers.BatchNormalization(scale=scale, center=center), (2, 4, 3, 5)
    yield "batch_normalization_axis1", layers.BatchNormalization(axis=1), (2, 4, 3, 5)
    yield "batch_normalization_rank2", layers.BatchNormalization(), (3, 6)
    yield "batch_normalization_epsilon", layers.BatchNormalization(epsilon=0.25), (2, 4, 3)


def relu_cases():
    """One x for all: a plain range, then every edge of the thresholds and maxima below, and its neighbours."""
    edges = np.array([-1.5, -1, -0.5, 0.5, 1, 1.5, 6], np.float32)
    x = np.concatenate([np.linspace(-8, 8, 33), edges, np.nextafter(edges, INF), np.nextafter(edges, -INF),
                        [100, -100, 1e-30, -1e-30, 0, -0.0, NAN, INF, -INF, 3.25]]).astype(np.float32)
    for case, options in {
        "relu": {},
        "relu_max6": dict(max_value=6),
        "relu_max1.5": dict(max_value=1.5),
        "relu_max0": dict(max_value=0),
        "relu_slope": dict(negative_slope=0.25),
        "relu_slope2": dict(negative_slope=2),
        "relu_threshold": dict(threshold=1),
        "relu_max6_slope": dict(max_value=6, negative_slope=0.25),
        "relu_max6_threshold": dict(max_value=6, threshold=1),
        "relu_slope_threshold": dict(negative_slope=0.25, threshold=1),
        "relu_max6_slope_threshold": dict(max_value=6, negative_slope=0.25, threshold=1),
        "relu_max_below_threshold": dict(max_value=0.5, threshold=1),
        "relu_max_below_threshold_slope": dict(max_value=0.5, negative_slope=2, threshold=1),
    }.items():
        yield case, layers.ReLU(**options), x.reshape(4, 16)


def softmax_cases():
    yield "softmax", layers.Softmax(), (2, 4, 5)
    yield "softmax_axis1", layers.Softmax(axis=1), (2, 4, 5)
    yield "softmax_axes_1_2", layers.Softmax(axis=[1, 2]), (2, 4, 5)
    yield "softmax_large", layers.Softmax(), np.array(
        [[1e4, 1e4, 9999, -1e4], [-1e4, -1e4, -9999, -10001], [1e4, 0, -1e4, 1], [3e38, -3e38, 0, 1]], np.float32)
    yield "softmax_minus_infinity", layers.Softmax(), np.array(
        [[-INF, 0, 1, 2], [-INF, -INF, -INF, 5], [-INF] * 4], np.float32)


def activation_cases():
    """Two rows that meet every threshold, one that is drawn, one of extremes."""
    x = np.concatenate([np.arange(-8, 8, 0.5), numbers_of("activation").uniform(-8, 8, 16),
                        [8, 30, -30, 100, -100, 0, -0.0, 20, -20, 89, -89, 1e-3, -1e-3, -INF, INF, NAN]])
    x = x.astype(np.float32).reshape(4, 16)
    finite = x.copy()  # what a softmax makes of a row with NaN or +Inf depends on the back end
    finite[3, -2:] = 7, -7
    for name in ELEMENTWISE:
        yield f"activation_{name}", layers.Activation(name), x
    yield "activation_gelu_tanh", layers.Lambda(keras.ops.gelu), x
    for name in ROW_WISE:
        yield f"activation_{name}", layers.Activation(name), finite


def make_layers(folder):
    for case, layer, x in (*conv2d_cases(), *dense_cases(), *batch_normalization_cases(), *relu_cases(),
                           *softmax_cases(), *activation_cases(), ("flatten", layers.Flatten(), (2, 3, 4, 5))):
        numbers = numbers_of(case)
        x = normal(numbers, x) if isinstance(x, tuple) else x
        layer.build(x.shape)
        randomize(layer, numbers)
        for weight in layer.weights:
            save(folder / f"{case}.{weight.name}.npy", weight.numpy())
        save(folder / f"{case}.x.npy", x)
        save(folder / f"{case}.y.npy", layer(x))


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data"
    make_two_branches(folder)
    make_merges(folder / "merge")
    make_layers(folder / "layer")
    files = list(folder.rglob("*.npy"))
    print(f"{len(files)} files, {sum(f.stat().st_size for f in files)} bytes in {folder}")


if __name__ == "__main__":
    main()
