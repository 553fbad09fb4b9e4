/* SPDX-License-Identifier: MIT */
/* Pass: y = scale * x + shift (batch normalization, a product with a constant) goes into the weights of the
 * operators that made x, also where x joins several of them along the channels. */
#include "base/memory.h"
#include "plan/values.h"
#include "shape/shape.h"

static size_t channels_of(const struct value *value)
{
    return value->shape.rank > 0 ? value->shape.dims[value->shape.rank - 1] : 1;
}

static bool joins_channels(const struct value *value)
{
    return value->node->op->join_axis && value->node->op->join_axis(value->node) == value->shape.rank;
}

static bool can_fold(const struct values *values, const struct value *value)
{
    if (!value_is_private(value)) {
        return false;
    }
    if (!joins_channels(value)) {
        return value->node->op->takes_affine && value->residual == NONE && activation_is_linear(&value->activation);
    }
    for (size_t i = 0; i < value->input_count; i++) {
        if (!can_fold(values, &values->items[value->inputs[i]])) {
            return false;
        }
    }
    return true;
}

/* Applies scale and shift after what is folded into the value already. */
static plait_status fold_here(struct value *value, const double *scale, const double *shift)
{
    plait_status status = PLAIT_OK;
    const size_t channels = channels_of(value);

    if (!value->scale) {
        TRY(mem_copy(&value->scale, scale, channels * sizeof *scale));
        TRY(mem_copy(&value->shift, shift, channels * sizeof *shift));
        goto out;
    }
    for (size_t c = 0; c < channels; c++) {
        value->shift[c] = scale[c] * value->shift[c] + shift[c];
        value->scale[c] *= scale[c];
    }
out:
    return status;
}

static plait_status fold(struct values *values, struct value *value, const double *scale, const double *shift)
{
    plait_status status = PLAIT_OK;
    size_t begin = 0;

    if (!joins_channels(value)) {
        return fold_here(value, scale, shift);
    }
    for (size_t i = 0; i < value->input_count; i++) {
        struct value *part = &values->items[value->inputs[i]];
        TRY(fold(values, part, scale + begin, shift + begin));
        begin += channels_of(part);
    }
out:
    return status;
}

static plait_status fold_value(struct values *values, size_t index)
{
    plait_status status = PLAIT_OK;
    struct value *value = &values->items[index];
    const struct op *op = value->node->op;
    const size_t producer = value->input_count ? value->inputs[0] : NONE;
    struct text_range name;
    double *scale = NULL;
    double *shift = NULL;

    if (!op->affine || variant_forced(values, op, &name) || !can_fold(values, &values->items[producer]) ||
        !shape_equal(value->shape, values->items[producer].shape)) {
        return PLAIT_OK;
    }
    const size_t channels = channels_of(value);
    TRY(mem_alloc(&scale, channels, sizeof *scale));
    TRY(mem_alloc(&shift, channels, sizeof *shift));
    if (op->affine(value->node, channels, scale, shift)) {
        TRY(fold(values, &values->items[producer], scale, shift));
        TRY(value_absorb(values, index, producer));
    }
out:
    mem_free(scale);
    mem_free(shift);
    return status;
}

plait_status pass_fold_affine(struct values *values)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < values->count; i++) {
        if (values->items[i].node) {
            TRY(fold_value(values, i));
        }
    }
out:
    return status;
}
