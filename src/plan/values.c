/* SPDX-License-Identifier: MIT */
#include "plan/values.h"

#include "base/memory.h"

#include <string.h>

void value_note_free(struct values *values, const struct node *node)
{
    text_add(&values->free_layers, "%s%s", values->free_layers.length ? ", " : "", node->name);
}

bool value_is_private(const struct value *value)
{
    return value->uses == 1 && !value->is_output;
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
    reader->inputs[0] = skipped->inputs[0];
    mem_free(skipped->inputs);
    text_free(&skipped->fused);
    *skipped = (struct value){.output = NONE, .residual = NONE};
out:
    return status;
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
