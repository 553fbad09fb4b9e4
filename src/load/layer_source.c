/* SPDX-License-Identifier: MIT */
/* A layer of a Keras config as a `struct source`, and its call. */
#include "base/memory.h"
#include "graph/source.h"
#include "load/scope.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_PARTS = 8 };

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
    const json_t *json = find(source, path);

    switch (json ? json_typeof(json) : JSON_NULL) {
    case JSON_NULL:
        return SOURCE_MISSING;
    case JSON_STRING:
        return SOURCE_TEXT;
    case JSON_ARRAY:
        return SOURCE_LIST;
    case JSON_OBJECT:
        return SOURCE_OBJECT;
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

static void refuse(struct source *source, const char *message)
{
    const struct layer_source *layer = (const struct layer_source *)source;

    scope_refuse(layer->scope, layer->entry, "%s", message);
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

    const plait_status status = weights_read(layer->scope->loading->weights, &layer->place, part, index, &array);
    if (status == PLAIT_ERR_HOST_MEMORY) {
        layer->status = status;
    } else if (status != PLAIT_OK) {
        scope_refuse(layer->scope, layer->entry, "%s", plait_error_message());
    }
    note_used(layer, part, index + 1);
    return array;
}

/* Notes weights in the file that the layer has no use for. */
static plait_status check_surplus(struct layer_source *layer)
{
    plait_status status = PLAIT_OK;

    note_used(layer, "", 0);
    for (size_t i = 0; i < layer->used_count; i++) {
        size_t count = 0;
        TRY(weights_count(layer->scope->loading->weights, &layer->place, layer->used[i].part, &count));
        if (count > layer->used[i].count) {
            scope_refuse(layer->scope, layer->entry, "the file has %zu weights for it; the layer has %zu", count,
                         layer->used[i].count);
        }
    }
out:
    return status;
}

/* ---- The call ---- */

static const char *string_of(json_t *object, const char *key)
{
    const char *string = json_string_value(json_object_get(object, key));

    return string ? string : "";
}

/* The reader of a class; operations have names of their own, "ops.Add". */
static const struct layer_reader *find_reader(const char *class_name, bool is_operation)
{
    for (size_t i = 0; i < layer_reader_count; i++) {
        for (const struct layer_reader *reader = layer_readers[i]; reader->class_name; reader++) {
            const bool of_operation = strncmp(reader->class_name, "ops.", 4) == 0;
            if (of_operation == is_operation && strcmp(reader->class_name + (of_operation ? 4 : 0), class_name) == 0) {
                return reader;
            }
        }
    }
    return NULL;
}

/* Layers of others may have the names of Keras's; a module outside Keras, or a registered name with a
 * package, tells them. */
static bool is_keras(json_t *json)
{
    const char *module = string_of(json, "module");
    const bool known = !module[0] || strncmp(module, "keras", 5) == 0 || strncmp(module, "tf_keras", 8) == 0;

    return known && !strchr(string_of(json, "registered_name"), '>');
}

static bool dtype_is_float(json_t *dtype)
{
    static const char *const names[] = {"float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"};
    const char *name = json_string_value(dtype);

    if (json_is_object(dtype)) {
        const char *class_name = string_of(dtype, "class_name");
        if (strcmp(class_name, "DTypePolicy") != 0 && strcmp(class_name, "Policy") != 0) {
            return false;
        }
        name = string_of(json_object_get(dtype, "config"), "name");
    }
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return !name;
}

bool layer_check(const struct scope *scope, const struct entry *entry)
{
    if (!is_keras(entry->json)) {
        scope_refuse(scope, entry, "plait does not have this layer: it is from outside Keras (module \"%s\")",
                     string_of(entry->json, "module"));
        return false;
    }
    if (!find_reader(entry->class_name, entry->is_operation)) {
        scope_refuse(scope, entry, "plait does not have this %s", entry->is_operation ? "operation" : "layer");
        return false;
    }
    if (!dtype_is_float(json_object_get(entry->config, "dtype"))) {
        scope_refuse(scope, entry, "its dtype is quantized or unknown; save the model in float32");
        return false;
    }
    return true;
}

/* Refuses calls in training mode, which compute something else. */
static void check_arguments(struct layer_source *layer)
{
    if (json_is_true(json_object_get(json_object_get(layer->inbound, "kwargs"), "training"))) {
        scope_refuse(layer->scope, layer->entry, "it is called with training=True; plait runs inference alone");
    }
}

/* An activation that is an object: a function by name, or a layer. */
static plait_node apply_activation(struct layer_source *layer, plait_node x)
{
    json_t *activation = json_object_get(layer->config, "activation");
    json_t *config = json_object_get(activation, "config");
    const struct layer_reader *reader = NULL;

    if (!json_is_object(activation)) {
        return x;
    }
    reader = find_reader(json_is_string(config) ? "Activation" : string_of(activation, "class_name"), false);
    if (!reader || !is_keras(activation)) {
        scope_refuse(layer->scope, layer->entry, "its activation is of class \"%s\", which plait does not have",
                     string_of(activation, "class_name"));
        return x;
    }
    struct text name = {0}; /* it becomes a layer of its own */
    text_add(&name, "%s/activation", layer->source.name);
    layer->status = layer->status == PLAIT_OK ? name.status : layer->status;
    layer->source.name = text_string(&name);
    layer->config = json_is_string(config) ? json_pack("{s:O}", "activation", config) : json_incref(config);
    x = reader->read(&layer->source, PLAIT_NODES(x));
    json_decref(layer->config);
    text_free(&name);
    return x;
}

static plait_status keep(struct call *call, plait_node node)
{
    plait_status status = PLAIT_OK;

    TRY(mem_alloc(&call->outputs.items, 1, sizeof node));
    call->outputs.items[0] = node;
    call->outputs.count = 1;
out:
    return status;
}

plait_status layer_call(struct scope *scope, struct entry *entry, struct call *call, plait_nodes inputs,
                        const char *name)
{
    static const struct source_calls calls = {kind, number, text, length, weight, refuse};
    plait_status status = PLAIT_OK;
    const struct layer_reader *reader = find_reader(entry->class_name, entry->is_operation);
    struct loading *loading = scope->loading;
    char *group = NULL;
    struct layer_source layer = {
        .source = {name, &calls},
        .scope = scope,
        .entry = entry,
        .config = entry->config,
        .inbound = call->inbound,
        .place = {.outer = scope->outer ? scope->outer : entry->name, .layer = entry->name},
    };

    if (!reader) {
        return keep(call, inputs.items[0]); /* scope_check_supported has said so */
    }
    TRY(weights_find_group(loading->weights, scope->container, entry->name, entry->numbered, &group));
    layer.place.group = group;
    check_arguments(&layer);
    plait_node node = reader->read(&layer.source, inputs);
    TRY(check_surplus(&layer));
    node = apply_activation(&layer, node);
    TRY(layer.status);
    TRY(keep(call, node));
out:
    for (size_t i = 0; i < layer.used_count; i++) {
        mem_free(layer.used[i].part);
    }
    mem_free(group);
    return status;
}

plait_status scope_check_supported(struct scope *scope)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < scope->count; i++) {
        const struct entry *entry = &scope->entries[i];
        if (!entry_is_model(entry)) {
            (void)(strcmp(entry->class_name, "InputLayer") == 0 || layer_check(scope, entry));
            continue;
        }
        struct scope inner = {.loading = scope->loading, .prefix = entry->name, .depth = scope->depth + 1};
        if (inner.depth <= SCOPE_MAX_DEPTH) {
            status = scope_open(&inner, entry->json);
            status = status == PLAIT_OK ? scope_check_supported(&inner) : status;
        }
        scope_free(&inner);
        TRY(status);
    }
out:
    return status;
}
