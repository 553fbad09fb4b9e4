/* SPDX-License-Identifier: MIT */
/* Which layers plait has. */
#ifndef LOAD_LAYER_CLASS_H
#define LOAD_LAYER_CLASS_H

#include "graph/source.h"

#include <jansson.h>

/* The reader of a class; operations have names of their own, "ops.Add". NULL: plait does not have it. */
const struct layer_reader *layer_class_find(const char *class_name, bool is_operation);

/* Whether a layer's object is Keras's own. Layers of others may have the same names; a module outside Keras, or
 * a registered name with a package, tells them. */
bool layer_class_is_keras(json_t *json);

#endif
