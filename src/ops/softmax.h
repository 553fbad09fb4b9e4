/* SPDX-License-Identifier: MIT */
/* Softmax under its two names: the layer, and an activation. */
#ifndef OPS_SOFTMAX_H
#define OPS_SOFTMAX_H

#include "graph/op.h"

/* Parameters of op_softmax_activation. */
struct softmax {
    plait_axes axes;
    bool log; /* log_softmax */
};

/* The operator as a layer of Keras's class Activation. */
extern const struct op op_softmax_activation;

#endif
