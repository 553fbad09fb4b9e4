/* SPDX-License-Identifier: MIT */
/* A layer of a Keras config as a `struct source`, and its call. */
#include "base/memory.h"
#include "graph/ir.h"
#include "graph/source.h"
#include "load/scope.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_PARTS = 8,
    CALLS_OF_STEP = 3, /* that a layer in a layer counts as: what it is given and what it gives may be nodes too */
};

/* How many of a part's weights were read. */
struct used {
    char *part;
    size_t count;
};

struct layer_source {
    struct source source; /* first: a pointer to it is one to the whole */
    const struct scope *scope;
    const struct entry *entry;
    json_t *config;  /* the layer's, or that of the layer that is its activation */
    json_t *inbound; /* the call's arguments; NULL: none */
    struct weights_place place;
    struct used used[MAX_PARTS];
    size_t used_count;
    size_t inner_used;   /* by the layer in it */
    struct outputs more; /* behind the first */
    bool refused;        /* something about it, so that not all of it may have been read */
    plait_status status; /* the first failure that is no mistake of the file */
};

/* ---- Options ---- */

/* One step of a path: ".name" or "[number]". Moves *path behind it. */
static json_t *descend(json_t *json, const char **path)
{
    char name[64];

    if (**path == '[') {
        char *end = NULL;
        const unsigned long index = strtoul(*path + 1, &end, 10);
        *path = *end == ']' ? end + 1 : end;
        return json_array_get(json, index);
    }
    *path += **path == '.';
    const size_t length = strcspn(*path, ".[");
    if (length >= sizeof name) {
        return NULL;
    }
    memcpy(name, *path, length);
    name[length] = 0;
    *path += length;
    return json_object_get(json, name);
}

static json_t *find(struct source *source, const char *path)
{
    const struct layer_source *layer = (const struct layer_source *)source;
    const bool of_call = strncmp(path, "args", 4) == 0 || strncmp(path, "kwargs", 6) == 0;
    json_t *json = of_call ? layer->inbound : layer->config;

    while (json && *path) {
        json = descend(json, &path);
    }
    return json;
}

static enum source_kind kind(struct source *source, const char *path)
{
    json_t *json = find(source, path);

    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_NULL:
        return SOURCE_MISSING;
    case JSON_STRING:
        return SOURCE_TEXT;
    case JSON_ARRAY:
        return SOURCE_LIST;
    case JSON_OBJECT:
        return strcmp(json_text(json, "class_name", ""), "__keras_tensor__") == 0 ? SOURCE_TENSOR : SOURCE_OBJECT;
    default:
        return SOURCE_NUMBER;
    }
}

static double number(struct source *source, const char *path)
{
    const json_t *json = find(source, path);

    return json_is_boolean(json) ? json_is_true(json) : json_number_value(json);
}

static const char *text(struct source *source, const char *path)
{
    return json_string_value(find(source, path));
}

static size_t length(struct source *source, const char *path)
{
    return json_array_size(find(source, path));
}

static void refuse(struct source *source, plait_status status, const char *message)
{
    struct layer_source *layer = (struct layer_source *)source;

    layer->refused = true;
    scope_refuse(layer->scope, layer->entry, status, "%s", message);
}

static plait_array array(struct source *source, const char *path)
{
    struct layer_source *layer = (struct layer_source *)source;
    plait_array out = {0};
    bool sound = true;

    const plait_status status = constant_read(layer->scope->loading->weights, find(source, path), &sound, &out);
    if (status != PLAIT_OK) {
        layer->status = status;
    } else if (!sound) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_FORMAT,
                     "%s is no number, and no list of up to %d axes of them", path, PLAIT_MAX_RANK);
    }
    return out;
}

/* ---- Weights ---- */

static void note_used(struct layer_source *layer, const char *part, size_t count)
{
    size_t i = 0;

    while (i < layer->used_count && strcmp(layer->used[i].part, part) != 0) {
        i++;
    }
    if (i == layer->used_count && i < MAX_PARTS && layer->status == PLAIT_OK) {
        layer->status = mem_text(&layer->used[i].part, part);
        layer->used_count += layer->status == PLAIT_OK;
    }
    if (i < layer->used_count && layer->used[i].count < count) {
        layer->used[i].count = count;
    }
}

static plait_array weight(struct source *source, const char *part, size_t index)
{
    struct layer_source *layer = (struct layer_source *)source;
    plait_array array = {0};

    static const float unread = 0;

    const plait_status status = weights_read(layer->scope->loading->weights, &layer->place, part, index, &array);
    if (status == PLAIT_ERR_HOST_MEMORY) {
        layer->status = status;
    } else if (status != PLAIT_OK) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_FORMAT, "%s", plait_error_message());
        array.data = &unread; /* it is there, though of no use */
    }
    note_used(layer, part, index + 1);
    return array;
}

static size_t all_used(const struct layer_source *layer)
{
    size_t count = layer->inner_used;

    for (size_t i = 0; i < layer->used_count; i++) {
        count += layer->used[i].count;
    }
    return count;
}

/* Notes weights in the file that the layer has no use for. A legacy file counts those of all parts as its own. */
static plait_status check_surplus(struct layer_source *layer)
{
    plait_status status = PLAIT_OK;
    const bool legacy = weights_are_legacy(layer->scope->loading->weights);

    if (layer->used_count == 0) { /* else a legacy file lists all parts' weights under the layer's own */
        note_used(layer, "", 0);
    }
    for (size_t i = 0; i < layer->used_count; i++) {
        size_t count = 0;
        TRY(weights_count(layer->scope->loading->weights, &layer->place, layer->used[i].part, &count));
        const size_t used = legacy ? all_used(layer) : layer->used[i].count;
        if (count > used && !layer->refused) {
            scope_refuse(layer->scope, layer->entry, PLAIT_ERR_FORMAT,
                         "the file has %zu weights for it; a layer of its options has %zu", count, used);
        }
    }
out:
    return status;
}

/* ---- The call ---- */

/* Refuses a call with arguments by which a layer computes something else. */
static void check_arguments(struct layer_source *layer, json_t *args, json_t *kwargs)
{
    json_t *item;
    size_t i;
    bool training = json_is_true(json_object_get(kwargs, "training"));
    json_t *mask = json_object_get(kwargs, "mask");

    json_array_foreach(args, i, item)
    {
        training = training || json_is_true(item);
        if (json_is_number(item) || json_is_string(item)) {
            scope_refuse(layer->scope, layer->entry, PLAIT_ERR_UNSUPPORTED,
                         "its argument %zu, counted from 0, is a constant; plait calls layers on tensors", i);
        }
    }
    if (training && !layer->source.any_training) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_UNSUPPORTED,
                     "it is called with training=True; plait runs inference alone");
    }
    if (mask && !json_is_null(mask)) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_UNSUPPORTED,
                     "it is called with a mask; plait computes layers without one");
    }
}

/* The same for each of Keras 2's [name, call, tensor, kwargs], or the only one. */
static void check_call(struct layer_source *layer)
{
    json_t *item;
    size_t i;

    if (json_is_string(json_array_get(layer->inbound, 0))) {
        check_arguments(layer, NULL, json_array_get(layer->inbound, 3));
    } else if (json_is_array(layer->inbound)) {
        json_array_foreach(layer->inbound, i, item)
        {
            check_arguments(layer, NULL, json_array_get(item, 3));
        }
    } else {
        check_arguments(layer, json_object_get(layer->inbound, "args"), json_object_get(layer->inbound, "kwargs"));
    }
}

/* Whether one of the graph's nodes from number `first` on uses the node `id`. */
static bool is_used(const plait_graph *graph, size_t first, uint32_t id)
{
    for (size_t i = first; i < graph->count; i++) {
        const struct node *node = graph->nodes[i];
        for (size_t k = 0; k < node->input_count; k++) {
            if (node->poisoned || node->inputs[k] == id) {
                return true; /* with a mistake in a node, that is the one to be told */
            }
        }
    }
    return false;
}

/* Notes inputs of the call that the layer's nodes, from number `first` on, do not use. */
static void check_inputs(const struct layer_source *layer, plait_nodes inputs, size_t first, plait_node result)
{
    const plait_graph *graph = layer->scope->loading->graph;

    for (size_t i = 0; i < inputs.count; i++) {
        if (inputs.items[i].id != result.id && !is_used(graph, first, inputs.items[i].id)) {
            scope_refuse(layer->scope, layer->entry, PLAIT_ERR_FORMAT,
                         "it is called on %zu tensors; the layer has no use for number %zu", inputs.count, i);
            return;
        }
    }
}

/* Puts an activation that is an object on the layer's node: a layer, or a function by its name. */
static plait_status apply_activation(struct layer_source *layer, plait_node *x)
{
    plait_status status = PLAIT_OK;
    json_t *activation = json_object_get(layer->config, "activation");
    json_t *config = json_object_get(activation, "config");
    const bool is_function = json_is_string(config);
    const char *class_name = is_function ? "Activation" : json_text(activation, "class_name", "");
    const struct layer_reader *reader = layer_class_find(class_name, false);
    json_t *made = NULL;
    struct text name = {0}; /* it becomes a layer of its own */

    if (!json_is_object(activation)) {
        return PLAIT_OK;
    }
    if (!reader || (!is_function && !layer_class_is_keras(activation))) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_UNSUPPORTED,
                     "its activation is of class \"%.64s\", which plait does not have", class_name);
        return PLAIT_OK;
    }
    text_add(&name, "%s/activation", layer->source.name);
    TRY(name.status);
    made = is_function ? json_pack("{s:O}", "activation", config) : json_incref(config);
    if (is_function && !made) {
        TRY(error_set(PLAIT_ERR_HOST_MEMORY, "host memory: no room for a config"));
    }
    layer->source.name = name.data;
    layer->source.class_name = class_name;
    layer->config = made;
    *x = reader->read(&layer->source, PLAIT_NODES(*x));
out:
    json_decref(made);
    text_free(&name);
    return status;
}

/* ---- More than one layer ---- */

static void output(struct source *source, plait_node node)
{
    struct layer_source *layer = (struct layer_source *)source;

    if (layer->status == PLAIT_OK) {
        layer->status = outputs_add(&layer->more, node);
    }
}

static void free_layer(struct layer_source *layer)
{
    for (size_t i = 0; i < layer->used_count; i++) {
        mem_free(layer->used[i].part);
    }
    mem_free(layer->more.items);
}

/* Reads the layer in a layer; *node is what it is called on, then what it gives. */
static plait_status read_inner(struct layer_source *inner, const struct layer_reader *reader, plait_node *node)
{
    plait_status status = PLAIT_OK;

    *node = reader->read(&inner->source, PLAIT_NODES(*node));
    TRY(inner->status);
    TRY(check_surplus(inner));
    TRY(apply_activation(inner, node));
    TRY(inner->status);
    if (inner->more.count > 0) {
        scope_refuse(inner->scope, inner->entry, PLAIT_ERR_FORMAT, "its layer has %zu outputs; it must have one",
                     1 + inner->more.count);
    }
out:
    return status;
}

static plait_node inner(struct source *source, const char *key, const char *name, plait_node x)
{
    plait_status status = PLAIT_OK;
    struct layer_source *layer = (struct layer_source *)source;
    json_t *json = find(source, key);
    const char *class_name = json_text(json, "class_name", "");
    const struct layer_reader *reader = layer_class_find(class_name, false);
    struct text group = {0};
    struct layer_source made = *layer;

    made.used_count = 0;
    made.inner_used = 0;
    made.more = (struct outputs){0};
    if (!reader || !layer_class_is_keras(json)) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_UNSUPPORTED,
                     "its layer is of class \"%.64s\", which plait does not have", class_name);
        layer->refused = true;
        return x;
    }
    TRY(scope_count_calls(layer->scope, CALLS_OF_STEP));
    text_add(&group, "%s/%s", layer->place.group ? layer->place.group : "", key);
    TRY(group.status);
    made.source.name = name;
    made.config = json_object_get(json, "config");
    made.inbound = NULL;
    made.place.group = layer->place.group ? group.data : NULL;
    TRY(read_inner(&made, reader, &x));
    layer->inner_used = all_used(&made);
    layer->refused = layer->refused || made.refused;
out:
    free_layer(&made);
    text_free(&group);
    layer->status = layer->status == PLAIT_OK ? status : layer->status;
    return x;
}

static plait_status read_layer(struct layer_source *layer, plait_nodes inputs, struct outputs *out)
{
    plait_status status = PLAIT_OK;
    const struct layer_reader *reader = layer_class_find(layer->entry->class_name, layer->entry->is_operation);
    const plait_graph *graph = layer->scope->loading->graph;
    const size_t first = graph->count;

    plait_node node = reader->read(&layer->source, inputs);
    TRY(layer->status);
    TRY(graph->status);
    if (!layer->entry->is_operation) {
        check_call(layer);
    }
    check_inputs(layer, inputs, first, node);
    TRY(check_surplus(layer));
    TRY(apply_activation(layer, &node));
    TRY(layer->status);
    TRY(outputs_add(out, node));
    for (size_t i = 0; i < layer->more.count; i++) {
        TRY(outputs_add(out, layer->more.items[i]));
    }
out:
    return status;
}

plait_status layer_call(struct scope *scope, struct call *call, plait_nodes inputs, const char *name)
{
    static const struct source_calls calls = {.kind = kind,
                                              .number = number,
                                              .text = text,
                                              .length = length,
                                              .weight = weight,
                                              .array = array,
                                              .output = output,
                                              .inner = inner,
                                              .refuse = refuse};
    plait_status status = PLAIT_OK;
    const struct entry *entry = call->entry;
    char *group = NULL;
    struct layer_source layer = {
        .source = {.name = name, .calls = &calls, .class_name = entry->class_name},
        .scope = scope,
        .entry = entry,
        .config = entry->config,
        .inbound = call->inbound,
        .place = {.outer = scope->outer ? scope->outer : entry->name, .layer = entry->name},
    };

    if (!entry->is_operation) {
        TRY(scope_find_group(scope, entry, &group));
        if (!group) {
            goto out;
        }
        layer.place.group = group;
    }
    TRY(read_layer(&layer, inputs, &call->outputs));
out:
    free_layer(&layer);
    mem_free(group);
    return status;
}
