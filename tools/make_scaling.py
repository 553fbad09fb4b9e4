#!/usr/bin/env python3
"""Draws how the time of multi-branch models grows: docs/scaling.svg.

Usage:  make_scaling.py PLAIT [FILE.svg]      PLAIT: the command, built as for users
Needs:  pip install keras tensorflow-cpu matplotlib; a machine with nothing else to do
Takes:  a few minutes.

A model has branches conv2d (32 filters, same) - batch normalization - ReLU - conv2d on pictures of 16 channels,
joined along the channels, then global average pooling and a dense layer. One of its sizes varies at a time.
"""
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt
from keras import layers

PLAIN = {"batch": 1, "size": 32, "kernel": 5, "branches": 2}
SERIES = {
    "batch": ("samples a run", [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]),
    "size": ("rows and columns of a picture", [8, 12, 16, 24, 32, 48, 64, 96, 128]),
    "kernel": ("rows and columns of a kernel", list(range(3, 32, 2))),
    "branches": ("branches", [2, 3, 4, 6, 8, 12, 16]),
}


def build(size, kernel, branches):
    inputs = [keras.Input((size, size, 16)) for _ in range(branches)]
    ends = []
    for x in inputs:
        x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(32, kernel, padding="same")(x)))
        ends.append(layers.Conv2D(32, kernel, padding="same")(x))
    x = layers.GlobalAveragePooling2D()(layers.Concatenate()(ends))
    return keras.Model(inputs, layers.Dense(10)(x))


def measure(plait, case):
    """Least milliseconds of a run, and the plain arithmetic in GFLOP."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model.keras")
        build(case["size"], case["kernel"], case["branches"]).save(path)
        command = [plait, "bench", path, "--batch", str(case["batch"]), "--runs", "30", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    return result["min_ms"], result["gflop"] * case["batch"]


def labels_of(values):
    """A label for each value, but for those so near the last labelled that they would overlap."""
    labels, last = [], 0
    for value in values:
        near = value < 1.1 * last
        labels.append("" if near else str(value))
        last = last if near else value
    return labels


def main():
    plait = sys.argv[1]
    target = sys.argv[2] if len(sys.argv) > 2 else Path(__file__).resolve().parent.parent / "docs" / "scaling.svg"
    plt.rcParams["svg.hashsalt"] = "plait"
    figure, plots = plt.subplots(2, 2, figsize=(10, 7), constrained_layout=True)
    for plot, (name, (label, values)) in zip(plots.flat, SERIES.items()):
        results = [measure(plait, {**PLAIN, name: value}) for value in values]
        times = [ms for ms, _ in results]
        work = [gflop for _, gflop in results]
        scale = times[len(times) // 2] / work[len(work) // 2]
        plot.loglog(values, times, "o-", label="measured")
        plot.loglog(values, [scale * w for w in work], ":", color="gray", label="in proportion to direct arithmetic")
        plot.set_xticks(values, labels_of(values), fontsize=7)
        plot.minorticks_off()
        plot.set_xlabel(label)
        plot.set_ylabel("ms")
        plot.grid(alpha=0.3)
        plot.legend(fontsize=8)
        for value, ms in zip(values, times):
            print(f"{name} {value}: {ms:.3f} ms", flush=True)
    figure.suptitle(", ".join(f"{k} {v}" for k, v in PLAIN.items()) + "; one varies at a time")
    figure.savefig(target, metadata={"Date": None})


if __name__ == "__main__":
    main()
