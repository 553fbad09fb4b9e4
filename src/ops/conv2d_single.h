/* SPDX-License-Identifier: MIT */
/* Convolution with a single filter on CPUs (kernels/conv2d_single_cpu.cl). */
#ifndef OPS_CONV2D_SINGLE_H
#define OPS_CONV2D_SINGLE_H

#include "graph/op.h"

/* A variant of convolution layers: each vector is of one pixel's channels, where others would have one filter in it. */
extern const struct variant conv2d_single_cpu;

#endif
