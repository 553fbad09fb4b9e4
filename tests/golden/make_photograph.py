#!/usr/bin/env python3
"""Writes what tests/examples/5_photograph.sh gives the example: a small classifier, pictures and Keras's answers.

Usage:  make_photograph.py [FOLDER]      (default: tests/examples/photograph)
Needs:  pip install keras tensorflow-cpu

    FOLDER/simple.keras, mobilenet.keras   classifiers of 32 x 32 and 96 x 96, with made-up weights
    FOLDER/picture.png, picture.jpg        60 x 44, so that the example has to resize them
    FOLDER/names.txt                       a name a class
    FOLDER/MODEL.MODE.txt                  "class probability" of the five likeliest, by Keras, for picture.png
"""
import os
import sys
import zipfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow as tf

CLASSES = 8
MODES = ("caffe", "tf", "torch")


def picture():
    """Bands, a disc and a gradient: nothing that resizing leaves alone."""
    y, x = np.mgrid[:44, :60].astype("float32")
    disc = (x - 38) ** 2 + (y - 20) ** 2 < 150
    red = 127 + 120 * np.sin(x / 5)
    green = np.where(disc, 230, 4 * y)
    blue = 255 - 3 * x
    return np.stack([red, green, blue], -1).clip(0, 255).astype("uint8")


def simple():
    L = keras.layers
    x = first = L.Input((32, 32, 3))
    x = L.Conv2D(8, 5, strides=4, activation="relu")(x)
    x = L.Flatten()(L.Conv2D(4, 3, activation="relu")(x))
    return keras.Model(first, L.Dense(CLASSES, activation="softmax")(x), name="simple")


def mobilenet():
    return keras.applications.MobileNetV2((96, 96, 3), alpha=0.1, weights=None, classes=CLASSES, name="mobilenet")


def randomize(model, rng, batch):
    """Made-up weights by which the classes differ; moving statistics are those of the values that come."""
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            x = keras.Model(model.inputs, layer.input).predict(batch, verbose=0)
            axes = tuple(range(x.ndim - 1))
            layer.set_weights([rng.uniform(0.5, 1.5, x.shape[-1]), rng.normal(0, 0.3, x.shape[-1]),
                               x.mean(axes), x.var(axes) + 0.1])
    last = model.layers[-1]
    features = keras.Model(model.inputs, last.input).predict(batch, verbose=0)
    kernel, bias = last.get_weights()
    logits = features @ kernel
    last.set_weights([kernel * 2 / logits.std(), bias])


def pack(path):
    """Writes the archive anew, deflated: HDF5 files have many zeros."""
    with zipfile.ZipFile(path) as old:
        members = [(name, old.read(name)) for name in old.namelist()]
    with zipfile.ZipFile(path, "w") as new:
        for name, content in members:
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "examples" / "photograph"
    folder.mkdir(parents=True, exist_ok=True)
    pixels = picture()
    (folder / "picture.png").write_bytes(tf.io.encode_png(pixels).numpy())
    (folder / "picture.jpg").write_bytes(tf.io.encode_jpeg(pixels, quality=98, chroma_downsampling=False).numpy())
    (folder / "names.txt").write_text("".join(f"the class {c}\n" for c in "ABCDEFGH"))
    for make in (simple, mobilenet):
        keras.utils.set_random_seed(5)
        model = make()
        size = model.input_shape[1:3]
        resized = keras.ops.image.resize(pixels[None].astype("float32"), size, interpolation="bilinear")
        given = {mode: keras.applications.imagenet_utils.preprocess_input(np.array(resized), mode=mode)
                 for mode in MODES}
        randomize(model, np.random.default_rng(5), given["tf"])
        model.save(folder / f"{make.__name__}.keras")
        pack(folder / f"{make.__name__}.keras")
        for mode, x in given.items():
            row = model.predict(x, verbose=0)[0]
            best = np.argsort(-row, kind="stable")[:5]
            (folder / f"{make.__name__}.{mode}.txt").write_text("".join(f"{c} {row[c]:.6f}\n" for c in best))


if __name__ == "__main__":
    main()
