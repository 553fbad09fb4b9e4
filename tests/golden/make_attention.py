#!/usr/bin/env python3
"""Writes model files of attention layers and EinsumDense, as make_keras.py does for others.

Usage:  make_attention.py [FOLDER]       (default: data/keras beside this script)
Needs:  pip install keras tensorflow-cpu
"""
import sys
from pathlib import Path

import make_keras
from make_keras import keras

L = keras.layers


def attention_self(K):
    x = L.Input((19, 6))
    return K.Model(x, L.MultiHeadAttention(2, 5)(x, x))


def attention_cross(K):
    """Query, value and key apart, by name; value_dim, output_shape."""
    a, b, c = L.Input((5, 6), name="a"), L.Input((7, 3), name="b"), L.Input((7, 4), name="c")
    y = L.MultiHeadAttention(3, 4, value_dim=2, output_shape=7)(query=a, value=b, key=c)
    return K.Model([a, b, c], [y, L.MultiHeadAttention(1, 3, output_shape=(2, 4), use_bias=False)(y, value=c)])


def attention_causal(K):
    """Masks that a layer makes by itself, and a gate."""
    a, b = L.Input((9, 6), name="a"), L.Input((7, 5), name="b")
    x = L.MultiHeadAttention(2, 3, use_gate=True)(a, b, use_causal_mask=True)
    y = L.MultiHeadAttention(2, 3, sliding_window=3)(x, b)  # the last query sees key 6
    return K.Model([a, b], L.MultiHeadAttention(2, 3, sliding_window=2, dropout=0.5)(y, y, use_causal_mask=True))


def attention_pictures(K):
    """Attention over rows and columns together."""
    x, y = L.Input((2, 3, 4)), L.Input((3, 2, 5))
    return K.Model([x, y], L.MultiHeadAttention(2, 3, value_dim=2, use_gate=True)(x, y))


def attention_grouped(K):
    x = L.Input((6, 8))
    y = L.GroupQueryAttention(3, 4, 2)(x, x)
    y = L.GroupQueryAttention(3, 4, 1, use_bias=False, use_gate=True)(y, x, use_causal_mask=True)
    return K.Model(x, L.GroupQueryAttention(4, 2, 2, sliding_window=2)(y, x, x))


def attention_masks(K):
    """Masks that are inputs, of numbers and bool, for all queries and for each, with others that a layer makes."""
    a, b = L.Input((5, 6), name="a"), L.Input((7, 4), name="b")
    every, line = L.Input((5, 7), name="every"), L.Input((1, 5), name="line")
    keys = L.Input((7,), dtype="bool", name="keys")
    x = L.MultiHeadAttention(2, 3)(a, b, attention_mask=L.ReLU()(every))
    y = L.MultiHeadAttention(2, 3, dropout=0.5)(query=x, value=b, key=b, value_mask=keys, use_causal_mask=True)
    z = L.GroupQueryAttention(3, 4, 2)(y, y, attention_mask=L.ReLU()(line))
    return K.Model([a, b, every, line, keys], [x, y, L.MultiHeadAttention(3, 4)(z, b, key_mask=keys)])


def attention_plain(K):
    """Attention and AdditiveAttention, with and without their weights."""
    a, b, c = L.Input((5, 6), name="a"), L.Input((7, 3), name="b"), L.Input((7, 6), name="c")
    ends = [L.Attention()([a, c]), L.Attention(use_scale=True)([a, b, c], use_causal_mask=True),
            L.Attention(score_mode="concat")([a, b, c]), L.Attention(use_scale=True, score_mode="concat")([a, c])]
    x = L.AdditiveAttention()([ends[3], c])
    return K.Model([a, b, c], [*ends[:3], L.AdditiveAttention(use_scale=False)([c, x], use_causal_mask=True)])


def einsum_dense(K):
    """Rows and columns are as many: Keras confuses them in the shapes that it works out."""
    x = L.Input((3, 3, 5))
    y = L.EinsumDense("abcd,def->abcef", (3, 3, 2, 3), bias_axes="ef", activation="relu")(x)
    y = L.EinsumDense("...xy,xyz->...z", 6, activation="softmax")(y)
    y = L.EinsumDense("abcd,cdef->abef", (3, 2, 4), activation="softmax", bias_axes="ef")(y)
    return K.Model(x, L.EinsumDense("...x,xy->...y", 3, bias_axes="y")(y))


def transformer(K):
    """An encoder's block."""
    x = L.Input((10, 8))
    a = L.MultiHeadAttention(2, 4)(x, x)
    y = L.LayerNormalization(epsilon=1e-6)(L.Add()([x, a]))
    z = L.Dense(8)(L.Dense(16, activation="gelu")(y))
    return K.Model(x, L.LayerNormalization(epsilon=1e-6)(L.Add()([y, z])))


def rms(K):
    """Normalization without a mean, and a softmax's logarithm along another axis."""
    x = L.Input((4, 5, 6))
    return K.Model(x, [L.RMSNormalization()(x), L.RMSNormalization(axis=(2, 3), epsilon=0.1)(x),
                       L.LayerNormalization(rms_scaling=True)(x), K.ops.log_softmax(x, axis=1)])


CASES = {
    attention_self: ("keras", "h5"), attention_cross: ("keras", "h5"), attention_causal: ("keras",),
    attention_pictures: ("keras",), attention_grouped: ("keras", "h5"), attention_plain: ("keras",),
    einsum_dense: ("keras",), transformer: ("keras",), attention_masks: ("keras",),
    rms: ("keras",),
}


make_keras.SUMMARIES = (attention_self, attention_grouped)


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/keras"
    for make, formats in CASES.items():
        make_keras.write(folder, keras, make, formats)


if __name__ == "__main__":
    main()
