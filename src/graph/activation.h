/* SPDX-License-Identifier: MIT */
/* A pointwise function that an operator may apply in its store. */
#ifndef GRAPH_ACTIVATION_H
#define GRAPH_ACTIVATION_H

#include "base/text.h"

#include <plait/layers.h>
#include <stdbool.h>

/* `kind` is pointwise (not softmax). */
struct activation {
    plait_activation kind;
    bool has_max; /* of PLAIT_RELU, as Keras's ReLU layer */
    float max;
    float slope;
    float threshold;
    bool has_alpha; /* of PLAIT_ELU; without it, 1 */
    float alpha;
};

bool activation_is_linear(const struct activation *activation);

bool activation_equal(const struct activation *a, const struct activation *b);

/* x < 0 ? 0 : x. */
bool activation_is_relu(const struct activation *activation);

/* Its name in kernels/activation.clh: "ACTIVATION_TANH". */
const char *activation_macro(plait_activation kind);

/* Adds the build options that kernels/activation.clh reads: "-D ACTIVATION=ACTIVATION_TANH ...". */
void activation_options(const struct activation *activation, struct text *options);

#endif
