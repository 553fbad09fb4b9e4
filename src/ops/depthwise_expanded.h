/* SPDX-License-Identifier: MIT */
/* A depthwise convolution with the 1x1 convolution in front of it, its head, on CPUs:
 * kernels/expanded_depthwise_cpu.cl.
 *
 * Such a pair is half of an inverted residual (MobileNetV2: M. Sandler et al., CVPR 2018). What lies between is the
 * widest tensor of the network; here it never leaves a core's cache. */
#ifndef OPS_DEPTHWISE_EXPANDED_H
#define OPS_DEPTHWISE_EXPANDED_H

#include "graph/op.h"

/* An operator's takes_head, for the convolution layers. */
bool depthwise_expanded_takes(const struct node *node, const struct padding *padding, const struct node *head,
                              plait_shape input, const struct device_traits *device);

extern const struct variant depthwise_expanded_cpu;

#endif
