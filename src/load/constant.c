/* SPDX-License-Identifier: MIT */
/* Constants in a config: numbers in lists of lists, as NumPy's tolist() writes an array. */
#include "base/memory.h"
#include "load/scope.h"
#include "shape/shape.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* What became of an array object: {"class_name": "__numpy__", "config": {"value": ..., "dtype": ...}}. */
static json_t *unwrap(json_t *json)
{
    const char *class_name = json_text(json, "class_name", "");
    const bool is_array = strcmp(class_name, "__numpy__") == 0 || strcmp(class_name, "__tensor__") == 0;

    return is_array ? json_object_get(json_object_get(json, "config"), "value") : json;
}

static bool is_number(const json_t *json)
{
    return json_is_number(json) || json_is_boolean(json);
}

/* The shape by the first item of each list; false if it is too deep, or has no numbers. */
static bool find_shape(json_t *json, plait_shape *shape)
{
    *shape = (plait_shape){0};
    for (; json_is_array(json); json = json_array_get(json, 0)) {
        if (shape->rank == PLAIT_MAX_RANK) {
            return false;
        }
        shape->dims[shape->rank++] = json_array_size(json);
    }
    return is_number(json);
}

/* Reads what has the shape from `axis` on; false if it has not, or a value is beyond float32. */
static bool read_values(json_t *json, const plait_shape *shape, size_t axis, float **values)
{
    if (axis == shape->rank) {
        const double value = json_is_boolean(json) ? json_is_true(json) : json_number_value(json);
        *(*values)++ = (float)(fabs(value) <= (double)FLT_MAX ? value : 0);
        return is_number(json) && fabs(value) <= (double)FLT_MAX;
    }
    if (!json_is_array(json) || json_array_size(json) != shape->dims[axis]) {
        return false;
    }
    for (size_t i = 0; i < shape->dims[axis]; i++) {
        if (!read_values(json_array_get(json, i), shape, axis + 1, values)) {
            return false;
        }
    }
    return true;
}

/* Numbers that are there are as many as the config has room for, but the shape's product may be anything. */
static bool is_possible(const plait_shape *shape, size_t *count)
{
    return shape_size(*shape, count) && *count <= CONSTANT_MOST_FLOATS;
}

plait_status constant_read(struct weights *weights, json_t *json, bool *sound, plait_array *out)
{
    plait_status status = PLAIT_OK;
    float *values = NULL;
    size_t count = 0;

    json = unwrap(json);
    *out = (plait_array){0};
    *sound = find_shape(json, &out->shape) && is_possible(&out->shape, &count);
    if (!*sound) {
        return PLAIT_OK;
    }
    TRY(mem_alloc(&values, count, sizeof *values));
    float *next = values;
    *sound = read_values(json, &out->shape, 0, &next);
    if (*sound) {
        TRY(weights_keep(weights, values));
        out->data = values;
        values = NULL; /* now the weights' */
    }
out:
    mem_free(values);
    return status;
}
