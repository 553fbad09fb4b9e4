/* SPDX-License-Identifier: MIT */
/* Trials of layers with one input: alone, and between joined tensors, in every variant. */
#ifndef SUPPORT_LAYER_H
#define SUPPORT_LAYER_H

#include "random.h"
#include "trial.h"

struct layer_case {
    const char *name;
    plait_shape shape; /* of a sample of x */
    size_t batch;      /* 0: 2 */
    size_t planned;    /* 0: batch */
    const void *opts;  /* for `make` */
};

struct layer_test {
    struct twin (*make)(struct twin x, const void *opts);
    enum data data;
    enum gate gate;
    double limit;
    struct variants seen;
};

/* Tries the layer on an input of the case's shape. */
void layer_trial(struct layer_test *test, const struct layer_case *c, struct random *random);

/* The same on these values, of 2 samples unless the case says otherwise. */
void layer_trial_values(struct layer_test *test, const struct layer_case *c, const float *values);

/* Tries it on a part of a tensor that is joined along each axis in turn, and writing to a part of one. */
void layer_trial_joined(struct layer_test *test, const struct layer_case *c, struct random *random);

/* Both, for each case of a table; then checks that every variant ran, and on values of weight. */
void layer_trial_table(struct layer_test *test, const struct layer_case *cases, size_t count);

/* Elements of a sample. */
size_t sample_size(plait_shape shape);

/* An array of `data` in scratch memory. */
plait_array random_array(struct random *random, enum data data, plait_shape shape);

#endif
