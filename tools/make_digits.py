#!/usr/bin/env python3
"""Trains the two-branch digits model with Keras, once a merge, and writes what the example needs.

Usage:  make_digits.py [FOLDER]          (default: examples/digits beside this script's folder)
Needs:  pip install keras tensorflow-cpu scikit-learn
Takes:  some minutes on two cores.

The digits are scikit-learn's `load_digits`: 1797 scanned handwritten digits of 8x8 pixels, values 0..16.
Every digit makes two pictures of 16x16: `left`, the digit enlarged, and `right`, its edges.

    left  - conv1 - bn - ReLU - conv2 -+
                                       +- merge - Flatten - dense1 - dense2 - Flatten
    right - conv1 - bn - ReLU - conv2 -+

Files, the arrays float32 .npy in C order; the digits are the 200 that were held out of the training:
    left.npy right.npy    (200, 16, 16, 1)  inputs
    labels.npy            (200,)            the digit, 0..9
    MERGE.keras                             the model
    MERGE_keras.npy       (200, 10)         what Keras predicts for left and right
"""
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import numpy as np
from keras import layers
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SEED = 7
HELD_OUT = 200
SIZE = 16
FILTERS = 4
KERNEL = 24
EPOCHS = 50
BATCH = 32
MERGES = {"concat": layers.Concatenate, "add": layers.Add}


def enlarge(pictures, size):
    """Bilinear, with pixel centres at halves and the border repeated: rows by a matrix, then columns."""
    old = pictures.shape[-1]
    source = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
    matrix = np.maximum(0, 1 - np.abs(source[:, None] - np.arange(old)))
    return matrix @ pictures @ matrix.T


def edges(pictures):
    """The magnitude of Sobel's gradient, scaled to about 0..1; outside of the picture is 0."""
    p = np.pad(pictures, ((0, 0), (1, 1), (1, 1)))
    down = p[:, :, :-2] + 2 * p[:, :, 1:-1] + p[:, :, 2:]
    across = p[:, :-2] + 2 * p[:, 1:-1] + p[:, 2:]
    return np.hypot(down[:, 2:] - down[:, :-2], across[:, :, 2:] - across[:, :, :-2]) / 4


def load_pictures():
    """(left, right, labels) for the training, and the same for the held-out digits."""
    digits, labels = load_digits(return_X_y=True)
    left = enlarge(digits.reshape(-1, 8, 8) / 16, SIZE)
    right = edges(left)
    left, right = (p[..., None].astype(np.float32) for p in (left, right))
    split = train_test_split(left, right, labels, test_size=HELD_OUT, stratify=labels, random_state=SEED)
    return split[0::2], split[1::2]


def branch(side):
    x = first = layers.Input((SIZE, SIZE, 1), name=side)
    x = layers.Conv2D(FILTERS, KERNEL, padding="same", name=f"{side}_conv1")(x)
    x = layers.BatchNormalization(momentum=0.9, name=f"{side}_bn")(x)
    x = layers.ReLU()(x)
    return first, layers.Conv2D(FILTERS, KERNEL, padding="same", name=f"{side}_conv2")(x)


def wide():
    """Initial weights behind a softmax: its 24 values sum to 1, so the usual small ones would hear nothing."""
    return keras.initializers.RandomNormal(stddev=2)


def two_branch(merge):
    left, left_end = branch("left")
    right, right_end = branch("right")
    x = layers.Flatten()(MERGES[merge]()([left_end, right_end]))
    x = layers.Dense(24, activation="softmax", name="dense1")(x)
    x = layers.Dense(10, activation="softmax", name="dense2", kernel_initializer=wide())(x)
    return keras.Model([left, right], layers.Flatten()(x), name=merge)


def train(model, left, right, labels):
    """A low rate, rising at first, or the hidden softmax saturates and its units never part again."""
    steps = EPOCHS * -(-len(labels) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(2e-5, steps, warmup_target=2e-4, warmup_steps=steps // 20)
    model.compile(keras.optimizers.Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit([left, right], labels, batch_size=BATCH, epochs=EPOCHS, verbose=2)


def save(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, np.ascontiguousarray(values, np.float32))


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "examples" / "digits"
    training, (left, right, labels) = load_pictures()
    save(folder / "left.npy", left)
    save(folder / "right.npy", right)
    save(folder / "labels.npy", labels)
    for merge in MERGES:
        keras.utils.set_random_seed(SEED)
        model = two_branch(merge)
        train(model, *training)
        model.compile()  # without the optimizer, whose values would triple the file
        model.save(folder / f"{merge}.keras")
        predicted = model.predict([left, right], verbose=0)
        save(folder / f"{merge}_keras.npy", predicted)
        correct = np.mean(predicted.argmax(axis=1) == labels)
        print(f"{merge}: {100 * correct:.1f} % of {len(labels)} held-out digits")


if __name__ == "__main__":
    main()
