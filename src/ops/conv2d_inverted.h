/* SPDX-License-Identifier: MIT */
/* An inverted residual on CPUs: a 1x1 convolution with its head, a depthwise one, and that one's, another 1x1
 * (MobileNetV2: M. Sandler et al., CVPR 2018): kernels/inverted_residual_cpu.cl. The wide tensors between them never
 * leave a core's caches. */
#ifndef OPS_CONV2D_INVERTED_H
#define OPS_CONV2D_INVERTED_H

#include "graph/op.h"

/* Whether the variant computes the stage and its heads, and sooner than other variants do one after the other. */
bool conv2d_inverted_takes(const struct stage *stage, const struct device_traits *device);

extern const struct variant conv2d_inverted_cpu;

#endif
