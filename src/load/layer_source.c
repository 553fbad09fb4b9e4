/* SPDX-License-Identifier: MIT */
#include "load/layer_source.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { CALLS_OF_STEP = 3 }; /* that a layer in a layer counts as: what it is given and what it gives may be nodes too */

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
    if (i == layer->used_count && i < LAYER_MOST_PARTS && layer->status == PLAIT_OK) {
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

/* A legacy file counts the weights of all parts as the layer's own. */
plait_status layer_source_check_surplus(struct layer_source *layer)
{
    plait_status status = PLAIT_OK;
    const bool legacy = weights_are_legacy(layer->scope->loading->weights);

    if (layer->holds_model) {
        return PLAIT_OK;
    }
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

/* ---- Masks ---- */

static plait_node mask(struct source *source, size_t index)
{
    const struct layer_source *layer = (const struct layer_source *)source;

    return index < layer->masks.count ? layer->masks.items[index] : (plait_node){0};
}

static plait_node carried(struct source *source, plait_node x)
{
    const struct layer_source *layer = (const struct layer_source *)source;

    return masks_get(&layer->scope->loading->masks, x);
}

static void carry(struct source *source, plait_node x, plait_node new_mask)
{
    struct layer_source *layer = (struct layer_source *)source;

    if (layer->status == PLAIT_OK) {
        layer->status = masks_set(&layer->scope->loading->masks, x, new_mask);
    }
}

plait_status layer_source_activate(struct layer_source *layer, plait_node *x)
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

void layer_source_free(struct layer_source *layer)
{
    for (size_t i = 0; i < layer->used_count; i++) {
        mem_free(layer->used[i].part);
    }
    mem_free(layer->masks.items);
    mem_free(layer->more.items);
}

/* Reads the layer in a layer; *node is what it is called on, then what it gives. */
static plait_status read_inner(struct layer_source *inner, const struct layer_reader *reader, plait_node *node)
{
    plait_status status = PLAIT_OK;

    *node = reader->read(&inner->source, PLAIT_NODES(*node));
    TRY(inner->status);
    TRY(layer_source_check_surplus(inner));
    TRY(layer_source_activate(inner, node));
    TRY(inner->status);
    if (inner->more.count > 0) {
        scope_refuse(inner->scope, inner->entry, PLAIT_ERR_FORMAT, "its layer has %zu outputs; it must have one",
                     1 + inner->more.count);
    }
out:
    return status;
}

/* Whether plait has all of a model's layers. */
static plait_status check_model(const struct layer_source *layer, const struct inner_model *model, bool *sound)
{
    plait_status status = PLAIT_OK;
    struct loading *loading = layer->scope->loading;
    struct scope inner = {.loading = loading, .depth = layer->scope->depth + 1, .prefix = model->prefix};
    const size_t before = loading->mistake_count;

    if (inner.depth > SCOPE_MOST_DEPTH) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_UNSUPPORTED, "models are in models deeper than %d",
                     SCOPE_MOST_DEPTH);
        *sound = false;
        return PLAIT_OK;
    }
    TRY(scope_open(&inner, model->json));
    TRY(layer_check_all(&inner));
    *sound = loading->mistake_count == before;
out:
    scope_free(&inner);
    return status;
}

/* Calls the model that is a layer's layer; *node is what it is called on, then what it gives. */
static plait_status call_model(struct layer_source *layer, const char *key, const char *name, plait_node *node)
{
    plait_status status = PLAIT_OK;
    struct text prefix = {0};
    struct text container = {0};
    struct outputs given = {0};
    struct outputs out = {0};
    bool sound = false;

    text_add(&prefix, "%s/", name);
    text_add(&container, "%s/%s/layers", layer->place.group ? layer->place.group : "", key);
    TRY(prefix.status);
    TRY(container.status);
    const struct inner_model model = {find(&layer->source, key), prefix.data, container.data, layer->place.outer};
    TRY(outputs_add(&given, *node));
    TRY(check_model(layer, &model, &sound));
    TRY(sound ? layer->scope->loading->call_model(layer->scope, &model, &given, &out, NULL) : PLAIT_OK);
    if (out.count > 1) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_FORMAT, "its model has %zu outputs; it must have one",
                     out.count);
    }
    *node = out.count > 0 ? out.items[0] : *node;
    layer->holds_model = true;
out:
    text_free(&prefix);
    text_free(&container);
    mem_free(given.items);
    mem_free(out.items);
    return status;
}

static plait_node inner(struct source *source, const char *key, const char *name, plait_node x, plait_node mask)
{
    plait_status status = PLAIT_OK;
    struct layer_source *layer = (struct layer_source *)source;
    json_t *json = find(source, key);
    const char *class_name = json_text(json, "class_name", "");
    const struct layer_reader *reader = layer_class_find(class_name, false);
    struct text group = {0};
    struct layer_source made = *layer;

    if (is_model_class(class_name) && layer_class_is_keras(json)) {
        if (mask.graph) {
            carry(source, x, mask);
        }
        status = call_model(layer, key, name, &x);
        layer->status = layer->status == PLAIT_OK ? status : layer->status;
        return x;
    }
    made.used_count = 0;
    made.inner_used = 0;
    made.masks = (struct outputs){0};
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
    TRY(outputs_add(&made.masks, mask));
    made.source.name = name;
    made.config = json_object_get(json, "config");
    made.inbound = NULL;
    made.place.group = layer->place.group ? group.data : NULL;
    TRY(read_inner(&made, reader, &x));
    layer->inner_used = all_used(&made);
    layer->refused = layer->refused || made.refused;
out:
    layer_source_free(&made);
    text_free(&group);
    layer->status = layer->status == PLAIT_OK ? status : layer->status;
    return x;
}

const struct source_calls layer_source_calls = {
    .kind = kind,
    .number = number,
    .text = text,
    .length = length,
    .weight = weight,
    .array = array,
    .output = output,
    .inner = inner,
    .mask = mask,
    .carried = carried,
    .carry = carry,
    .refuse = refuse,
};
