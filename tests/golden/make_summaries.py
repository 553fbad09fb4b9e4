#!/usr/bin/env python3
"""Writes what Keras's Model.summary() prints for the models that tests/model/test_summary.c builds.

Usage:  make_summaries.py [FOLDER]       (default: data/summary beside this script)
Needs:  pip install keras tensorflow-cpu

    FOLDER/MODEL.txt           at Keras's default width
    FOLDER/MODEL_WIDTH.txt     at line_length=WIDTH
A model without a name is called "functional"; plait's graphs have none.
"""
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["COLUMNS"] = "1000"  # the terminal would cap the width
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
from keras import Input, layers


def branch(x, side):
    x = layers.Conv2D(32, 3, padding="same", name=f"{side}_conv1")(x)
    x = layers.BatchNormalization(name=f"{side}_bn")(x)
    x = layers.ReLU()(x)
    return layers.Conv2D(32, 3, padding="same", activation="tanh", use_bias=False, name=f"{side}_conv2")(x)


def two_branch():
    left, right = Input((32, 32, 3), name="left"), Input((32, 32, 3), name="right")
    x = layers.Flatten()(layers.Concatenate()([branch(left, "left"), branch(right, "right")]))
    return [left, right], layers.Dense(10, activation="softmax", name="probabilities")(x)


def chain():
    first = x = Input((8, 9, 3))
    x = layers.Conv2D(16, 3, activation="relu")(x)
    x = layers.BatchNormalization(scale=False)(x)
    x = layers.Activation("tanh")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1000)(x)
    return first, layers.Softmax()(x)


def residual():
    first = x = Input((16, 16, 8))
    for _ in range(2):
        y = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 3, padding="same")(x)))
        x = layers.Add()([layers.Conv2D(8, 3, padding="same")(y), x])
    return first, x


def names():
    first = Input((4, 5), name="an input whose name is a whole sentence of many short words")
    x = layers.ReLU(name="a_single_word_that_is_longer_than_any_column_that_keras_makes_for_it_by_default")(first)
    y = layers.ReLU(name="über_größe")(first)
    z = layers.ReLU(name=" Σ  two  spaces ")(first)
    return first, layers.Multiply(name="x")([x, y, z])


def many_inputs():
    inputs = [Input((7,)) for _ in range(9)]
    x = layers.Average()(inputs)
    return inputs, layers.Maximum()([x, inputs[4], x, layers.Minimum()(inputs[:2])])


def order():
    """Outputs at several depths, one of them twice; inputs that nothing reads; branches of unequal length."""
    inputs = [Input((6,), name=name) for name in ("unused_1", "b", "a", "unused_2")]
    a, b = inputs[2], inputs[1]
    deep = layers.ReLU(name="deep3")(layers.ReLU(name="deep2")(layers.ReLU(name="deep1")(b)))
    shallow = layers.ReLU(name="shallow")(a)
    joined = layers.Subtract(name="joined")([shallow, deep])
    return inputs, [layers.ReLU(name="end2")(joined), shallow, layers.ReLU(name="end1")(joined), shallow, b]


def alone():
    only = Input((3, 224, 224), name="only")
    return only, only


WIDTHS = {
    two_branch: (None, 19, 80, 155),
    chain: (None, 16, 40, 101),
    residual: (None, 28, 75),
    names: (None, 33, 64, 250),
    many_inputs: (None, 47),
    order: (None,),
    alone: (None,),
}


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/summary"
    folder.mkdir(parents=True, exist_ok=True)
    for make, widths in WIDTHS.items():
        keras.backend.clear_session()
        model = keras.Model(*make(), name="functional")
        for width in widths:
            name = f"{make.__name__}_{width}.txt" if width else f"{make.__name__}.txt"
            parts = []
            model.summary(line_length=width, print_fn=parts.append)
            (folder / name).write_text("".join(parts), encoding="utf-8")


if __name__ == "__main__":
    main()
