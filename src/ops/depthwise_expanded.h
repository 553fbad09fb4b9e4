/* SPDX-License-Identifier: MIT */
/* A depthwise convolution with the 1x1 convolution in front of it, its head, on CPUs:
 * kernels/expanded_depthwise_cpu.cl.
 *
 * Such a pair is half of an inverted residual (MobileNetV2: M. Sandler et al., CVPR 2018). What lies between is the
 * widest tensor of the network; here it never leaves a core's cache. */
#ifndef OPS_DEPTHWISE_EXPANDED_H
#define OPS_DEPTHWISE_EXPANDED_H

#include "ops/product.h"

/* Whether the variant computes the stage and its head. */
bool depthwise_expanded_takes(const struct stage *stage, const struct device_traits *device);

/* How long it takes, as a variant's cost, with 1x1 kernels of so many channels. */
double depthwise_expanded_cost(const struct product *product, size_t channels, const struct device_traits *device);

extern const struct variant depthwise_expanded_cpu;

#endif
