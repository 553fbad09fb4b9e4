/* SPDX-License-Identifier: MIT */
/* Convolution with groups of one channel on CPUs: kernels/depthwise_cpu.cl. `plan` uses the first of step->tile. */
#ifndef OPS_DEPTHWISE_H
#define OPS_DEPTHWISE_H

#include "ops/product.h"

/* Pixels of a register tile for rows of `cols`: as many as registers can hold, or some less if then fewer lie behind a
 * row's end. */
size_t depthwise_cpu_pixels(size_t cols, const struct device_traits *device);

bool depthwise_cpu_applicable(const struct product *product, const struct device_traits *device);
plait_status depthwise_cpu_plan(struct step *step, const struct product *product, const struct device_traits *device);
void depthwise_cpu_pack(const struct step *step, const struct product *product, float *packed);
plait_status depthwise_cpu_launch(const struct step *step, const struct run *run, const struct product *product);

#endif
