#!/usr/bin/env python3
"""Writes the model files that tests/load/test_keras_pooling.c loads, with Keras's inputs and outputs.

Usage:  make_pooling.py [FOLDER]         (default: data/keras beside this script)
Needs:  pip install keras tensorflow-cpu tf_keras

    FOLDER/pooling.keras, keras2_pooling.h5        a model of pooling layers, each an output; the second by Keras 2
    FOLDER/pooling.x0.npy, .x1.npy, .y0.npy, ...   its inputs, pictures and sequences, and the outputs in order

The second sample has NaN and infinities.
"""
import sys
from pathlib import Path

import make_keras
import numpy as np
import tf_keras
from make_keras import keras

PICTURE, SEQUENCE = (7, 8, 5), (9, 3)


def pools(K, max_pooling, average_pooling, size):
    """A layer a line; `size` makes a tuple of what Keras wants for each axis."""
    yield max_pooling()
    yield max_pooling(size(3, 3), strides=2, padding="same")
    yield max_pooling(size(3, 2), strides=size(1, 3), padding="same")
    yield max_pooling(size(1, 1), strides=2)
    yield average_pooling(2)
    yield average_pooling(size(3, 3), strides=1, padding="same")
    yield average_pooling(size(2, 3), strides=size(3, 1))
    yield average_pooling(size(4, 4), strides=3, padding="same")


def model(K):
    L = K.layers
    x, s = L.Input(PICTURE, name="picture"), L.Input(SEQUENCE, name="sequence")
    ys = [layer(x) for layer in pools(K, L.MaxPooling2D, L.AveragePooling2D, lambda rows, cols: (rows, cols))]
    ys += [layer(s) for layer in pools(K, L.MaxPooling1D, L.AveragePooling1D, lambda rows, cols: cols)]
    for keepdims in (False, True):
        ys += [layer(keepdims=keepdims)(x) for layer in (L.GlobalMaxPooling2D, L.GlobalAveragePooling2D)]
        ys += [layer(keepdims=keepdims)(s) for layer in (L.GlobalMaxPooling1D, L.GlobalAveragePooling1D)]
    return K.Model([x, s], ys)


def inputs():
    numbers = np.random.default_rng(7)
    x, s = (numbers.standard_normal((2, *shape)).astype(np.float32) for shape in (PICTURE, SEQUENCE))
    x[1, 2, 3, 0] = x[1, 0, 0, 1] = s[1, 4, 0] = np.nan
    x[1, :4, :4, 2] = s[1, 2:6, 1] = -np.inf
    x[1, 5, 5, 3] = s[1, 0, 2] = np.inf
    x[1, :4, :4, 4] = np.nan
    return [x, s]


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/keras"
    xs = inputs()
    made = model(keras)
    made.save(folder / "pooling.keras")
    make_keras.pack(folder / "pooling.keras", True)
    ys = [np.asarray(y) for y in made(xs)]
    for kind, arrays in (("x", xs), ("y", ys)):
        for i, array in enumerate(arrays):
            np.save(folder / f"pooling.{kind}{i}.npy", np.ascontiguousarray(array, np.float32))
    made = model(tf_keras)
    made.save(folder / "keras2_pooling.h5")
    for y, y2 in zip(ys, made(xs)):
        assert np.array_equal(y, y2, equal_nan=True)


if __name__ == "__main__":
    main()
