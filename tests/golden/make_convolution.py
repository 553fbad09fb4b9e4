#!/usr/bin/env python3
"""Writes the model files that tests/load/test_keras_convolution.c loads, with Keras's inputs and outputs.

Usage:  make_convolution.py [FOLDER]     (default: data/convolution beside this script)
Needs:  pip install keras tensorflow-cpu tf_keras

    FOLDER/CASE.keras, CASE.h5               a model of one input and an output for each layer; keras2_* by tf_keras
    FOLDER/CASE.x0.npy, CASE.y0.npy, ...     its input and outputs
"""
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tf_keras

rng = np.random.default_rng(1)


def depthwise(L):
    return (9, 8, 3), [
        L.DepthwiseConv2D(3),
        L.DepthwiseConv2D((2, 4), padding="same", depth_multiplier=2),
        L.DepthwiseConv2D(3, strides=2, padding="same", use_bias=False, activation="relu6"),
        L.DepthwiseConv2D((3, 2), padding="same", dilation_rate=(2, 3)),
        L.DepthwiseConv2D(5, padding="same", activation="tanh"),
    ]


def depthwise_strides(L):  # stride and dilation together; strides that differ
    return (9, 8, 3), [
        L.DepthwiseConv2D(3, strides=2, padding="same", dilation_rate=2),
        L.DepthwiseConv2D(2, strides=(2, 3), padding="valid"),
        L.DepthwiseConv2D(3, strides=(3, 1), padding="same"),
    ]


def separable(L):
    return (7, 8, 3), [
        L.SeparableConv2D(4, 3),
        L.SeparableConv2D(2, 3, strides=2, padding="same", depth_multiplier=3, activation="relu"),
        L.SeparableConv2D(4, (5, 2), padding="same", dilation_rate=2, use_bias=False),
    ]


def transpose(L):
    return (4, 5, 3), [
        L.Conv2DTranspose(4, 3),
        L.Conv2DTranspose(2, 3, strides=2, padding="same"),
        L.Conv2DTranspose(2, 4, strides=2, padding="same", activation="relu"),
        L.Conv2DTranspose(2, 2, strides=2, use_bias=False),
        L.Conv2DTranspose(2, (2, 1), strides=(3, 4)),
        L.Conv2DTranspose(2, (2, 1), strides=(3, 4), padding="same"),
        L.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=0),
        L.Conv2DTranspose(2, (5, 3), strides=(3, 2), padding="same", output_padding=(2, 1)),
        L.Conv2DTranspose(2, 4, strides=2, padding="same", output_padding=1),
        L.Conv2DTranspose(2, 3, strides=2, output_padding=1),
        L.Conv2DTranspose(2, 5, strides=3, padding="same"),
    ]


def transpose_dilated(L):
    return (6, 5, 2), [
        L.Conv2DTranspose(2, 3, dilation_rate=2),
        L.Conv2DTranspose(2, (3, 2), padding="same", dilation_rate=(2, 3)),
    ]


def sequences(L):
    return (13, 4), [
        L.Conv1D(5, 3),
        L.Conv1D(3, 4, padding="same", strides=2, activation="relu"),
        L.Conv1D(3, 3, padding="causal"),
        L.Conv1D(3, 2, padding="causal", strides=3),
        L.Conv1D(3, 3, padding="causal", dilation_rate=4, use_bias=False),
        L.Conv1D(6, 3, padding="same", dilation_rate=2, groups=2),
        L.DepthwiseConv1D(3, depth_multiplier=2, padding="same"),
        L.DepthwiseConv1D(4, strides=2, activation="relu"),
        L.SeparableConv1D(5, 3, padding="same", depth_multiplier=2),
        L.SeparableConv1D(3, 3, strides=2),
        L.Conv1DTranspose(3, 3, strides=2, padding="same"),
        L.Conv1DTranspose(3, 4, strides=3, activation="relu"),
        L.Conv1DTranspose(2, 3, strides=2, padding="same", output_padding=0),
    ]


def model(K, case):
    shape, layers = case(K.layers)
    x = K.layers.Input(shape)
    net = K.Model(x, [layer(x) for layer in layers])
    net.set_weights([rng.normal(0, 0.5, w.shape).astype("f4") for w in net.get_weights()])
    return net


def write(folder, name, net, forms):
    x = rng.normal(0, 1, (2, *net.inputs[0].shape[1:])).astype("f4")
    y = net.predict(x, verbose=0)
    for form in forms:
        net.save(folder / f"{name}.{form}")
    np.save(folder / f"{name}.x0.npy", x)
    for i, out in enumerate(y):
        np.save(folder / f"{name}.y{i}.npy", out.astype("f4"))


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/convolution"
    folder.mkdir(parents=True, exist_ok=True)
    for case in (depthwise, depthwise_strides, separable, transpose, transpose_dilated, sequences):
        write(folder, case.__name__, model(keras, case), ("keras",))
    for case in (depthwise, separable, transpose):
        write(folder, "keras2_" + case.__name__, model(tf_keras, case),
              ("keras", "h5") if case is depthwise else ("h5",))


if __name__ == "__main__":
    main()
