/* SPDX-License-Identifier: MIT */
/* Pass: activations, and additions of a tensor of the same shape, go into their producer's store. */
#include "plan/values.h"
#include "shape/shape.h"

static bool can_take_activation(const struct value *producer)
{
    return producer->node->op->takes_activation && value_is_private(producer) &&
           activation_is_linear(&producer->activation);
}

static plait_status fuse_activation(struct values *values, size_t index)
{
    plait_status status = PLAIT_OK;
    const struct value *value = &values->items[index];
    const struct op *op = value->node->op;
    const size_t producer = value->input_count ? value->inputs[0] : NONE;
    const struct activation activation = value->activation;
    struct text_range name;

    if (!op->activation || variant_forced(values, op, &name) || !can_take_activation(&values->items[producer])) {
        return PLAIT_OK;
    }
    TRY(value_absorb(values, index, producer));
    values->items[index].activation = activation;
out:
    return status;
}

static bool can_take_residual(const struct values *values, size_t producer, size_t residual, plait_shape shape)
{
    const struct value *taker = &values->items[producer];

    return producer != residual && taker->node->op->takes_residual && value_is_private(taker) &&
           taker->residual == NONE && activation_is_linear(&taker->activation) && shape_equal(taker->shape, shape) &&
           shape_equal(values->items[residual].shape, shape);
}

static plait_status fuse_residual(struct values *values, size_t index)
{
    plait_status status = PLAIT_OK;
    const struct value *value = &values->items[index];
    const struct op *op = value->node->op;
    struct text_range name;

    if (!op->is_sum || value->input_count != 2 || variant_forced(values, op, &name)) {
        return PLAIT_OK;
    }
    for (size_t taker = 2; taker-- > 0;) { /* rather the second: a shortcut is mostly named last or made early */
        const size_t producer = value->inputs[taker];
        const size_t residual = value->inputs[1 - taker];
        if (can_take_residual(values, producer, residual, value->shape)) {
            TRY(value_absorb(values, index, producer));
            values->items[index].residual = residual;
            break;
        }
    }
out:
    return status;
}

plait_status pass_fuse_epilogue(struct values *values)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < values->count; i++) {
        if (values->items[i].node) {
            TRY(fuse_residual(values, i));
            TRY(fuse_activation(values, i));
        }
    }
out:
    return status;
}
