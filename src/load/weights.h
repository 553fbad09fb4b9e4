/* SPDX-License-Identifier: MIT */
/* The weights in a Keras file, by layer: both layouts that Keras writes. */
#ifndef LOAD_WEIGHTS_H
#define LOAD_WEIGHTS_H

#include "base/error.h"

#include <plait/shape.h>
#include <stdbool.h>

struct weights;

/* Opens the HDF5 bytes, which must stand until weights_free: those of model.weights.h5, where a layer's
 * weights are <group>/vars/0, 1, ... (Keras 3), or of a legacy .h5 file, where the group
 * model_weights/<layer> lists their names. */
plait_status weights_open(const char *file_name, const void *bytes, size_t size, struct weights **out);

/* Whether it is a legacy file: there, the weights under part "" of a layer are those of all its parts. */
bool weights_are_legacy(const struct weights *weights);

/* Where one layer's weights are. */
struct weights_place {
    const char *group; /* Keras 3: "layers/functional/layers/dense_1"; NULL: there are no weights, in either layout */
    const char *outer; /* legacy: the layer of the outermost model that holds it; */
    const char *layer; /*         its own name */
};

/* Reads the weights number `index` under `part` of a layer ("" for its own). data is NULL if there are
 * none; else it stands until weights_free. */
plait_status weights_read(struct weights *weights, const struct weights_place *place, const char *part, size_t index,
                          plait_array *out);

/* How many weights there are under `part` of a layer. */
plait_status weights_count(struct weights *weights, const struct weights_place *place, const char *part, size_t *count);

/* Makes an array of other origin the weights': weights_free frees it. */
plait_status weights_keep(struct weights *weights, float *values);

/* Sets *group to the Keras 3 group in `container` ("layers") of the layer called `name` whose class in snake
 * case, with its number, is `numbered`: by the name that Keras 3.6 and later note on the group, else by the
 * number; a group of the number that another name is noted on is refused. Freed with mem_free. */
plait_status weights_find_group(struct weights *weights, const char *container, const char *name, const char *numbered,
                                char **group);

/* NULL is allowed. */
void weights_free(struct weights *weights);

#endif
