/* SPDX-License-Identifier: MIT */
/* The activation option of layers. */
#ifndef OPS_ACTIVATION_H
#define OPS_ACTIVATION_H

#include <plait/layers.h>

/* Continues the layer of x with its activation; x itself for PLAIT_LINEAR. */
plait_node layer_activation(plait_node x, plait_activation activation);

#endif
