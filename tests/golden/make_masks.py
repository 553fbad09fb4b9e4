#!/usr/bin/env python3
"""Writes model files with masks, and of what goes by answers of yes and no, as make_keras.py does for others.

Usage:  make_masks.py [FOLDER]           (default: data/keras beside this script)
Needs:  pip install keras tensorflow-cpu tf_keras

Inputs called "ids" are of whole numbers, "steps" of sequences; both with steps that are 0: the last ones in the first
sample, the first and some others in the second, none in the third, and all in the fourth.
"""
import sys
from pathlib import Path

import make_keras
import numpy as np
import tf_keras
from make_keras import flat, keras, pack, randomize, rng

L, ops = keras.layers, keras.ops
ROWS = 7


def ids(name="ids", shape=(6,)):
    return L.Input(shape, name=name)


def embedded(x, size=4):
    return L.Embedding(ROWS, size, mask_zero=True)(x)


def steps(features=3):
    return L.Input((6, features), name="steps")


def masks_recurrent():
    """Every recurrent layer, with its rows, its last row and its states."""
    x = ids()
    e = embedded(x)
    lstm = L.LSTM(5, return_sequences=True, return_state=True)(e)
    ends = [*lstm, L.LSTM(3)(e), *L.GRU(3, return_sequences=True, return_state=True, go_backwards=True)(e),
            L.GRU(17, reset_after=False)(e), *L.SimpleRNN(4, return_state=True)(e), L.RNN(L.LSTMCell(2))(e),
            L.LSTM(3, return_sequences=True, zero_output_for_mask=True)(e),
            *L.SimpleRNN(3, zero_output_for_mask=True, return_state=True)(e), L.GRU(3)(lstm[0])]
    return keras.Model(x, ends)


def masks_directions():
    """Both directions, with rows or without, and what comes of the mask behind."""
    x = ids()
    e = embedded(x)
    rows = L.Bidirectional(L.LSTM(3, return_sequences=True))(e)
    a, b = L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode=None)(e)
    ends = [rows, L.Bidirectional(L.LSTM(3))(e), a, b, L.SimpleRNN(2)(rows), L.SimpleRNN(2)(b),
            *L.Bidirectional(L.LSTM(2, return_sequences=True, return_state=True), merge_mode="sum")(e)]
    return keras.Model(x, ends)


def masks_states():
    """First states: a mask must be passed then, and steps before the first that counts give 0."""
    x, h, c, m = steps(), L.Input((4,), name="h"), L.Input((4,), name="c"), L.Input((6,), dtype="bool", name="bool")
    y = L.LSTM(4, return_sequences=True, return_state=True)(x, initial_state=[h, c], mask=m)
    z = L.GRU(4, return_sequences=True, return_state=True)(L.Masking()(x), initial_state=h)  # goes unmasked
    w = L.SimpleRNN(4)(x, mask=m, initial_state=[c])
    v = L.LSTM(4, return_sequences=True, return_state=True, zero_output_for_mask=True, go_backwards=True)(
        x, initial_state=[h, c], mask=m)
    u = L.Bidirectional(L.SimpleRNN(4, return_sequences=True))(x, initial_state=[h, c], mask=m)
    return keras.Model([x, h, c, m], [*y, *z, w, *v, u, L.SimpleRNN(2)(z[0]), L.LSTM(2)(y[0])])


def masks_chain():
    """A Sequential model, whose file names no masks."""
    return keras.Sequential([steps(), L.Masking(0.0), L.Dense(4), L.LayerNormalization(), L.Dropout(0.5),
                             L.Activation("tanh"), L.BatchNormalization(), L.LeakyReLU(), L.SpatialDropout1D(0.1),
                             L.TimeDistributed(L.Dense(3)), L.LSTM(3, return_sequences=True), L.GlobalAveragePooling1D()])


def masks_merged():
    """Merge layers of masked tensors, and of masked ones with others."""
    x, y = ids("ids"), ids("ids_too")
    z = L.Input((6, 4), name="z")
    a, b = embedded(x), embedded(y)
    ends = []
    for merge in (L.Add, L.Subtract, L.Average, L.Multiply, L.Maximum, L.Minimum, L.Concatenate):
        for inputs in ([a, b], [a, z], [z, a, b]):
            if merge is not L.Subtract or len(inputs) == 2:
                m = merge()(inputs)
                ends.append(L.GlobalAveragePooling1D()(m) if len(inputs) == 2 else m)
    ends += [L.SimpleRNN(2)(L.Concatenate(axis=1)(inputs)) for inputs in ([a, b], [z, a], [a, a, b])]
    ends.append(L.SimpleRNN(2)(L.Dot(axes=2)([a, b])))
    return keras.Model([x, y, z], ends)


def masks_ended():
    """Layers and operations behind which there is no mask."""
    x = ids()
    e = embedded(x)
    layers = [L.Conv1D(3, 2, padding="same"), L.Reshape((6, 4)), L.Permute((2, 1)), L.EinsumDense("abc,cd->abd", (None, 3)),
              L.AveragePooling1D(1), L.UpSampling1D(1), L.Cropping1D(0), L.ZeroPadding1D(0)]
    ends = [L.SimpleRNN(2)(layer(e)) for layer in layers]
    ends += [L.SimpleRNN(2)(e * 2.0), L.SimpleRNN(2)(ops.tanh(e)), L.SimpleRNN(2)(L.Identity()(e)),
             L.SimpleRNN(2)(L.UnitNormalization()(L.PReLU()(e))), L.GlobalMaxPooling1D()(e), L.Flatten()(e)]
    return keras.Model(x, ends)


def masks_models():
    """Inner models: masks that come in, come out, and are passed."""
    x, s = ids(), steps()
    m = L.Input((6,), dtype="bool", name="bool")
    text = keras.Sequential([L.Input((6,)), L.Embedding(ROWS, 4, mask_zero=True), L.Dropout(0.1)], name="text")
    i = L.Input((6, 3))
    head = keras.Model(i, L.LSTM(2)(L.Dense(3)(i)), name="head")
    rows = L.GRU(3, return_sequences=True)(text(x))
    return keras.Model([x, s, m], [rows, head(rows), head(L.Masking()(s)), head(s, mask=m), L.SimpleRNN(2)(text(x))])


def masks_softmax():
    """Softmax over what a mask leaves, along one axis or two."""
    x, m, n = L.Input((5, 6), name="x"), L.Input((5, 6), dtype="bool", name="bool"), L.Input((1, 6), name="n")
    y = L.Softmax()(x, m)
    return keras.Model([x, m, n], [y, L.Softmax(axis=1)(x, mask=m), L.Softmax(axis=(1, 2))(x, m), L.Softmax()(x, n)])


def masks_pooled():
    x, m = steps(), L.Input((6,), name="numbers")
    g = L.GlobalAveragePooling1D
    return keras.Model([x, m], [g()(x, mask=m), g(keepdims=True)(x, m), g(keepdims=True)(L.Masking()(x))])


def answers():
    """Comparisons, logic, and what goes by them."""
    a, b, m = L.Input((5,), name="ids_a"), L.Input((5,), name="ids_b"), L.Input((5,), dtype="bool", name="bool")
    ends = [ops.equal(a, b), ops.not_equal(a, 1), ops.less(a, b), a <= b, a > 2, 3 >= a, ops.logical_and(a, m), ops.logical_or(a, b),
            ops.logical_xor(m, b), ~m, ops.any(m, axis=-1), ops.all(a, axis=1, keepdims=True),
            ops.where(m, a, b), ops.where(a > b, a, 0.5), ops.where(m, 1.0, b), ops.where(m, 2.0, -1.0), (a > 1) & m, (a > 1) | m]
    ends = [ops.cast(y, "float32") for y in ends]
    ends += [ops.zeros_like(a), ops.ones_like(m, dtype="float32"), ops.cast(ops.cast(a, "bool"), "int32"),
             ops.convert_to_tensor(b)]
    return keras.Model([a, b, m], ends)


def masks_attention():
    """Attention and AdditiveAttention: masks that their inputs carry, and lists of masks, with scores and without."""
    x, y, s = ids("ids"), ids("ids_too", (5,)), steps(4)
    m, n = L.Input((6,), dtype="bool", name="bool"), L.Input((5,), dtype="bool", name="bool_too")
    a, b = embedded(x), embedded(y)
    ends = [L.Attention()([a, b]), L.Attention(use_scale=True)([a, a], use_causal_mask=True),
            L.AdditiveAttention()([a, b]), L.Attention(score_mode="concat")([s, b]),
            *L.Attention()([s, b], mask=[m, None], return_attention_scores=True),
            *L.Attention()([s, s, s], mask=[m, m], return_attention_scores=True, use_causal_mask=True),
            *L.AdditiveAttention()([s, b, b], mask=[None, n, n], return_attention_scores=True),
            *L.Attention()([s, s], return_attention_scores=True), L.AdditiveAttention()([a, a], use_causal_mask=True)]
    return keras.Model([x, y, s, m, n], [*ends, L.SimpleRNN(2)(ends[0]), L.SimpleRNN(2)(ends[2])])


def masks_heads():
    """Heads: masks that query, value and key carry, and that are passed, all together."""
    x, y, s = ids("ids"), ids("ids_too", (5,)), steps(4)
    every, n = L.Input((6, 5), dtype="bool", name="every_bool"), L.Input((5,), dtype="bool", name="bool")
    a, b, H, G = embedded(x), embedded(y), L.MultiHeadAttention, L.GroupQueryAttention
    ends = [H(2, 3)(embedded(x), b), H(2, 3)(s, embedded(y)), H(2, 3)(embedded(x), s), H(2, 3, dropout=0.1)(embedded(x), s),
            H(2, 3)(embedded(x), embedded(y), attention_mask=every), H(2, 3)(s, s, use_causal_mask=True),
            H(1, 3)(s, embedded(y), embedded(y), value_mask=n, key_mask=n, attention_mask=every, use_causal_mask=True),
            H(2, 3, sliding_window=2, dropout=0.1)(s, s, value_mask=ops.not_equal(x, 0)),
            G(4, 2, 2)(a, a), G(4, 2, 2)(a, a, use_causal_mask=True), G(4, 2, 1)(s, s, query_mask=ops.not_equal(x, 0))]
    return keras.Model([x, y, s, every, n], ends)


def masks_scores():
    """Scores as results."""
    x, y, s = ids("ids"), ids("ids_too", (5,)), steps(4)
    p = L.Input((2, 3, 4), name="p")
    a, b, H, G = embedded(x), embedded(y), L.MultiHeadAttention, L.GroupQueryAttention
    ends = [H(2, 3)(s, s, return_attention_scores=True), H(2, 3)(a, b, return_attention_scores=True),
            H(2, 5, value_dim=2, use_gate=True)(s, s, use_causal_mask=True, return_attention_scores=True),
            G(4, 2, 2)(s, s, return_attention_scores=True), G(4, 2, 1)(embedded(x), embedded(y), use_causal_mask=True,
                                                                      return_attention_scores=True),
            H(2, 3)(p, p, return_attention_scores=True), H(2, 3, sliding_window=2)(s, s, return_attention_scores=True)]
    ends = [part for end in ends for part in end]
    return keras.Model([x, y, s, p], [*ends, L.SimpleRNN(2)(ends[2])])


def masks_transformer():
    """A block of a text model: attention takes the mask away from what it reads, and passes on the query's."""
    x = ids()
    e = embedded(x)
    a = L.MultiHeadAttention(2, 3)(e, e)
    y = L.LayerNormalization()(L.Add()([e, a]))
    z = L.LayerNormalization()(a)
    h = L.Dropout(0.1)(L.Dense(4, activation="gelu")(z))
    g = L.LayerNormalization()(L.Add()([z, h]))
    w = L.MultiHeadAttention(2, 3)(g, L.Dense(4)(h))
    return keras.Model(x, [L.GlobalAveragePooling1D()(v) for v in (y, z, L.Add()([g, w]), w, e)])


def masks_lines():
    """Words of lines, of which some are no words, and lines that are none."""
    x = L.Input((4, 6), name="ids")
    e = embedded(x)
    d = L.TimeDistributed
    rows = d(L.LSTM(3))(e)
    words = d(L.Bidirectional(L.GRU(2, return_sequences=True)))(e)
    return keras.Model(x, [rows, words, d(L.SimpleRNN(2))(words), d(L.Dense(2))(rows)])


CASES = (masks_recurrent, masks_directions, masks_states, masks_chain, masks_merged, masks_ended, masks_models,
         masks_softmax, masks_pooled, masks_attention, masks_heads, masks_scores, masks_transformer, masks_lines, answers)


POOLED = (masks_chain, masks_merged, masks_pooled, masks_transformer)  # the mean of no step is NaN


def keras2_masks(K):
    """What Keras 2 does with the masks that tensors carry, where attention takes none away."""
    L = K.layers
    x = L.Input((6,), name="ids")
    e = L.Embedding(ROWS, 4, mask_zero=True)(x)
    rows = L.Bidirectional(L.LSTM(3, return_sequences=True))(e)
    h, *states = L.GRU(3, return_state=True)(e)
    a = L.MultiHeadAttention(2, 3)(e, e, use_causal_mask=True)
    b = L.MultiHeadAttention(2, 3)(rows, e, key=a)
    ends = [rows, h, *states, L.GRU(3)(e, initial_state=states), L.Attention()([rows, rows]), a, b]
    return K.Model(x, [*ends, L.SimpleRNN(2)(L.Add()([e, a])), L.SimpleRNN(2)(L.Dropout(0.1)(b))])


def new_input(x, make=None):
    shape = (4, *x.shape[1:])
    keep = np.ones((4, max(x.shape[1], 4)))  # by step; of an input of fewer it is not asked for
    keep[0, -2:] = keep[1, :2] = keep[1, 3] = keep[3, make in POOLED :] = 0
    if x.name.startswith("ids"):
        return rng.integers(1, ROWS, size=shape) * keep.reshape(shape[:2] + (1,) * (len(shape) - 2))
    if x.name == "steps":
        return rng.normal(size=shape) * keep[..., None]
    if x.dtype == "bool" and len(shape) == 2:
        return keep
    values = rng.normal(size=shape)
    return values > 0 if x.dtype == "bool" else np.maximum(values, 0) if x.name == "n" else values


def write(folder, make, K=keras):
    K.backend.clear_session()
    model = make() if K is keras else make(K)
    randomize(model)
    xs = [new_input(x, make).astype("float32") for x in flat(model.inputs)]
    if make is masks_pooled:
        xs[1][:] = new_input(L.Input((6,), dtype="bool"), make)
    ys = flat(model.predict(xs if len(xs) > 1 else xs[0], verbose=0))
    for kind, arrays in (("x", xs), ("y", ys)):
        for i, array in enumerate(arrays):
            np.save(folder / f"{make.__name__}.{kind}{i}.npy", np.asarray(array, "float32"))
    path = folder / f"{make.__name__}.keras"
    model.save(path)
    pack(path, True)
    if K is not keras:
        model.save(path.with_suffix(".h5"))


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/keras"
    folder.mkdir(parents=True, exist_ok=True)
    for make in CASES:
        write(folder, make)
    write(folder, keras2_masks, tf_keras)


if __name__ == "__main__":
    main()
