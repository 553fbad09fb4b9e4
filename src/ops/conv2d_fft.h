/* SPDX-License-Identifier: MIT */
/* Convolution as a product in the frequency domain, for large kernels on CPUs. */
#ifndef OPS_CONV2D_FFT_H
#define OPS_CONV2D_FFT_H

#include "ops/product.h"

bool conv2d_fft_applicable(const struct step *step, const struct product *product, const struct device_traits *device);
plait_status conv2d_fft_plan(struct step *step, const struct product *product, const struct device_traits *device);
double conv2d_fft_cost(const struct product *product);
void conv2d_fft_pack(const struct step *step, const struct product *product, float *packed);
plait_status conv2d_fft_launch(const struct step *step, const struct run *run, const struct product *product);

#endif
