/* SPDX-License-Identifier: MIT */
/* What layers share that normalize lines by their own mean and variance:
 *     y = (x - mean) * (gamma / sqrt(variance + epsilon)) + beta */
#ifndef OPS_MOMENTS_H
#define OPS_MOMENTS_H

#include "ops/lines.h"

/* Where x, y and gamma lie; beta lies as gamma does, right behind it in the packed weights. */
struct moments {
    struct lines x;
    struct lines y;
    struct lines gamma;
};

/* What is in place of the mean. */
enum moments_kind {
    MOMENTS_CENTRAL, /* the mean */
    MOMENTS_ABOUT_0, /* 0, so that the variance is the mean of squares */
    MOMENTS_UNMOVED, /* 0, but not for the variance */
};

/* Asks for the kernel; `factors` gammas and as many betas are packed. */
void moments_plan(struct step *step, enum walk_form form, size_t factors, enum moments_kind kind,
                  const struct device_traits *device);

/* Writes the weights "gamma" and "beta", or ones and zeros where the layer has none. */
void moments_pack(const struct step *step, float *packed);

plait_status moments_launch(const struct step *step, const struct run *run, const struct moments *moments,
                            float epsilon);

#endif
