/* SPDX-License-Identifier: MIT */
/* Pass: relu(scale * x + shift) goes into the load of the operator that alone reads it.
 *
 * So a normalization costs no pass of its own that no weights can take, because others read what it normalizes:
 * in a densely connected network, say. */
#include "base/memory.h"
#include "plan/values.h"
#include "shape/shape.h"

static bool is_padded(const struct value *value)
{
    const struct padding *padding = &value->padding;

    return padding->before[0] || padding->before[1] || padding->after[0] || padding->after[1];
}

/* Whether the value that `reader` reads could be part of its load. */
static bool can_take(const struct values *values, const struct value *reader)
{
    const struct op *op = reader->node->op;
    const struct value *value = reader->input_count ? &values->items[reader->inputs[0]] : NULL;
    struct text_range name;

    return op->takes_prologue && op->takes_prologue(reader->node, values->request->device) &&
           !variant_forced(values, op, &name) && !is_padded(reader) && value_is_private(value) &&
           value->node->op->affine && !variant_forced(values, value->node->op, &name) &&
           activation_is_relu(&value->activation) && !value->scale && value->residual == NONE &&
           shape_equal(value->shape, values->items[value->inputs[0]].shape);
}

static plait_status take(struct values *values, struct value *reader)
{
    plait_status status = PLAIT_OK;
    const struct value *value = &values->items[reader->inputs[0]];
    const size_t channels = value->shape.dims[value->shape.rank - 1];
    double *scale = NULL;
    double *shift = NULL;

    TRY(mem_alloc(&scale, channels, sizeof *scale));
    TRY(mem_alloc(&shift, channels, sizeof *shift));
    if (value->node->op->affine(value->node, channels, scale, shift)) {
        TRY(value_skip_input(values, reader));
        reader->input_scale = scale;
        reader->input_shift = shift;
        scale = shift = NULL; /* now the value's */
    }
out:
    mem_free(scale);
    mem_free(shift);
    return status;
}

plait_status pass_fuse_prologue(struct values *values)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < values->count; i++) {
        struct value *reader = &values->items[i];
        if (reader->node && can_take(values, reader)) {
            TRY(take(values, reader));
        }
    }
out:
    return status;
}
