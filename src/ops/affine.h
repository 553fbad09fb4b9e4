/* SPDX-License-Identifier: MIT */
/* What layers share that compute y = x * p + q, or (x - p) / q, with constants p and q that broadcast. */
#ifndef OPS_AFFINE_H
#define OPS_AFFINE_H

#include "ops/walk.h"

enum { AFFINE_VARIANTS = 2, AFFINE_OPERANDS = 4 };

/* Where a layer takes its constants from. */
struct affine_source {
    const struct weight *weights;
    size_t weight_count;
    const void *params;
};

/* The first member of such a layer's parameters; filled in by its `infer`. */
struct affine {
    plait_shape shape; /* of p and q, aligned with a sample at its last axis */
    bool divides;      /* (x - p) / q */
    void (*at)(const struct affine_source *source, size_t index, double *p, double *q);
};

/* The trait `affine` of such a layer. */
bool affine_trait(const struct node *node, size_t channels, double *scale, double *shift);

/* These take scale and shift of a layer behind them, too. */
extern const struct variant *const affine_variants[AFFINE_VARIANTS];

/* The values of the weight of that name; NULL if the layer has none. */
const float *affine_weight(const struct affine_source *source, const char *name);

/* Whether constants of this shape broadcast with a sample and leave it its shape. */
bool affine_fits(plait_shape constants, plait_shape sample);

/* The shape of constants that go along axis `axis` of a sample. */
plait_shape affine_along(plait_shape sample, size_t axis);

/* Asks for the kernel, to be launched by walk_launch with operands x, p, q and y; returns its options. */
struct text *affine_kernel(struct step *step, enum walk_form form, const struct device_traits *device);

#endif
