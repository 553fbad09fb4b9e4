#!/usr/bin/env python3
"""Writes model files with layers, and models, on each step of a sequence, as make_keras.py does for others.

Usage:  make_steps.py [FOLDER]           (default: data/keras beside this script)
Needs:  pip install keras tensorflow-cpu
"""
import sys
from pathlib import Path

import make_keras
from make_keras import keras

L = keras.layers
T = L.TimeDistributed


def steps_pictures():
    """What works on pictures, in chains of layers that are each distributed."""
    x = L.Input((3, 8, 7, 2))
    y = T(L.Conv2D(5, 3, padding="same", activation="relu"))(x)
    z = T(L.MaxPooling2D(2))(T(L.ReLU())(y))
    ends = [y, T(L.GlobalAveragePooling2D())(z), T(L.Flatten())(z), T(L.DepthwiseConv2D(3))(y),
            T(L.UpSampling2D(2, interpolation="bilinear"))(z), T(L.Conv2DTranspose(2, 2, strides=2))(z),
            T(L.Reshape((4, -1)))(z), T(L.Permute((2, 1, 3)))(z), T(L.Softmax(axis=1))(z), T(L.Cropping2D(1))(y),
            T(L.LayerNormalization(axis=1))(z), T(L.GroupNormalization(1))(z)]
    return keras.Model(x, [*ends, L.LSTM(3)(ends[2])])


def steps_sequences():
    """Sequences of sequences, and of those."""
    x, y = L.Input((3, 5, 4)), L.Input((2, 3, 5, 4))
    ends = [T(L.LSTM(3))(x), T(L.Bidirectional(L.GRU(2, return_sequences=True)))(x), T(L.Conv1D(3, 2))(x),
            T(T(L.Dense(3)))(x), T(T(L.Conv1D(2, 2)))(y), T(T(L.SimpleRNN(2)))(y), T(L.EinsumDense("abc,cd->abd", (None, 2)))(x)]
    return keras.Model([x, y], ends)


def steps_models():
    """A picture's model on each picture of a film, and a model in a model."""
    def cnn(name):
        return keras.Sequential([L.Input((9, 8, 3)), L.Conv2D(4, 3, activation="relu"), L.BatchNormalization(),
                                 L.MaxPooling2D(), L.Flatten(), L.Dense(5)], name=name)

    x, i, film = L.Input((4, 9, 8, 3)), L.Input((9, 8, 3)), L.Input((4, 9, 8, 3))
    two = L.Concatenate()([L.GlobalMaxPooling2D()(L.Conv2D(3, 3)(i)), cnn("inner")(i)])
    both = keras.Model(i, two, name="both")
    head = keras.Model(x, L.GRU(4)(T(cnn("of_head"))(x)), name="head")
    return keras.Model(film, [T(both)(film), head(film), L.LSTM(2)(T(cnn("cnn"))(film))])


CASES = {steps_pictures: ("keras", "h5"), steps_sequences: ("keras",), steps_models: ("keras",)}


def of(make):
    def build(K):
        return make()
    build.__name__ = make.__name__
    return build


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/keras"
    for make, formats in CASES.items():
        make_keras.write(folder, keras, of(make), formats)


if __name__ == "__main__":
    main()
