/* SPDX-License-Identifier: MIT */
/* Pass: relu(scale * x + shift), or x times a gate, goes into the load of the operator that alone reads it.
 *
 * So a normalization costs no pass of its own that no weights can take, because others read what it normalizes, as in
 * a densely connected network; nor do the gates of a squeeze-and-excitation block. */
#include "base/memory.h"
#include "plan/values.h"
#include "shape/shape.h"

/* Whether the value, the only input of its reader, could be part of the reader's load. */
static bool can_be_prologue(const struct values *values, const struct value *reader)
{
    const struct op *op = reader->node->op;
    const struct value *value = reader->input_count == 1 ? &values->items[reader->inputs[0]] : NULL;
    struct text_range name;

    return value && op->takes_prologue && op->takes_prologue(reader->node, values->request->device) &&
           !reader->input_scale && !variant_forced(values, op, &name) && !value_is_padded(reader) &&
           value_is_private(value) && !variant_forced(values, value->node->op, &name) && !value->scale &&
           value->residual == NONE;
}

static bool is_normalization(const struct values *values, const struct value *value)
{
    return value->node->op->affine && activation_is_relu(&value->activation) &&
           shape_equal(value->shape, values->items[value->inputs[0]].shape);
}

static plait_status take_normalization(struct values *values, struct value *reader)
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

/* Whether `gate` has a value for each channel of a sample of `shape`. */
static bool is_gate(plait_shape gate, plait_shape shape)
{
    const size_t channels = shape.rank > 0 ? shape.dims[shape.rank - 1] : 0;

    return gate.rank == shape.rank && gate.rank > 0 && gate.dims[gate.rank - 1] == channels &&
           shape_count(gate) == channels;
}

/* The gate becomes input 1, whichever factor it is. */
static plait_status take_gate(struct values *values, struct value *reader)
{
    plait_status status = PLAIT_OK;
    const struct value *value = &values->items[reader->inputs[0]];
    size_t *factors = value->inputs;

    if (!value->node->op->is_product || value->input_count != 2 || !activation_is_linear(&value->activation)) {
        return PLAIT_OK;
    }
    for (size_t gate = 2; gate-- > 0;) {
        const size_t x = factors[1 - gate];
        if (is_gate(values->items[factors[gate]].shape, value->shape) &&
            shape_equal(values->items[x].shape, value->shape)) {
            factors[1] = factors[gate];
            factors[0] = x;
            TRY(value_skip_input(values, reader));
            reader->gated = true;
            break;
        }
    }
out:
    return status;
}

plait_status pass_fuse_prologue(struct values *values)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < values->count; i++) {
        struct value *reader = &values->items[i];
        if (!reader->node || !can_be_prologue(values, reader)) {
            continue;
        }
        if (is_normalization(values, &values->items[reader->inputs[0]])) {
            TRY(take_normalization(values, reader));
        } else {
            TRY(take_gate(values, reader));
        }
    }
out:
    return status;
}
