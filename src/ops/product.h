/* SPDX-License-Identifier: MIT */
/* The sums of products of convolution and dense layers, and the kernels that compute them.
 *
 * A dense layer is a convolution with a 1x1 kernel of pictures made up of its rows, so both share
 * kernels/conv2d_cpu.cl and kernels/conv2d_gpu.cl, and this is their geometry, packing and launching. */
#ifndef OPS_PRODUCT_H
#define OPS_PRODUCT_H

#include "graph/op.h"

/* Where pixels lie; the buffer is NULL while planning, and where there is no such tensor. */
struct pixels {
    const struct buffer *buffer;
    size_t offset;
    size_t strides[3]; /* of pictures, rows, pixels */
};

/* Where weight (a, b, channel of a group, filter of all groups) lies in the layer's kernel. Strides may count
 * backwards: they wrap around. */
struct taps {
    size_t first;
    size_t strides[4];
};

/* One launch. Pairs are {rows, cols}. */
struct product {
    size_t pictures;
    size_t input[2];
    size_t output[2];
    size_t kernel[2];
    size_t strides[2];
    size_t dilation[2];
    size_t before[2]; /* padding; negative, wrapped around, where the first window begins inside */
    size_t groups;
    size_t channels; /* of a group */
    size_t filters;  /* of a group */
    bool split;      /* the groups are parts of one sum over all channels: they share the filters, y holds a
                        result for each, and there is neither bias nor residual nor activation */
    struct pixels x;
    struct pixels y;
    struct pixels residual;
    struct tail tail;      /* what is made of y besides, */
    size_t tail_output[2]; /* its rows and cols */
    struct pixels tail_y;
    struct taps taps;
    struct pixels gate;   /* what pixels of x are to be multiplied by, the same for all of a picture */
    size_t prologue;      /* where the input's scale and shift begin in packed; 0: none */
    bool phase;           /* one of several launches of a kernel that was built for another */
    size_t packed_offset; /* where its part of the step's packed weights begins */
};

/* The taps of a kernel {rows, cols, channels of a group, filters of all} in C order. */
struct taps product_taps(const struct product *product);

/* Pixels of an operand whose view has axes pictures, rows, pixels, channels; or no rows: it is a picture of one. */
struct pixels product_pixels(const struct operand *operand);

/* Products of a sum. */
size_t product_terms(const struct product *product);

/* How many products are summed apart before the sum is added to the rest, a multiple of 16: about the square
 * root of their number, so that rounding errors stay small. */
size_t product_block(const struct product *product);

/* Weights of a step for `count` output channels from `filter` on: what multiplies `term` (a, b, c in C order),
 * and what is added; the step's scale and shift are folded in. */
void product_weights(const struct step *step, const struct product *product, size_t term, size_t filter, size_t count,
                     float *out);
void product_bias(const struct step *step, size_t filter, size_t count, float *out);

/* The weights in Keras's order, then the bias: *floats long. PLAIT_ERR_TOO_LARGE if kernels cannot index it. */
plait_status product_plain_floats(const struct product *product, size_t *floats);
void product_plain_pack(const struct step *step, const struct product *product, float *packed);

/* The arguments that all conv2d kernels begin with. */
enum { PRODUCT_ARGS = 12 };
void product_args(const struct product *product, const struct buffer *packed, struct arg *args);

/* Those of kernels that take a tail: where it lies, also if there is none. */
enum { PRODUCT_TAIL_ARGS = 3 };
void product_tail_args(const struct product *product, struct arg *args);

/* For CPUs: a work-item computes register tiles. `cost` and `takes_tail` are a variant's, `vectors` tells how many
 * vectors of 16 filters a tile has, of any kernel with register tiles. `plan` sets packed_floats, asks for the kernel
 * and uses the first PRODUCT_CPU_TILE of step->tile. `floats` says what packed_floats would be for another product of
 * the step, which is then launched with the same kernel. */
enum { PRODUCT_CPU_TILE = 3 };
double product_cpu_cost(const struct product *product, const struct device_traits *device);
bool product_cpu_takes_tail(const struct product *product, const struct tail *tail);
size_t product_cpu_vectors(const struct product *product, const struct device_traits *device);
plait_status product_cpu_plan(struct step *step, const struct product *product, const struct device_traits *device);
plait_status product_cpu_floats(const struct step *step, const struct product *product, size_t *packed);
void product_cpu_pack(const struct step *step, const struct product *product, float *packed);
plait_status product_cpu_launch(const struct step *step, const struct run *run, const struct product *product);

/* Rows of a register tile, from `least` to `most`: those that fill whole tiles with `count` rows best; of several, the
 * most. 0: no tile is between these. */
size_t product_cpu_full_rows(size_t count, size_t least, size_t most);

/* For GPUs: a work-group computes a tile through local memory. `plan` uses the first of step->tile. */
bool product_gpu_applicable(const struct product *product, const struct device_traits *device);
plait_status product_gpu_plan(struct step *step, const struct product *product, const struct device_traits *device);
plait_status product_gpu_floats(const struct step *step, const struct product *product, size_t *packed);
void product_gpu_pack(const struct step *step, const struct product *product, float *packed);
plait_status product_gpu_launch(const struct step *step, const struct run *run, const struct product *product);

#endif
