#!/usr/bin/env python3
"""Writes the model files that tests/load/test_keras_recurrent.c loads, with Keras's inputs and outputs.

Usage:  make_recurrent.py [FOLDER]           (default: data/keras beside this script)
Needs:  pip install keras tensorflow-cpu tf_keras

The files are those of make_keras.py: FOLDER/CASE.keras, CASE.h5, CASE.x0.npy, ..., CASE.y0.npy, ...
"""
import sys
from pathlib import Path

import make_keras
import numpy as np
from make_keras import flat, keras, pack, tf_keras

TIME, FEATURES, UNITS, ROWS = 4, 3, 5, 7

rng = np.random.default_rng(2)


def of(name, **options):
    """A model of one layer on a sequence."""
    def make(K):
        x = K.layers.Input((TIME, FEATURES))
        return K.Model(x, getattr(K.layers, name)(UNITS, **options)(x))
    return make


def with_states(name, states):
    """The first and the last states from and to outside."""
    def make(K):
        x = K.layers.Input((TIME, FEATURES))
        initial = [K.layers.Input((UNITS,)) for _ in range(states)]
        layer = getattr(K.layers, name)(UNITS, return_sequences=True, return_state=True)
        return K.Model([x, *initial], layer(x, initial_state=initial))
    return make


def cell(K):
    x = K.layers.Input((TIME, FEATURES))
    return K.Model(x, K.layers.RNN(K.layers.GRUCell(UNITS), return_sequences=True, go_backwards=True)(x))


def both(mode, name="LSTM", **options):
    def make(K):
        x = K.layers.Input((TIME, FEATURES))
        layer = getattr(K.layers, name)(UNITS, **options)
        return K.Model(x, K.layers.Bidirectional(layer, merge_mode=mode)(x))
    return make


def both_different(K):
    """Two kinds of layers, with initial states."""
    L = K.layers
    x = L.Input((TIME, FEATURES))
    states = [L.Input((UNITS,)) for _ in range(2)]
    y = L.Bidirectional(L.GRU(UNITS), backward_layer=L.SimpleRNN(UNITS, go_backwards=True, activation="relu"))
    return K.Model([x, *states], y(x, initial_state=states))


def text(K):
    """Embedding and two layers, the usual way."""
    L = K.layers
    return K.Sequential([L.Input((TIME,)), L.Embedding(ROWS, FEATURES), L.LSTM(UNITS, return_sequences=True),
                         L.Bidirectional(L.GRU(UNITS)), L.Dense(2, activation="softmax")])


def distributed(K):
    """Layers on all steps at once, and such that need them taken apart."""
    L = K.layers
    x = L.Input((TIME, 6, 5, 2))
    y = L.TimeDistributed(L.Conv2D(3, 3, activation="relu"))(x)
    y = L.TimeDistributed(L.BatchNormalization())(y)
    y = L.TimeDistributed(L.Dense(2, activation="tanh"))(y)
    y = L.TimeDistributed(L.Flatten())(y)
    return K.Model(x, y)


def distributed_rnn(K):
    x = K.layers.Input((3, TIME, FEATURES))
    return K.Model(x, K.layers.TimeDistributed(K.layers.LSTM(UNITS))(x))


KERAS3 = {  # case: model, formats
    "simple_rnn": (of("SimpleRNN"), ("keras", "h5")),
    "simple_rnn_relu": (of("SimpleRNN", activation="relu", return_sequences=True, go_backwards=True), ("keras",)),
    "simple_rnn_no_bias": (of("SimpleRNN", use_bias=False), ("keras",)),
    "simple_rnn_states": (with_states("SimpleRNN", 1), ("keras",)),
    "lstm": (of("LSTM"), ("keras", "h5")),
    "lstm_sequences": (of("LSTM", return_sequences=True, go_backwards=True, unroll=True), ("keras",)),
    "lstm_functions": (of("LSTM", activation="softsign", recurrent_activation="hard_sigmoid"), ("keras",)),
    "lstm_states": (with_states("LSTM", 2), ("keras", "h5")),
    "lstm_return_state": (of("LSTM", return_state=True, use_bias=False), ("keras",)),
    "gru": (of("GRU"), ("keras", "h5")),
    "gru_sequences": (of("GRU", return_sequences=True, go_backwards=True), ("keras",)),
    "gru_reset_before": (of("GRU", reset_after=False, return_sequences=True), ("keras",)),
    "gru_no_bias": (of("GRU", use_bias=False), ("keras",)),
    "gru_states": (with_states("GRU", 1), ("keras",)),
    "rnn_cell": (cell, ("keras",)),
    "bidirectional_concat": (both("concat", return_sequences=True), ("keras", "h5")),
    "bidirectional_sum": (both("sum", return_sequences=True), ("keras",)),
    "bidirectional_mul": (both("mul", "GRU", reset_after=False), ("keras",)),
    "bidirectional_ave": (both("ave", "SimpleRNN", return_sequences=True), ("keras",)),
    "bidirectional_none": (both(None, return_sequences=True, return_state=True), ("keras",)),
    "bidirectional_states": (both("concat", "GRU", return_sequences=True, return_state=True), ("keras",)),
    "bidirectional_different": (both_different, ("keras",)),
    "text": (text, ("keras", "h5")),
    "distributed": (distributed, ("keras", "h5")),
    "distributed_rnn": (distributed_rnn, ("keras",)),
}
KERAS2 = {
    "lstm": (of("LSTM"), ("h5", "keras")),
    "gru_states": (with_states("GRU", 1), ("h5",)),
    "bidirectional_concat": (both("concat", return_sequences=True), ("h5", "keras")),
    "text": (text, ("h5", "keras")),
    "distributed": (distributed, ("h5",)),
}


def randomize(layer):
    values = [rng.normal(size=w.shape, scale=0.5) for w in layer.get_weights()]
    layer.set_weights([np.abs(v) + 0.5 if "variance" in w.name else v for v, w in zip(values, layer.weights)])


def new_input(x, is_rows):
    shape = (2, *x.shape[1:])
    return rng.integers(0, ROWS, size=shape) if is_rows else rng.normal(size=shape)


def write(folder, K, name, make, formats):
    K.backend.clear_session()
    model = make(K)
    name = ("keras2_" if K is tf_keras else "") + name
    for layer in model.layers:
        randomize(layer)
    inputs = flat(model.inputs)
    xs = [new_input(x, make is text).astype("float32") for x in inputs]
    ys = flat(model.predict(xs if len(xs) > 1 else xs[0], verbose=0))
    for kind, arrays in (("x", xs), ("y", ys)):
        for i, array in enumerate(arrays):
            np.save(folder / f"{name}.{kind}{i}.npy", np.asarray(array, "float32"))
    for form in formats:
        path = folder / f"{name}.{form}"
        model.save(path)
        if form == "keras":
            pack(path, True)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/keras"
    folder.mkdir(parents=True, exist_ok=True)
    for K, cases in ((keras, KERAS3), (tf_keras, KERAS2)):
        for name, (make, formats) in cases.items():
            write(folder, K, name, make, formats)


if __name__ == "__main__":
    main()
