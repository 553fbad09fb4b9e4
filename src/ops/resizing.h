/* SPDX-License-Identifier: MIT */
/* What layers share that make pictures and sequences of another size. */
#ifndef OPS_RESIZING_H
#define OPS_RESIZING_H

#include "graph/op.h"
#include "ops/cells.h"

enum resizing_part {
    RESIZING_ALL,     /* y is made of all of x, */
    RESIZING_MIDDLE,  /* or of the largest part in its middle that has y's proportions; */
    RESIZING_MIDDLE32 /* these computed with float32 */
};

/* Pairs are {rows, cols}. */
struct resizing {
    size_t axes;    /* 1: x is a sequence, which is a picture of a single row */
    size_t size[2]; /* of y */
    plait_interpolation interpolation;
    enum resizing_part part;
    bool both;       /* a mistake: Resizing is to crop and to pad */
    size_t begin[2]; /* set by `infer`: the first cells of that part, */
    size_t cells[2]; /* and how many there are */
};

enum { RESIZING_VARIANTS = 2 };

extern const struct variant *const resizing_variants[RESIZING_VARIANTS];

void resizing_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);

/* Option "interpolation": "nearest" or "bilinear"; others are refused. `fallback` is the layer's default. */
plait_interpolation resizing_read_interpolation(struct source *source, const char *fallback);

#endif
