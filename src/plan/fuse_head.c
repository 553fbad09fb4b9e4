/* SPDX-License-Identifier: MIT */
/* Pass: an operator whose result one other reads piece by piece is computed within that one.
 *
 * So a 1x1 convolution that widens pixels for a depthwise one, as in inverted residuals, leaves no wide tensor in
 * memory. Only operators that say so take part, and none for which a variant is demanded. */
#include "plan/values.h"
#include "shape/shape.h"

enum { MOST_STAGES = 3 };

/* Lists the reader, the value that makes its input 0, and the heads of that; false if they are too many. */
static bool list_stages(const struct values *values, const struct value *reader, struct stage *stages)
{
    const struct value *value = reader;
    const struct value *head = &values->items[reader->inputs[0]];

    for (size_t i = 0; i < MOST_STAGES; i++) {
        stages[i] = (struct stage){
            .node = value->node,
            .input = head ? head->shape : values->items[value->inputs[0]].shape,
            .padding = value->padding,
            .activation = value->activation,
            .head = head && i + 1 < MOST_STAGES ? &stages[i + 1] : NULL,
        };
        if (!head) {
            return true;
        }
        value = head;
        head = value->head;
    }
    return false;
}

static bool can_take(const struct values *values, const struct value *reader)
{
    const struct op *op = reader->node->op;
    const struct value *head = reader->input_count == 1 ? &values->items[reader->inputs[0]] : NULL;
    struct stage stages[MOST_STAGES];
    struct text_range name;

    return op->takes_head && head && !reader->input_scale && !variant_forced(values, op, &name) &&
           value_is_private(head) && head->residual == NONE && !head->input_scale && head->input_count == 1 &&
           !variant_forced(values, head->node->op, &name) && list_stages(values, reader, stages) &&
           op->takes_head(stages, values->request->device);
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
