/* SPDX-License-Identifier: MIT */
/* The convolution layers: one geometry, one set of kernels. They differ in the axes that windows move along,
 * and in how a kernel is laid out.
 *
 * A sequence is a picture of one row. A depthwise convolution is one of as many groups as there are channels. */
#ifndef OPS_CONVOLUTION_H
#define OPS_CONVOLUTION_H

#include "graph/source.h"
#include "ops/product.h"

/* The options, with Keras's defaults in place of 0; pairs are {rows, cols}, rows being 1 for sequences. */
struct convolution {
    size_t axes;             /* 2: pictures, {rows, cols, channels}; 1: sequences, {steps, channels} */
    bool depthwise;          /* the kernel is {..., channels, multiplier}, not {..., channels / groups, filters} */
    bool transposed;         /* the kernel is {..., filters, channels} */
    bool pointwise;          /* the kernel must have size 1 */
    const char *kernel_name; /* Keras's */
    plait_array kernel;
    plait_array bias;
    plait_padding padding;
    size_t strides[2];
    size_t dilation[2];
    size_t groups;
};

/* A kernel, however it is laid out. */
struct bank {
    size_t size[2]; /* rows, cols */
    size_t groups;
    size_t channels; /* of a group */
    size_t filters;  /* of a group */
};

struct bank convolution_bank(const struct convolution *conv);

/* Most cells that a window may span: then kernels can add any tap to any row in 32 bits. */
#define CONVOLUTION_MOST_CELLS ((size_t)INT32_MAX / 2)

/* Whether input and kernel have the ranks that the layer wants and neither has a size 0; says so if not. `kernel`
 * names the kernel's axes. */
bool convolution_check_ranks(plait_graph *graph, struct node *node, plait_shape x, const char *kernel);

/* Whether padding, strides and dilation are possible; says so if not. */
bool convolution_check_options(plait_graph *graph, struct node *node);

void convolution_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);
double convolution_flops(const struct node *node, const plait_shape *inputs);
bool convolution_takes_prologue(const struct node *node, const struct device_traits *device);
bool convolution_takes_head(const struct stage *stage, const struct device_traits *device);

/* Whether the stage is a convolution each pixel of which comes from the one at its place. */
bool convolution_is_pointwise(const struct stage *stage);

/* The geometry for one sample, given the sizes of its axes and zeros around it; without operands. */
struct product convolution_geometry(const struct convolution *conv, const size_t *input, const struct padding *padding);

/* The same for a stage. */
struct product convolution_stage(const struct stage *stage);

/* The geometry of a step. */
struct product convolution_product(const struct step *step, struct operand x, struct operand y);

/* The same for the planned batch, without buffers, and for a run. */
struct product convolution_planned(const struct step *step);
struct product convolution_running(const struct step *step, const struct run *run);

/* Whether neither strides nor dilation nor groups are above 1. */
bool convolution_is_plain(const struct product *product);

enum { CONVOLUTION_VARIANTS = 10 };
extern const struct variant *const convolution_variants[CONVOLUTION_VARIANTS];

/* The operator of a layer that is a `struct convolution`. */
#define CONVOLUTION_OP(function, class)                                                                    \
    {                                                                                                      \
        .name = (function), .class_name = (class), .infer = convolution_infer, .flops = convolution_flops, \
        .variants = convolution_variants, .variant_count = CONVOLUTION_VARIANTS, .takes_affine = true,     \
        .takes_activation = true, .takes_residual = true, .takes_padding = true,                           \
        .takes_prologue = convolution_takes_prologue, .takes_head = convolution_takes_head,                \
    }

extern const struct op op_conv2d;

/* `value`, or Keras's default 1 for 0. */
static inline size_t or_one(size_t value)
{
    return value ? value : 1;
}

/* Adds the layer and its activation. */
plait_node convolution_add(const struct op *op, plait_node x, const char *name, const struct convolution *conv,
                           plait_activation activation);

/* Reads what all convolution layers have: padding, strides, dilation_rate; data_format must be channels_last. */
struct convolution convolution_read(struct source *source, size_t axes);

/* Reads an option of one number for each of the axes, all at least 1. */
void convolution_read_pair(struct source *source, const char *key, size_t axes, size_t *pair);

#endif
