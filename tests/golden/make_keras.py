#!/usr/bin/env python3
"""Writes the model files that tests/load/test_keras.c loads, with Keras's inputs, outputs and summaries.

Usage:  make_keras.py [FOLDER]           (default: data/keras beside this script)
Needs:  pip install keras tensorflow-cpu tf_keras

    FOLDER/CASE.keras, CASE.h5                     the model; keras2_* by tf_keras, which is Keras 2
    FOLDER/CASE.x0.npy, ..., CASE.y0.npy, ...      inputs and outputs, in the order of the model's own
    FOLDER/CASE.txt                                what summary() prints
    FOLDER/CASE.expanded                           the same with expand_nested and show_trainable
    FOLDER/integers.keras, weights_only.h5         files to be refused
"""
import io
import json
import os
import sys
import zipfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["COLUMNS"] = "1000"  # the terminal would cap the width of summaries
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import h5py
import keras
import numpy as np

rng = np.random.default_rng(1)


# ---- Models; K is keras or tf_keras


def sequential(K):
    L = K.layers
    return K.Sequential([L.Input((6, 5, 2)), L.Conv2D(3, 3, activation="relu"), L.BatchNormalization(), L.Flatten(),
                         L.Dense(4, activation="softmax")], name="chain")


def two_branch(K):
    L = K.layers
    left, right = L.Input((5, 5, 2), name="left"), L.Input((5, 5, 2), name="right")
    ends = []
    for side in (left, right):
        x = L.ReLU()(L.BatchNormalization()(L.Conv2D(3, 3, padding="same")(side)))
        ends.append(L.Conv2D(3, (2, 3), strides=2, padding="same", use_bias=False, activation="tanh")(x))
    x = L.Concatenate()([L.Add()(ends), L.Multiply()(ends)])
    return K.Model([left, right], L.Softmax()(L.Dense(4)(L.Flatten()(x))))


def encoder(K, inner=False):
    L = K.layers
    x = start = L.Input((6,))
    if inner:
        x = encoder(K)(x)
    return K.Model(start, L.Dense(6, activation="tanh")(L.Dense(3)(x)), name="outer" if inner else "encoder")


def nested(K):
    """An inner model called twice, and one in it once more."""
    L = K.layers
    x = L.Input((6,))
    model = encoder(K, inner=True)
    a = model(x)
    b = model(a)
    return K.Model(x, [L.Add()([a, b, L.Dense(6)(x)]), b])


def nested_sequential(K):
    """Inner Sequential models, called twice; the layers of both have the same names."""
    L = K.layers
    x = L.Input((5,))
    blocks = [K.Sequential([L.Input((5,)), L.Dense(5, name="one"), L.BatchNormalization(name="two")], name=name)
              for name in ("block_a", "block_b")]
    a = blocks[0](x)
    b = blocks[1](a)
    c = blocks[0](b)
    return K.Model(x, [L.Subtract()([a, c]), blocks[1](c)])


def nested_output(K):
    """An inner model's calls as outputs, the first and the second."""
    x = K.layers.Input((6,))
    model = encoder(K)
    chain = K.Sequential([K.layers.Input((6,)), K.layers.Dense(2)], name="head")
    a = model(x)
    b = model(a)
    return K.Model(x, [b, a, chain(a), chain(b)])


def frozen(K):
    """Frozen layers of an inner model: a legacy file puts their weights last."""
    L = K.layers
    inner = K.Sequential([L.Input((4,)), L.Dense(4, name="d1"), L.BatchNormalization(name="b1"), L.Dense(4, name="d2")],
                         name="inner")
    inner.layers[0].trainable = False
    x = L.Input((4,))
    return K.Model(x, L.Dense(2)(inner(x)))


def shared(K):
    L = K.layers
    a, b = L.Input((5,)), L.Input((5,))
    dense = L.Dense(7, activation="gelu")
    return K.Model([a, b], L.Concatenate()([dense(a), dense(b)]))


def twice(K):
    """A layer on its own output: in the config it stands before a layer that its second call needs."""
    L = K.layers
    x = L.Input((4,))
    dense = L.Dense(4)
    return K.Model(x, dense(L.Activation("sigmoid")(dense(x))))


def many_ends(K):
    L = K.layers
    a, b = L.Input((5,), name="zebra"), L.Input((5,), name="ape")
    x, y = L.Dense(4)(a), L.Dense(4)(b)
    return K.Model([a, b], [L.Maximum()([x, y]), L.Average()([x, y]), x])


def dictionary(K):
    """Inputs and outputs by name: their order is that of the sorted names."""
    L = K.layers
    a, b = L.Input((5,), name="zebra"), L.Input((3,), name="ape")
    x = L.Concatenate()([a, b])
    return K.Model({"zebra": a, "ape": b}, {"two": L.Dense(2)(x), "one": L.Dense(3)(x)})


def ends(K):
    """An input as output, and the same output twice."""
    x = K.layers.Input((5,))
    y = K.layers.Flatten()(x)
    return K.Model(x, [x, y, y])


def open_sizes(K):
    L = K.layers
    x = L.Input((None, None, 2))
    return K.Model(x, L.Conv2D(3, 3, activation="relu")(x))


def objects(K):
    """Activations that are layers."""
    L = K.layers
    x = L.Input((5,))
    y = L.Dense(4, activation=L.ReLU(max_value=0.5, negative_slope=0.25))(x)
    return K.Model(x, L.Dense(3, activation=L.Softmax())(y))


def half(K):
    """Weights of 16 bits; plait computes in float32."""
    L = K.layers
    x = L.Input((5,))
    return K.Model(x, L.Dense(3, dtype="bfloat16", name="b")(L.Dense(4, dtype="float16", name="a")(x)))


CASES = {  # case: formats
    sequential: ("keras", "h5"), two_branch: ("keras",), nested: ("keras", "h5"), nested_sequential: ("keras", "h5"),
    nested_output: ("keras", "h5"), frozen: ("keras", "h5"), shared: ("keras", "h5"), twice: ("keras",),
    many_ends: ("keras",), dictionary: ("keras", "h5"), ends: ("keras",), open_sizes: ("keras",), objects: ("keras", "h5"),
    half: ("keras",),
}
KERAS2_CASES = {
    sequential: ("keras", "h5"), nested: ("keras", "h5"), nested_sequential: ("h5",), nested_output: ("h5",),
    frozen: ("h5",), shared: ("h5",), twice: ("h5",), dictionary: ("keras",), open_sizes: ("h5",),
}

# plait shows each call of an inner or shared model's layers, all sizes, and 32 bits.
SUMMARIES = (sequential, two_branch, many_ends, dictionary, ends, nested, nested_sequential, nested_output, shared,
             twice, frozen)
SUMMARY_OPTIONS = {"txt": {}, "expanded": {"expand_nested": True, "show_trainable": True}}


# ---- Files


def randomize(model):
    """Other weights than the initial zeros and ones; variances positive."""
    for layer in model.layers:
        inner = getattr(layer, "layer", layer)
        if hasattr(inner, "layers"):
            randomize(inner)
            continue
        values = [rng.normal(size=w.shape, scale=0.5) for w in layer.get_weights()]
        if "BatchNormalization" in type(layer).__name__:
            values[-1] = np.abs(values[-1]) + 0.5
        if type(layer).__name__ == "Normalization" and values:  # mean, variance, count
            values[1:] = np.abs(values[1]) + 0.5, np.asarray(7)
        layer.set_weights([v.astype(w.dtype) for v, w in zip(values, layer.get_weights())])
        if type(layer).__name__ == "Normalization":
            layer.finalize_state()


def flat(values):
    """As Keras flattens: dictionaries by sorted key."""
    if isinstance(values, dict):
        return [values[key] for key in sorted(values)]
    return list(values) if isinstance(values, (list, tuple)) else [values]


def pack(path, deflate):
    """Writes the archive anew, with no date; all but one case deflated: HDF5 files have many zeros."""
    with zipfile.ZipFile(path) as old:
        members = [(name, old.read(name)) for name in old.namelist()]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED) as new:
        for name, content in members:
            if name == "metadata.json":
                content = json.dumps({**json.loads(content), "date_saved": "2000-01-01@00:00:00"}).encode()
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = new.compression
            new.writestr(info, content)
    path.write_bytes(data.getvalue())


def in_float32(make, model):
    if make is not half:
        return model
    x = keras.layers.Input((5,))
    twin = keras.Model(x, keras.layers.Dense(3)(keras.layers.Dense(4)(x)))
    twin.set_weights([np.asarray(w, "float32") for w in model.get_weights()])
    return twin


def write(folder, K, make, formats):
    name = ("" if K is keras else "keras2_") + make.__name__
    K.backend.clear_session()
    model = make(K)
    randomize(model)
    inputs = model.inputs if isinstance(model.inputs, list) else flat(model.inputs)
    xs = [rng.normal(size=(2, *(d or 6 for d in x.shape[1:]))).astype("float32") for x in inputs]
    xs = [(v > 0).astype("float32") if x.dtype == "bool" else v for v, x in zip(xs, inputs)]
    call = dict(zip(("ape", "zebra"), xs)) if make is dictionary else xs if len(xs) > 1 else xs[0]
    ys = flat(in_float32(make, model).predict(call, verbose=0))
    for kind, arrays in (("x", xs), ("y", ys)):
        for i, array in enumerate(arrays):
            np.save(folder / f"{name}.{kind}{i}.npy", np.asarray(array, "float32"))
    for form in formats:
        path = folder / f"{name}.{form}"
        model.save(path)
        if form == "keras":
            pack(path, make is not sequential)
    if K is keras and make in SUMMARIES:
        for suffix, options in SUMMARY_OPTIONS.items():
            lines = []
            model.summary(print_fn=lines.append, **options)
            (folder / f"{name}.{suffix}").write_text("".join(lines), encoding="utf-8")


def write_refused(folder):
    """A kernel of whole numbers, as quantized models have; weights without a model."""
    with zipfile.ZipFile(folder / "twice.keras") as archive:
        config, weights = archive.read("config.json"), io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(weights, "r+") as file:
        group = file["layers/dense/vars"]
        del group["0"]
        group.create_dataset("0", data=np.ones((4, 4), "int8"))
    with zipfile.ZipFile(folder / "integers.keras", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (("config.json", config), ("model.weights.h5", weights.getvalue())):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
        (folder / "weights_only.h5").write_bytes(weights.getvalue())


def main():
    import tf_keras

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/keras"
    folder.mkdir(parents=True, exist_ok=True)
    for make, formats in CASES.items():
        write(folder, keras, make, formats)
    for make, formats in KERAS2_CASES.items():
        write(folder, tf_keras, make, formats)
    write_refused(folder)


if __name__ == "__main__":
    main()
