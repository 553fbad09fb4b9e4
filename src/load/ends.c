/* SPDX-License-Identifier: MIT */
/* A model's inputs and outputs. */
#include "base/memory.h"
#include "load/scope.h"
#include "shape/shape.h"

#include <plait/layers.h>
#include <stdio.h>
#include <string.h>

/* The batch_shape in a layer's config, by the keys of every version; NULL if there is none. */
static json_t *find_shape(json_t *config)
{
    static const char *const keys[] = {"batch_shape", "batch_input_shape", "build_input_shape"};
    json_t *dims = NULL;

    for (size_t i = 0; i < sizeof keys / sizeof *keys && !json_is_array(dims); i++) {
        dims = json_object_get(config, keys[i]);
    }
    return dims;
}

/* Reads a sample's shape from a batch_shape, None as 0; false if it is none. */
static bool read_shape(json_t *dims, plait_shape *shape)
{
    const size_t rank = json_array_size(dims);

    *shape = (plait_shape){.rank = rank - 1};
    if (rank == 0 || rank > PLAIT_MAX_RANK) {
        return false;
    }
    for (size_t i = 1; i < rank; i++) {
        json_t *dim = json_array_get(dims, i);
        const json_int_t size = json_integer_value(dim);
        if (!json_is_null(dim) && (size <= 0 || size > (json_int_t)SHAPE_MAX_ELEMENTS)) {
            return false;
        }
        shape->dims[i - 1] = (size_t)size;
    }
    return true;
}

/* The caller's shape for an input; NULL: none. */
static const plait_shape *given_shape(const plait_keras_opts *opts, const char *name, size_t index)
{
    for (size_t i = 0; i < opts->size_count; i++) {
        const plait_keras_size *size = &opts->sizes[i];
        if (size->input ? strcmp(size->input, name) == 0 : i == index) {
            return &size->shape;
        }
    }
    return NULL;
}

/* Fills in open sizes from the caller's shape; false if one stays open. */
static bool complete_shape(const plait_shape *given, plait_shape *shape)
{
    bool complete = true;

    for (size_t i = 0; i < shape->rank; i++) {
        if (shape->dims[i] == 0 && given && given->rank == shape->rank) {
            shape->dims[i] = given->dims[i];
        }
        complete = complete && shape->dims[i] > 0;
    }
    return complete;
}

/* Adds an input of the graph, of the batch_shape `dims`, to `out`; after a mistake, none. */
static plait_status add_input(const struct scope *scope, const struct entry *entry, json_t *dims, size_t index,
                              struct outputs *out)
{
    const char *name = entry_is_input(entry) ? entry->name : NULL;
    const plait_shape *given = given_shape(scope->loading->opts, name ? name : "", index);
    plait_shape shape;

    if (!read_shape(dims, &shape)) {
        scope_refuse(scope, entry, PLAIT_ERR_FORMAT,
                     dims ? "its batch_shape is no list of the batch and up to %d sizes of 1 to 2^31-1 or null"
                          : "its config has no batch_shape; build the model, of up to %d axes, before it is saved",
                     PLAIT_MAX_RANK - 1);
        return PLAIT_OK;
    }
    const plait_shape open = shape;
    if (!complete_shape(given, &shape)) {
        scope_refuse(scope, entry, PLAIT_ERR_FORMAT,
                     "input %zu has axes of no fixed size: shape %s, 0 for None, with %s given; give a size for each",
                     index, shape_name(open).text, given ? shape_name(*given).text : "none");
        return PLAIT_OK;
    }
    return outputs_add(out, plait_input(scope->loading->graph, name, shape));
}

/* Makes the call of an InputLayer, input number `index` of the model. */
static plait_status make_input(struct scope *scope, struct entry *entry, size_t index, const struct outputs *given,
                               struct outputs *in)
{
    plait_status status = PLAIT_OK;
    struct call *call = &entry->calls[0];

    call->state = CALL_DONE;
    if (given) {
        TRY(outputs_add(&call->outputs, given->items[index]));
    } else {
        TRY(add_input(scope, entry, find_shape(entry->config), index, &call->outputs));
    }
    if (call->outputs.count > 0) {
        TRY(outputs_add(in, call->outputs.items[0]));
    }
out:
    return status;
}

/* The [name, call, tensor] triples of input_layers or output_layers: one, a list, or an object. */
struct triples {
    json_t **items;
    size_t count;
    size_t capacity;
};

static plait_status flatten(json_t *json, struct triples *out)
{
    plait_status status = PLAIT_OK;
    json_t **values = NULL;
    json_t *item;
    size_t i;

    if (json_is_string(json_array_get(json, 0))) {
        TRY(mem_grow(&out->items, &out->capacity, out->count + 1, sizeof json));
        out->items[out->count++] = json;
        return PLAIT_OK;
    }
    json_array_foreach(json, i, item)
    {
        TRY(flatten(item, out));
    }
    if (json_object_size(json) > 0) {
        TRY(json_sorted(json, &values));
    }
    for (i = 0; i < json_object_size(json); i++) {
        TRY(flatten(values[i], out));
    }
out:
    mem_free(values);
    return status;
}

plait_status ends_make_inputs(struct scope *scope, const struct outputs *given, struct outputs *in)
{
    plait_status status = PLAIT_OK;
    struct triples triples = {0};

    TRY(flatten(json_object_get(scope->config, "input_layers"), &triples));
    if (triples.count == 0) {
        scope_refuse(scope, NULL, PLAIT_ERR_FORMAT, "the model's config has no input_layers");
    } else if (given && given->count != triples.count) {
        scope_refuse(scope, NULL, PLAIT_ERR_FORMAT, "the model has %zu inputs and is called on %zu tensors",
                     triples.count, given->count);
        goto out;
    }
    for (size_t i = 0; i < triples.count; i++) {
        const char *name = json_string_value(json_array_get(triples.items[i], 0));
        struct entry *entry = scope_find(scope, name);
        if (!entry || !entry_is_input(entry) || entry->calls[0].state == CALL_DONE) {
            scope_refuse(scope, NULL, PLAIT_ERR_FORMAT, "input_layers: \"%.256s\" is %s", name,
                         entry && entry_is_input(entry) ? "there twice" : "no InputLayer of the model");
            continue;
        }
        TRY(make_input(scope, entry, i, given, in));
    }
out:
    mem_free(triples.items);
    return status;
}

plait_status ends_make_first(struct scope *scope, const struct outputs *given, struct outputs *in)
{
    struct entry *first = &scope->entries[0];

    if (given && given->count != 1) {
        scope_refuse(scope, NULL, PLAIT_ERR_FORMAT, "the model has one input and is called on %zu tensors",
                     given->count);
        return PLAIT_OK;
    }
    if (entry_is_input(first)) {
        return make_input(scope, first, 0, given, in);
    }
    if (given) {
        return outputs_add(in, given->items[0]);
    }
    json_t *shape = find_shape(first->config);
    return add_input(scope, first, shape ? shape : find_shape(scope->config), 0, in);
}

plait_status ends_find_outputs(struct scope *scope, struct outputs *out)
{
    plait_status status = PLAIT_OK;
    struct triples triples = {0};
    char what[64];

    TRY(flatten(json_object_get(scope->config, "output_layers"), &triples));
    if (triples.count == 0) {
        scope_refuse(scope, NULL, PLAIT_ERR_FORMAT, "the model's config has no output_layers");
    }
    for (size_t i = 0; i < triples.count; i++) {
        struct reference reference;
        (void)snprintf(what, sizeof what, "output_layers: number %zu", i);
        if (reference_read(scope, NULL, what, triples.items[i], &reference)) {
            const plait_node *node = reference_node(scope, NULL, reference);
            TRY(node ? outputs_add(out, *node) : PLAIT_OK);
        }
    }
out:
    mem_free(triples.items);
    return status;
}
