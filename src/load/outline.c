/* SPDX-License-Identifier: MIT */
/* A model's layers as its summary shows them: one row each, however often a layer is called, an inner model being
 * one. A file lists layers in the order of Keras's summary. */
#include "base/memory.h"
#include "graph/ir.h"
#include "load/scope.h"
#include "shape/shape.h"

#include <string.h>

void outline_count(const struct scope *scope, struct entry *entry, size_t first)
{
    const plait_graph *graph = scope->loading->graph;
    json_t *trainable = json_object_get(entry->config, "trainable");

    if (is_model_class(entry->class_name)) {
        for (size_t i = 0; i < entry->inner.count; i++) {
            const struct layer_row *row = &entry->inner.rows[i];
            entry->params += row->level == 0 ? row->params : 0;
            entry->frozen_params += row->level == 0 ? row->frozen_params : 0;
            entry->whole_params += row->level == 0 ? row->whole_params : 0;
        }
        return;
    }
    for (size_t i = first; i < graph->count; i++) {
        const struct node *node = graph->nodes[i];
        for (size_t k = 0; k < node->weight_count; k++) {
            const size_t numbers = shape_count(node->weights[k].array.shape);
            entry->params += numbers;
            entry->frozen_params += node->weights[k].frozen || json_is_false(trainable) ? numbers : 0;
            entry->whole_params += node->weights[k].whole ? numbers : 0;
        }
    }
}

/* A Sequential model's input has no row. */
static bool has_row(const struct scope *scope, const struct entry *entry)
{
    return !scope->sequential || !entry_is_input(entry);
}

static plait_status add_input(struct layer_row *row, size_t *capacity, size_t input)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&row->inputs, capacity, row->input_count + 1, sizeof *row->inputs));
    row->inputs[row->input_count++] = input;
out:
    return status;
}

/* What all calls of a layer read; `row_of` is by the layer's place. */
static plait_status connect(const struct scope *scope, const struct entry *entry, const size_t *row_of,
                            struct layer_row *row)
{
    plait_status status = PLAIT_OK;
    struct text text = {0};
    size_t capacity = 0;

    for (size_t k = 0; k < entry->call_count; k++) {
        const struct references *inputs = &entry->calls[k].inputs;
        for (size_t i = 0; i < inputs->count; i++) {
            const struct reference input = inputs->items[i];
            if (!input.producer) {
                continue; /* a mistake, which has been noted */
            }
            text_add(&text, "%s%s[%zu][%zu]", row->input_count ? ", " : "", input.producer->entry->name,
                     input.producer->index, input.tensor);
            TRY(add_input(row, &capacity, row_of[input.producer->entry - scope->entries]));
        }
    }
    TRY(mem_text(&row->connected, row->input_count ? text_string(&text) : "-"));
    status = text.status;
out:
    text_free(&text);
    return status;
}

/* In a Sequential model each layer reads the one before. */
static plait_status connect_chain(size_t index, struct layer_row *row, const size_t *row_before)
{
    plait_status status = PLAIT_OK;
    size_t capacity = 0;

    TRY(index > 0 ? add_input(row, &capacity, *row_before) : PLAIT_OK);
    TRY(mem_text(&row->connected, "-"));
out:
    return status;
}

/* The name of the Python class, which is not that in the file for some. */
static const char *python_class(const char *class_name)
{
    static const char *const names[][2] = {{"Model", "Functional"}, {"GroupQueryAttention", "GroupedQueryAttention"}};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i][0], class_name) == 0) {
            return names[i][1];
        }
    }
    return class_name;
}

static plait_status list_shapes(const struct outputs *nodes, plait_shape **shapes, size_t *count)
{
    plait_status status = PLAIT_OK;

    TRY(mem_alloc(shapes, nodes->count, sizeof **shapes));
    *count = nodes->count;
    for (size_t i = 0; i < nodes->count; i++) {
        (*shapes)[i] = plait_node_shape(nodes->items[i]);
    }
out:
    return status;
}

static plait_status describe(const struct entry *entry, struct layer_row *row)
{
    plait_status status = PLAIT_OK;
    const struct call *last = &entry->calls[entry->call_count - 1];

    TRY(mem_text(&row->name, entry->name));
    TRY(mem_text(&row->class_name, python_class(entry->class_name)));
    TRY(list_shapes(&last->outputs, &row->shapes, &row->shape_count));
    TRY(list_shapes(&last->given, &row->input_shapes, &row->input_shape_count));
    row->params = entry->params;
    row->frozen_params = entry->frozen_params;
    row->whole_params = entry->whole_params;
    row->frozen = json_is_false(json_object_get(entry->config, "trainable"));
out:
    return status;
}

/* Moves an inner model's rows behind its own; what they read are rows of the same list. */
static void append_inner(struct outline *out, struct outline *inner)
{
    const size_t first = out->count;

    for (size_t i = 0; i < inner->count; i++) {
        struct layer_row *row = &out->rows[out->count++];
        *row = inner->rows[i];
        row->level++;
        for (size_t k = 0; k < row->input_count; k++) {
            row->inputs[k] += first;
        }
    }
    mem_free(inner->rows); /* not what they point to */
    *inner = (struct outline){0};
}

plait_status outline_create(const struct scope *scope, struct outline *out)
{
    plait_status status = PLAIT_OK;
    size_t *row_of = NULL;
    size_t count = 0;

    TRY(mem_alloc(&row_of, scope->count, sizeof *row_of));
    for (size_t i = 0; i < scope->count; i++) {
        row_of[i] = count;
        count += (size_t)has_row(scope, &scope->entries[i]) + scope->entries[i].inner.count;
    }
    TRY(mem_alloc(&out->rows, count, sizeof *out->rows));
    for (size_t i = 0; i < scope->count; i++) {
        struct entry *entry = &scope->entries[i];
        if (!has_row(scope, entry) || entry->call_count == 0) {
            continue;
        }
        struct layer_row *row = &out->rows[out->count++];
        TRY(describe(entry, row));
        TRY(scope->sequential ? connect_chain(out->count - 1, row, i > 0 ? &row_of[i - 1] : NULL)
                              : connect(scope, entry, row_of, row));
        append_inner(out, &entry->inner);
    }
out:
    mem_free(row_of);
    return status;
}

void outline_free(struct outline *outline)
{
    rows_free(outline->rows, outline->count);
    *outline = (struct outline){0};
}
