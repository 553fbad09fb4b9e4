#!/usr/bin/env python3
"""Writes the model files that tests/load/test_keras_resizing.c loads, with Keras's inputs and outputs.

Usage:  make_resizing.py [FOLDER]           (default: data/keras beside this script)
Needs:  pip install keras tensorflow-cpu

    FOLDER/CASE.keras                    one input, several outputs
    FOLDER/CASE.x0.npy, CASE.y0.npy, ... the input and the outputs
"""
import json
import os
import sys
import zipfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
from keras import layers as L

rng = np.random.default_rng(1)


def steps(x):
    return [L.ZeroPadding1D(2)(x), L.ZeroPadding1D((0, 3))(x), L.Cropping1D()(x), L.Cropping1D((0, 3))(x),
            L.UpSampling1D()(x), L.UpSampling1D(3)(x)]


def moves(x):
    return [L.ZeroPadding2D()(x), L.ZeroPadding2D((1, 2))(x), L.ZeroPadding2D(((0, 1), (3, 0)))(x),
            L.Cropping2D(1)(x), L.Cropping2D((0, 2))(x), L.Cropping2D(((1, 0), (0, 3)))(x),
            L.UpSampling2D()(x), L.UpSampling2D((1, 3))(x)]


def sizes(x):
    return [L.UpSampling2D((2, 3), interpolation="bilinear")(x), L.Resizing(11, 4)(x), L.Resizing(7, 6)(x),
            L.Resizing(4, 5, interpolation="nearest")(x), L.Resizing(13, 3, interpolation="nearest")(x),
            L.Resizing(3, 7, crop_to_aspect_ratio=True)(x),
            L.Resizing(5, 9, pad_to_aspect_ratio=True, fill_value=0.5)(x),
            L.CenterCrop(4, 3)(x), L.CenterCrop(9, 3)(x)]


def folded(x):
    """What most picture models begin with."""
    a = L.Conv2D(5, 3, strides=2, activation="relu")(L.ZeroPadding2D(((0, 1), (0, 1)))(x))
    b = L.BatchNormalization()(L.Conv2D(4, 5)(L.ZeroPadding2D((2, 1))(x)))
    c = L.Concatenate()([L.UpSampling2D((2, 2))(a), L.Cropping2D(((1, 2), (2, 1)))(L.ZeroPadding2D(1)(x))])
    return [a, b, L.Conv2D(3, 2, padding="same")(c)]


CASES = {steps: (7, 3), moves: (7, 6, 3), sizes: (7, 6, 3), folded: (7, 7, 3)}


def pack(path):
    """Writes the archive anew, deflated and with no date."""
    with zipfile.ZipFile(path) as old:
        members = {name: old.read(name) for name in old.namelist()}
    members["metadata.json"] = json.dumps({**json.loads(members["metadata.json"]),
                                           "date_saved": "2000-01-01@00:00:00"}).encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, content)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data" / "keras"
    for build, shape in CASES.items():
        name = f"resizing_{build.__name__}"
        inputs = L.Input(shape)
        model = keras.Model(inputs, build(inputs))
        for weight in model.weights:
            weight.assign(rng.uniform(0.2, 1, weight.shape) if "variance" in weight.path else
                          rng.normal(0, 0.5, weight.shape))
        x = rng.normal(0, 1, (2, *shape)).astype(np.float32)
        if build is sizes:  # they spread as far as Keras's formula reads
            x[0, 2, 3, 1], x[1, 4, 1, 0] = np.inf, np.nan
        model.save(folder / f"{name}.keras")
        pack(folder / f"{name}.keras")
        np.save(folder / f"{name}.x0.npy", x)
        for i, y in enumerate(model.predict(x, verbose=0)):
            np.save(folder / f"{name}.y{i}.npy", y)


main()
