/* SPDX-License-Identifier: MIT */
/* Keras 2's layers of TensorFlow's functions, as Keras 3's operations. */
#ifndef LOAD_KERAS2_H
#define LOAD_KERAS2_H

#include <jansson.h>
#include <plait/status.h>

/* Sets *out, a reference of its own, to the layer, or to the operation that it is in Keras 3. */
plait_status keras2_operation(json_t *layer, json_t **out);

#endif
