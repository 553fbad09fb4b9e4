/* SPDX-License-Identifier: MIT */
/* Reading a model's layers and calls, and making the calls in an order in which each finds its inputs. */
#include "load/scope.h"

#include "base/memory.h"
#include "graph/name.h"
#include "graph/source.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void scope_refuse(const struct scope *scope, const struct entry *entry, const char *format, ...)
{
    char line[768];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    struct text *problems = &scope->loading->problems;
    text_add(problems, problems->length ? "\n" : "");
    if (entry) {
        text_add(problems, "%s \"%s%s\": ", entry->class_name, scope->prefix, entry->name);
    }
    text_add(problems, "%s", line);
}

static const char *string_or(json_t *object, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : fallback;
}

bool entry_is_model(const struct entry *entry)
{
    return strcmp(entry->class_name, "Functional") == 0 || strcmp(entry->class_name, "Model") == 0 ||
           strcmp(entry->class_name, "Sequential") == 0;
}

static bool is_input(const struct entry *entry)
{
    return strcmp(entry->class_name, "InputLayer") == 0;
}

/* ---- Reading the layers ---- */

static plait_status read_calls(const struct scope *scope, struct entry *entry)
{
    plait_status status = PLAIT_OK;
    json_t *inbound = json_object_get(entry->json, "inbound_nodes");
    const size_t written = json_array_size(inbound);

    entry->call_count = scope->sequential || is_input(entry) ? 1 : written;
    TRY(mem_alloc(&entry->calls, entry->call_count, sizeof *entry->calls));
    for (size_t i = 0; i < written && !scope->sequential && !is_input(entry); i++) {
        entry->calls[i].inbound = json_array_get(inbound, i);
    }
out:
    return status;
}

static plait_status read_entry(const struct scope *scope, struct entry *entry, json_t *json)
{
    plait_status status = PLAIT_OK;
    const char *module = string_or(json, "module", "");

    entry->json = json;
    entry->config = json_object_get(json, "config");
    entry->class_name = string_or(json, "class_name", "");
    entry->name = string_or(json, "name", string_or(entry->config, "name", ""));
    entry->is_operation = strncmp(module, "keras.src.ops", 13) == 0 || strncmp(module, "keras.ops", 9) == 0 ||
                          strncmp(module, "keras.src.activations", 21) == 0;
    if (!entry->class_name[0] || !entry->name[0] || !json_is_object(entry->config)) {
        scope_refuse(scope, NULL, "a layer of model \"%s\" has no class_name, name or config", scope->prefix);
    }
    TRY(read_calls(scope, entry));
out:
    return status;
}

/* Numbers a layer among those of its class, as the weights' groups do. A Sequential model's input is not
 * among its layers. */
static plait_status number_entry(const struct scope *scope, struct entry *entry)
{
    char numbered[NAME_BYTES];
    size_t number = 0;

    for (const struct entry *other = scope->entries; other < entry; other++) {
        number += !other->is_operation && strcmp(other->class_name, entry->class_name) == 0;
    }
    name_number(strcmp(entry->class_name, "Model") == 0 ? "Functional" : entry->class_name, number, numbered);
    return mem_text(&entry->numbered, numbered);
}

plait_status scope_open(struct scope *scope, json_t *model)
{
    plait_status status = PLAIT_OK;

    scope->config = json_object_get(model, "config");
    scope->sequential = strcmp(string_or(model, "class_name", ""), "Sequential") == 0;
    json_t *layers = json_is_array(scope->config) ? scope->config : json_object_get(scope->config, "layers");
    const size_t count = json_array_size(layers);
    if (count == 0) {
        scope_refuse(scope, NULL, "model \"%s\" has no layers", scope->prefix);
        return PLAIT_OK;
    }
    TRY(mem_alloc(&scope->entries, count, sizeof *scope->entries));
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &scope->entries[scope->count++];
        TRY(read_entry(scope, entry, json_array_get(layers, i)));
        TRY(number_entry(scope, entry));
        for (size_t k = 0; k < i; k++) {
            if (strcmp(scope->entries[k].name, entry->name) == 0) {
                scope_refuse(scope, entry, "two layers of the model have this name");
            }
        }
    }
out:
    return status;
}

void scope_free(struct scope *scope)
{
    for (size_t i = 0; i < scope->count; i++) {
        struct entry *entry = &scope->entries[i];
        for (size_t k = 0; entry->calls && k < entry->call_count; k++) {
            mem_free(entry->calls[k].outputs.items);
        }
        mem_free(entry->calls);
        mem_free(entry->numbered);
    }
    mem_free(scope->entries);
    scope->entries = NULL;
    scope->count = 0;
}

/* ---- References to tensors ---- */

/* A tensor by the layer that makes it. */
struct reference {
    const char *layer;
    size_t call;
    size_t tensor;
};

/* Reads [name, call, tensor], the form of Keras 2 and of input_layers. */
static bool read_triple(json_t *json, struct reference *out)
{
    const char *layer = json_string_value(json_array_get(json, 0));
    const json_int_t call = json_integer_value(json_array_get(json, 1));
    const json_int_t tensor = json_integer_value(json_array_get(json, 2));

    if (!layer || json_array_size(json) < 3 || !json_is_integer(json_array_get(json, 1)) || call < 0 || tensor < 0) {
        return false;
    }
    *out = (struct reference){layer, (size_t)call, (size_t)tensor};
    return true;
}

static const struct entry *find_entry(const struct scope *scope, const char *name)
{
    for (size_t i = 0; i < scope->count; i++) {
        if (strcmp(scope->entries[i].name, name) == 0) {
            return &scope->entries[i];
        }
    }
    return NULL;
}

/* The node of a reference; NULL if it is not made yet, or never. Calls of inner models count from 1 in
 * `from_one` references. */
static const plait_node *find_node(const struct scope *scope, struct reference reference, bool from_one)
{
    const struct entry *entry = find_entry(scope, reference.layer);

    if (!entry) {
        return NULL;
    }
    const bool shift = from_one && entry_is_model(entry) && reference.call > 0;
    const size_t call = shift ? reference.call - 1 : reference.call;
    if (call >= entry->call_count || !entry->calls[call].done) {
        return NULL;
    }
    const struct outputs *outputs = &entry->calls[call].outputs;
    return reference.tensor < outputs->count ? &outputs->items[reference.tensor] : NULL;
}

/* Nodes collected from a call's arguments. */
struct collection {
    const struct scope *scope;
    plait_node *nodes;
    size_t count;
    size_t capacity;
    bool complete; /* all tensors were there */
    bool keras2;
};

static plait_status collect_reference(struct collection *collection, json_t *triple)
{
    plait_status status = PLAIT_OK;
    struct reference reference;

    const plait_node *node =
        read_triple(triple, &reference) ? find_node(collection->scope, reference, collection->keras2) : NULL;
    if (!node) {
        collection->complete = false;
        goto out;
    }
    TRY(mem_grow(&collection->nodes, &collection->capacity, collection->count + 1, sizeof *node));
    collection->nodes[collection->count++] = *node;
out:
    return status;
}

/* Keras 3: tensors stand anywhere in lists and objects as {"class_name": "__keras_tensor__", ...}. */
static plait_status collect_tensors(struct collection *collection, json_t *json, size_t depth)
{
    plait_status status = PLAIT_OK;
    json_t *item;
    const char *key;
    size_t i;

    if (depth > SCOPE_MAX_DEPTH) {
        collection->complete = false;
        return PLAIT_OK;
    }
    if (strcmp(string_or(json, "class_name", ""), "__keras_tensor__") == 0) {
        return collect_reference(collection, json_object_get(json_object_get(json, "config"), "keras_history"));
    }
    json_array_foreach (json, i, item) {
        TRY(collect_tensors(collection, item, depth + 1));
    }
    json_object_foreach (json, key, item) {
        TRY(collect_tensors(collection, item, depth + 1));
    }
out:
    return status;
}

/* Keras 2: a list of [name, call, tensor, kwargs], or a single one. */
static plait_status collect_triples(struct collection *collection, json_t *inbound)
{
    plait_status status = PLAIT_OK;
    json_t *item;
    size_t i;

    collection->keras2 = true;
    if (json_is_string(json_array_get(inbound, 0))) {
        return collect_reference(collection, inbound);
    }
    json_array_foreach (inbound, i, item) {
        TRY(collect_reference(collection, item));
    }
out:
    return status;
}

static plait_status collect(struct collection *collection, json_t *inbound)
{
    plait_status status = PLAIT_OK;

    if (json_is_array(inbound)) {
        return collect_triples(collection, inbound);
    }
    TRY(collect_tensors(collection, json_object_get(inbound, "args"), 0));
    TRY(collect_tensors(collection, json_object_get(inbound, "kwargs"), 0));
out:
    return status;
}

/* ---- Making the calls ---- */

static plait_status join_text(char **out, const char *a, const char *b, const char *c)
{
    plait_status status = PLAIT_OK;
    struct text text = {0};

    text_add(&text, "%s%s%s", a, b, c);
    TRY(text.status);
    TRY(mem_text(out, text_string(&text)));
out:
    text_free(&text);
    return status;
}

/* Calls an inner model. */
static plait_status call_model(struct scope *scope, struct entry *entry, struct call *call, plait_nodes inputs,
                               const char *name)
{
    plait_status status = PLAIT_OK;
    struct scope inner = {.loading = scope->loading, .depth = scope->depth + 1};
    struct outputs given = {0};
    struct outputs in = {0};
    char *prefix = NULL;
    char *group = NULL;
    char *container = NULL;

    if (inner.depth > SCOPE_MAX_DEPTH) {
        scope_refuse(scope, entry, "models are nested deeper than %d", SCOPE_MAX_DEPTH);
        return PLAIT_OK;
    }
    TRY(join_text(&prefix, name, "/", ""));
    TRY(weights_find_group(scope->loading->weights, scope->container, entry->name, entry->numbered, &group));
    TRY(join_text(&container, group, "/layers", ""));
    inner.prefix = prefix;
    inner.container = container;
    inner.outer = scope->outer ? scope->outer : entry->name;
    TRY(scope_open(&inner, entry->json));
    TRY(mem_copy(&given.items, inputs.items, inputs.count * sizeof *inputs.items));
    given.count = inputs.count;
    TRY(scope_build(&inner, &given, &in, &call->outputs));
out:
    scope_free(&inner);
    mem_free(given.items);
    mem_free(in.items);
    mem_free(prefix);
    mem_free(group);
    mem_free(container);
    return status;
}

/* Makes a call whose inputs are there. */
static plait_status make_call(struct scope *scope, struct entry *entry, size_t index, plait_nodes inputs)
{
    plait_status status = PLAIT_OK;
    struct call *call = &entry->calls[index];
    char again[32] = "";
    char *name = NULL;

    if (++scope->loading->calls > SCOPE_MAX_CALLS) {
        return error_set(PLAIT_ERR_TOO_LARGE, "%s: more than %d calls of layers", scope->loading->file_name,
                         SCOPE_MAX_CALLS);
    }
    if (index > 0) {
        (void)snprintf(again, sizeof again, "/call_%zu", index);
    }
    TRY(join_text(&name, scope->prefix, entry->name, again));
    if (inputs.count == 0) {
        scope_refuse(scope, entry, "it is called on no tensor");
    } else if (entry_is_model(entry)) {
        TRY(call_model(scope, entry, call, inputs, name));
    } else {
        TRY(layer_call(scope, entry, call, inputs, name));
    }
    call->done = true;
out:
    mem_free(name);
    return status;
}

/* Makes the call if its inputs are there. */
static plait_status try_call(struct scope *scope, struct entry *entry, size_t index, bool *made)
{
    plait_status status = PLAIT_OK;
    struct collection collection = {.scope = scope, .complete = true};

    TRY(collect(&collection, entry->calls[index].inbound));
    if (collection.complete) {
        TRY(make_call(scope, entry, index, (plait_nodes){collection.nodes, collection.count}));
        *made = true;
    }
out:
    mem_free(collection.nodes);
    return status;
}

/* One round over the calls that are not made. */
static plait_status make_ready(struct scope *scope, bool *made, const struct entry **waiting)
{
    plait_status status = PLAIT_OK;

    *waiting = NULL;
    for (size_t i = 0; i < scope->count; i++) {
        struct entry *entry = &scope->entries[i];
        for (size_t k = 0; k < entry->call_count; k++) {
            if (!entry->calls[k].done) {
                TRY(try_call(scope, entry, k, made));
            }
            if (!entry->calls[k].done) {
                *waiting = entry;
            }
        }
    }
out:
    return status;
}

/* Makes every call of a Functional model; a layer may stand before those that it gets its inputs from. */
static plait_status make_all(struct scope *scope)
{
    plait_status status = PLAIT_OK;
    const struct entry *waiting = NULL;
    bool made = true;

    while (made) {
        made = false;
        TRY(make_ready(scope, &made, &waiting));
    }
    if (waiting) {
        scope_refuse(scope, waiting, "its inputs are never made: they name an unknown layer, call or tensor, or the "
                                     "layers form a cycle");
    }
out:
    return status;
}

/* ---- Inputs and outputs ---- */

/* The shape in an InputLayer's config, None as 0; false if there is none. */
static bool written_shape(json_t *config, plait_shape *shape)
{
    static const char *const keys[] = {"batch_shape", "batch_input_shape", "build_input_shape"};
    json_t *dims = NULL;

    for (size_t i = 0; i < sizeof keys / sizeof *keys && !json_is_array(dims); i++) {
        dims = json_object_get(config, keys[i]);
    }
    const size_t rank = json_array_size(dims);
    if (rank == 0 || rank > PLAIT_MAX_RANK) {
        return false;
    }
    *shape = (plait_shape){.rank = rank - 1};
    for (size_t i = 1; i < rank; i++) {
        const json_int_t dim = json_integer_value(json_array_get(dims, i));
        shape->dims[i - 1] = dim > 0 ? (size_t)dim : 0;
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

/* Fills in open sizes from the caller's shape. */
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

static plait_status keep_output(struct call *call, plait_node node)
{
    plait_status status = PLAIT_OK;

    TRY(mem_alloc(&call->outputs.items, 1, sizeof node));
    call->outputs.items[0] = node;
    call->outputs.count = 1;
    call->done = true;
out:
    return status;
}

/* Makes the model's input number `index`: the given node, or one of its own of the shape in `config`. */
static plait_status make_input(struct scope *scope, struct entry *entry, json_t *config, size_t index,
                               const struct outputs *given)
{
    const char *name = entry->name;
    plait_shape shape;

    if (given) {
        return keep_output(&entry->calls[0], given->items[index]);
    }
    if (!written_shape(config, &shape)) {
        scope_refuse(scope, entry, "its config has no batch_shape of 1 to %d axes", PLAIT_MAX_RANK);
        return keep_output(&entry->calls[0], (plait_node){0});
    }
    if (!complete_shape(given_shape(scope->loading->opts, name, index), &shape)) {
        scope_refuse(scope, entry, "input %zu has axes of no fixed size; give its shape", index);
    }
    return keep_output(&entry->calls[0], plait_input(scope->loading->graph, name, shape));
}

/* Collects the [name, call, tensor] triples of input_layers or output_layers: one, a list, or an object, whose
 * keys Keras sorts. */
static plait_status flatten_triples(json_t *json, json_t **out, size_t *count, size_t room)
{
    plait_status status = PLAIT_OK;
    json_t *item;
    size_t i;

    if (json_is_string(json_array_get(json, 0))) {
        if (*count < room) {
            out[(*count)++] = json;
        }
        return PLAIT_OK;
    }
    json_array_foreach (json, i, item) {
        TRY(flatten_triples(item, out, count, room));
    }
    const char *last = "";
    for (size_t left = json_object_size(json); left > 0; left--) {
        const char *next = NULL;
        const char *key;
        json_object_foreach (json, key, item) {
            if (strcmp(key, last) > 0 && (!next || strcmp(key, next) < 0)) {
                next = key;
            }
        }
        if (!next) {
            break;
        }
        TRY(flatten_triples(json_object_get(json, next), out, count, room));
        last = next;
    }
out:
    return status;
}

enum { MAX_ENDS = 256 }; /* inputs, or outputs, of a model */

static plait_status make_inputs(struct scope *scope, const struct outputs *given, struct outputs *in)
{
    plait_status status = PLAIT_OK;
    json_t *triples[MAX_ENDS];
    size_t count = 0;

    TRY(flatten_triples(json_object_get(scope->config, "input_layers"), triples, &count, MAX_ENDS));
    if (count == 0 || (given && given->count != count)) {
        scope_refuse(scope, NULL, "model \"%s\" has %zu inputs and is called on %zu tensors", scope->prefix, count,
                     given ? given->count : 0);
        goto out;
    }
    TRY(mem_alloc(&in->items, count, sizeof *in->items));
    for (size_t i = 0; i < count; i++) {
        const char *name = json_string_value(json_array_get(triples[i], 0));
        struct entry *entry = (struct entry *)find_entry(scope, name);
        if (!entry || !is_input(entry) || entry->calls[0].done) {
            scope_refuse(scope, NULL, "input_layers names \"%s\", which is no InputLayer, or named twice", name);
            continue;
        }
        TRY(make_input(scope, entry, entry->config, i, given));
        in->items[in->count++] = entry->calls[0].outputs.items[0];
    }
out:
    return status;
}

static plait_status find_outputs(struct scope *scope, struct outputs *out)
{
    plait_status status = PLAIT_OK;
    json_t *triples[MAX_ENDS];
    size_t count = 0;

    TRY(flatten_triples(json_object_get(scope->config, "output_layers"), triples, &count, MAX_ENDS));
    TRY(mem_alloc(&out->items, count, sizeof *out->items));
    for (size_t i = 0; i < count; i++) {
        struct reference reference = {0};
        const plait_node *node = read_triple(triples[i], &reference) ? find_node(scope, reference, true) : NULL;
        if (!node) {
            scope_refuse(scope, NULL, "output_layers: output %zu of model \"%s\" names no tensor that is made", i,
                         scope->prefix);
            continue;
        }
        out->items[out->count++] = *node;
    }
out:
    return status;
}

/* A Sequential model: each layer on the one before. */
static plait_status build_chain(struct scope *scope, const struct outputs *given, struct outputs *in,
                                struct outputs *out)
{
    plait_status status = PLAIT_OK;
    struct entry *first = &scope->entries[0];
    const bool has_input = is_input(first);
    plait_shape shape;
    plait_node x;

    if (given && given->count != 1) {
        scope_refuse(scope, NULL, "model \"%s\" has one input and is called on %zu tensors", scope->prefix, given->count);
        return PLAIT_OK;
    }
    if (has_input) {
        TRY(make_input(scope, first, first->config, 0, given));
        x = first->calls[0].outputs.items[0];
    } else if (given) {
        x = given->items[0];
    } else {
        json_t *config = written_shape(first->config, &shape) ? first->config : scope->config;
        if (!written_shape(config, &shape) || !complete_shape(given_shape(scope->loading->opts, "", 0), &shape)) {
            scope_refuse(scope, first, "its input shape is not known; give it");
            return PLAIT_OK;
        }
        x = plait_input(scope->loading->graph, NULL, shape);
    }
    TRY(mem_alloc(&in->items, 1, sizeof x));
    in->items[0] = x;
    in->count = 1;
    for (size_t i = has_input; i < scope->count; i++) {
        struct entry *entry = &scope->entries[i];
        TRY(make_call(scope, entry, 0, PLAIT_NODES(x)));
        if (entry->calls[0].outputs.count == 0) {
            goto out; /* what was wrong has been noted */
        }
        x = entry->calls[0].outputs.items[0];
    }
    TRY(mem_alloc(&out->items, 1, sizeof x));
    out->items[0] = x;
    out->count = 1;
out:
    return status;
}

plait_status scope_build(struct scope *scope, const struct outputs *inputs, struct outputs *in, struct outputs *out)
{
    plait_status status = PLAIT_OK;

    if (scope->count == 0) {
        return PLAIT_OK;
    }
    if (scope->sequential) {
        return build_chain(scope, inputs, in, out);
    }
    TRY(make_inputs(scope, inputs, in));
    TRY(make_all(scope));
    TRY(find_outputs(scope, out));
out:
    return status;
}
