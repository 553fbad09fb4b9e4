/* SPDX-License-Identifier: MIT */
/* A pointwise function that an operator may apply in its store. */
#ifndef GRAPH_ACTIVATION_H
#define GRAPH_ACTIVATION_H

#include "base/text.h"

#include <plait/layers.h>
#include <stdbool.h>

/* `kind` is pointwise (not softmax). The other fields belong to PLAIT_RELU alone: Keras's ReLU layer. */
struct activation {
    plait_activation kind;
    bool has_max;
    float max;
    float slope;
    float threshold;
};

bool activation_is_linear(const struct activation *activation);

/* Adds the build options that kernels/activation.clh reads: "-D ACTIVATION=ACTIVATION_TANH ...". */
void activation_options(const struct activation *activation, struct text *options);

#endif
