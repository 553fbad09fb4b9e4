/* SPDX-License-Identifier: MIT */
/* Pass: zeros around a picture go into the windows of the operator that alone reads it. */
#include "plan/values.h"

/* Kernels reach all cells in 32 bits as long as the zeros are no more than the picture's own. */
static bool is_narrow(const struct padding *padding, plait_shape picture)
{
    for (size_t i = 0; i < 2; i++) {
        if (padding->before[i] > picture.dims[i] || padding->after[i] > picture.dims[i]) {
            return false;
        }
    }
    return true;
}

static bool can_fold(const struct values *values, const struct value *reader, struct padding *padding)
{
    const struct value *padded = reader->input_count ? &values->items[reader->inputs[0]] : NULL;
    struct text_range name;

    return reader->node->op->takes_padding && padded->node->op->padding && value_is_private(padded) &&
           activation_is_linear(&padded->activation) && !variant_forced(values, padded->node->op, &name) &&
           padded->node->op->padding(padded->node, padding) &&
           is_narrow(padding, values->items[padded->inputs[0]].shape);
}

plait_status pass_fold_padding(struct values *values)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < values->count; i++) {
        struct value *reader = &values->items[i];
        struct padding padding;
        if (reader->node && can_fold(values, reader, &padding)) {
            TRY(value_skip_input(values, reader));
            reader->padding = padding;
        }
    }
out:
    return status;
}
