/* SPDX-License-Identifier: MIT */
#include "plan/values.h"

#include "base/memory.h"
#include "shape/shape.h"

#include <string.h>

void value_note_free(struct values *values, const struct node *node)
{
    text_add(&values->free_layers, "%s%s", values->free_layers.length ? ", " : "", node->name);
}

plait_shape value_full_shape(const struct values *values, const struct value *value)
{
    return shape_with_batch(value->shape, values->plan->batch * value->node->samples);
}

bool value_is_padded(const struct value *value)
{
    const struct padding *padding = &value->padding;

    return padding->before[0] || padding->before[1] || padding->after[0] || padding->after[1];
}

bool value_is_private(const struct value *value)
{
    return value->uses == 1 && !value->is_output;
}

bool value_is_bare(const struct value *value)
{
    return value->residual == NONE && !value->input_scale && !value->head && !value_is_padded(value);
}

plait_status value_absorb(struct values *values, size_t into, size_t from)
{
    plait_status status = PLAIT_OK;
    struct value *to = &values->items[into];
    struct value *source = &values->items[from];
    const char *layer = to->node->name;

    if (strcmp(layer, source->node->name) != 0) { /* else a layer's own activation */
        text_add(&source->fused, "%s%s", source->fused.length ? ", " : "", layer);
        TRY(source->fused.status);
    }
    mem_free(to->inputs);
    text_free(&to->fused);
    to->node = source->node;
    to->inputs = source->inputs;
    to->input_count = source->input_count;
    to->scale = source->scale;
    to->shift = source->shift;
    to->residual = source->residual;
    to->activation = source->activation;
    to->fused = source->fused;
    *source = (struct value){.output = NONE, .residual = NONE};
out:
    return status;
}

plait_status value_skip_input(struct values *values, struct value *reader)
{
    plait_status status = PLAIT_OK;
    struct value *skipped = &values->items[reader->inputs[0]];

    text_add(&reader->fused, "%s%s", reader->fused.length ? ", " : "", skipped->node->name);
    TRY(reader->fused.status);
    mem_free(reader->inputs);
    reader->inputs = skipped->inputs;
    reader->input_count = skipped->input_count;
    text_free(&skipped->fused);
    *skipped = (struct value){.output = NONE, .residual = NONE};
out:
    return status;
}

plait_status value_take_head(struct values *values, struct value *reader)
{
    plait_status status = PLAIT_OK;
    struct value *head = &values->items[reader->inputs[0]];

    text_add(&reader->fused, "%s%s%s%s", reader->fused.length ? ", " : "", head->node->name,
             head->fused.length ? ", " : "", text_string(&head->fused));
    TRY(reader->fused.status);
    TRY(mem_alloc(&reader->head, 1, sizeof *reader->head));
    *reader->head = *head;
    reader->inputs[0] = head->inputs[0];
    *head = (struct value){.output = NONE, .residual = NONE};
out:
    return status;
}

void value_free(struct value *value)
{
    mem_free(value->inputs);
    mem_free(value->scale);
    mem_free(value->shift);
    mem_free(value->input_scale);
    mem_free(value->input_shift);
    mem_free(value->copied);
    text_free(&value->fused);
    if (value->head) {
        value_free(value->head);
        mem_free(value->head);
    }
}

struct place value_slice(const struct value *join, size_t axis, size_t begin, size_t size)
{
    struct place slice = join->place;
    size_t offset;

    slice.view = view_slice(&join->place.view, axis, begin, size, &offset);
    slice.offset += offset;
    return slice;
}

bool variant_forced(const struct values *values, const struct op *op, struct text_range *name)
{
    const char *entry = values->request->opts->variants;
    const size_t length = strlen(op->name);

    while (entry && *entry) {
        const size_t end = strcspn(entry, ",");
        if (strncmp(entry, op->name, length) == 0 && entry[length] == '=') {
            *name = (struct text_range){entry + length + 1, end - length - 1};
            return true;
        }
        entry += end + (entry[end] == ',');
    }
    return false;
}
