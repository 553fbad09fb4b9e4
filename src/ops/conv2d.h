/* SPDX-License-Identifier: MIT */
/* What the variants of 2D convolution share. */
#ifndef OPS_CONV2D_H
#define OPS_CONV2D_H

#include "ops/product.h"

/* The layer's product for the planned batch, without buffers. */
struct product conv2d_planned(const struct step *step);

/* The same for a run. */
struct product conv2d_running(const struct step *step, const struct run *run);

/* Whether neither strides nor dilation nor groups are above 1. */
bool conv2d_is_plain(const struct product *product);

#endif
