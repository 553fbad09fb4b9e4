/* SPDX-License-Identifier: MIT */
/* Trials of convolutions of every kind: tables of windows and random ones, alone, with all that is fused into them,
 * and between slices of joined tensors. */
#ifndef SUPPORT_CONVOLUTION_H
#define SUPPORT_CONVOLUTION_H

#include "layer.h"
#include "oracle_convolution.h"

struct convolution_case {
    const char *name;
    size_t batch;
    size_t x[3];      /* rows, cols, channels; rows 0: a sequence */
    size_t kernel[3]; /* rows, cols, filters, or the multiplier of a depthwise one; rows 0 for a sequence */
    plait_padding padding;
    size_t strides[2];
    size_t dilation[2];
    size_t groups;
    size_t planned; /* samples that the model is planned for; 0: batch */
    const size_t *output_padding;
    size_t multiplier; /* of a separable one; 0: 1 */
    plait_activation activation;
    bool no_bias;
    bool thorough; /* every variant, with a slow checker too */
};

struct convolution_test {
    struct twin (*make)(struct twin x, const struct convolution_case *c, struct random *random, enum data data);
    const char *variant; /* the only one to try, at GATE_FAST: "conv2d=fft_cpu"; NULL: all */
    size_t slow;         /* with a slow checker, a case of more products sees the default plan alone */
    struct variants seen;
};

/* The largest of what random cases have. */
struct convolution_range {
    size_t channels, filters, kernel, strides, dilation, groups;
    size_t size; /* of the picture, above the smallest that is possible */
    bool is_sequence;
    bool is_free;   /* strides and dilation go together */
    bool is_spread; /* a picture may be smaller than the kernel, whatever the padding */
};

/* {rows, cols, last two} or {size, last two}: random weights of the case's window. */
plait_array convolution_kernel(const struct convolution_case *c, struct random *random, enum data data, size_t third,
                               size_t last);

/* {filters}, or none if the case has no bias. */
plait_array convolution_bias(const struct convolution_case *c, struct random *random, enum data data, size_t filters);

/* Conv2D as a `make`; three test programs are about it. */
struct twin convolution_conv2d(struct twin x, const struct convolution_case *c, struct random *random, enum data data);

/* A case alone. */
void convolution_run(struct convolution_test *test, const struct convolution_case *c, struct random *random,
                     enum data data, enum gate gate);

/* Each case of a table; checks that every variant ran, and on values of weight. */
void convolution_windows(struct convolution_test *test, const struct convolution_case *cases, size_t count);

/* The same on small whole numbers: their sums have no rounding errors to hide behind. */
void convolution_integers(struct convolution_test *test, const struct convolution_case *cases, size_t count);

/* Long sums, of positive terms: rounding errors do not grow with their length. */
void convolution_sums(struct convolution_test *test, const struct convolution_case *cases, size_t count);

/* Random cases, every other one on whole numbers. */
void convolution_random(struct convolution_test *test, const struct convolution_range *most, size_t rounds);

/* Batch normalization, a residual and an activation in its store, with and without a bias or an activation of its
 * own: one step. */
void convolution_epilogues(struct convolution_test *test, const struct convolution_case *cases, size_t count);

/* From a slice of one joined tensor into a slice of another, along each axis, a slice added. */
void convolution_slices(struct convolution_test *test, const struct convolution_case *cases, size_t count);

/* NaN and infinities reach the windows that see them, and no others. */
void convolution_special(struct convolution_test *test, const struct convolution_case *c);

/* What a variant of conv2d refuses when it is forced, and why. */
struct convolution_refusal {
    const char *message;
    size_t kernel[4];
    plait_conv2d_opts opts;
    plait_accuracy accuracy;
};

void convolution_refusals(const char *variant, const struct convolution_refusal *cases, size_t count);

#endif
