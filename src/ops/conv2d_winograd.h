/* SPDX-License-Identifier: MIT */
/* 2D convolution with kernels of 3x3, 1x3, 3x1, 1x7 and 7x1 by Winograd's algorithm, on CPUs
 * (kernels/conv2d_winograd_cpu.cl). */
#ifndef OPS_CONV2D_WINOGRAD_H
#define OPS_CONV2D_WINOGRAD_H

#include "graph/op.h"

/* In tiles of 4 x 4 outputs, with 4 times fewer products than conv2d_cpu, or of 4, with 2 times fewer for 3 taps and
 * 2.8 times for 7; and, for 3x3 alone, of 2 x 2, with 2.25 times fewer. */
extern const struct variant conv2d_winograd4_cpu;
extern const struct variant conv2d_winograd2_cpu;

#endif
