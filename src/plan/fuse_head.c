/* SPDX-License-Identifier: MIT */
/* Pass: an operator whose result one other reads piece by piece is computed within that one.
 *
 * So a 1x1 convolution that widens pixels for a depthwise one, as in inverted residuals, leaves no wide tensor in
 * memory. Only operators that say so take part, and none for which a variant is demanded. */
#include "plan/values.h"
#include "shape/shape.h"

static bool can_take(const struct values *values, const struct value *reader)
{
    const struct op *op = reader->node->op;
    const struct value *head = reader->input_count ? &values->items[reader->inputs[0]] : NULL;
    struct text_range name;

    return op->takes_head && !reader->input_scale && !variant_forced(values, op, &name) && value_is_private(head) &&
           value_is_bare(head) && head->input_count == 1 && !variant_forced(values, head->node->op, &name) &&
           activation_equal(&head->activation, &reader->activation) &&
           op->takes_head(reader->node, &reader->padding, head->node, values->items[head->inputs[0]].shape,
                          values->request->device);
}

plait_status pass_fuse_head(struct values *values)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < values->count; i++) {
        struct value *reader = &values->items[i];
        if (reader->node && can_take(values, reader)) {
            TRY(value_take_head(values, reader));
        }
    }
out:
    return status;
}
