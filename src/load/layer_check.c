/* SPDX-License-Identifier: MIT */
/* Whether plait has all of a model's layers. */
#include "base/memory.h"
#include "load/layer_class.h"
#include "load/scope.h"

#include <string.h>

/* The name of a layer's dtype or dtype policy, "float32" if there is none; NULL if it is no plain one. */
static const char *dtype_name(json_t *dtype)
{
    const char *class_name = json_text(dtype, "class_name", "");

    if (json_is_object(dtype)) {
        const bool plain = strcmp(class_name, "DTypePolicy") == 0 || strcmp(class_name, "Policy") == 0;
        return plain ? json_text(json_object_get(dtype, "config"), "name", "float32") : NULL;
    }
    return !dtype || json_is_null(dtype) ? "float32" : json_string_value(dtype);
}

static bool dtype_is_float(json_t *dtype)
{
    static const char *const names[] = {"float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"};
    const char *name = dtype_name(dtype);

    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The layer's object, or that of a layer or cell within it, that is not Keras's own; NULL if all are. Jansson keeps
 * files from nesting them without end. */
static json_t *find_foreign(json_t *json)
{
    static const char *const parts[] = {"layer", "backward_layer", "cell"};
    json_t *foreign = layer_class_is_keras(json) ? NULL : json;

    for (size_t i = 0; !foreign && i < sizeof parts / sizeof *parts; i++) {
        json_t *part = json_object_get(json_object_get(json, "config"), parts[i]);
        foreign = json_is_object(part) ? find_foreign(part) : NULL;
    }
    return foreign;
}

static bool check_origin(const struct scope *scope, const struct entry *entry)
{
    json_t *foreign = find_foreign(entry->json);

    if (!foreign) {
        return true;
    }
    scope_refuse(scope, entry, PLAIT_ERR_UNSUPPORTED,
                 "plait does not have this layer: %s not Keras's own (module \"%.128s\", registered as \"%.128s\")",
                 foreign == entry->json ? "it is" : "one in it is", json_text(foreign, "module", ""),
                 json_text(foreign, "registered_name", ""));
    return false;
}

static void check_layer(const struct scope *scope, const struct entry *entry)
{
    json_t *dtype = json_object_get(entry->config, "dtype");

    if (strcmp(entry->class_name, "Lambda") == 0) {
        scope_refuse(scope, entry, PLAIT_ERR_UNSUPPORTED,
                     "plait runs no code from files; use layers or keras.ops in place of Lambda");
    } else if (!layer_class_find(entry->class_name, entry->is_operation)) {
        scope_refuse(scope, entry, PLAIT_ERR_UNSUPPORTED, "plait does not have this %s",
                     entry->is_operation ? "operation" : "layer");
    } else if (!entry->is_operation && !dtype_is_float(dtype)) { /* an operation has its inputs', or an option */
        const char *name = dtype_name(dtype);
        scope_refuse(scope, entry, PLAIT_ERR_UNSUPPORTED, "its dtype is %.64s; save the model in a float type",
                     name ? name : json_text(dtype, "class_name", "unknown"));
    }
}

static plait_status check_model(const struct scope *scope, const struct entry *entry)
{
    plait_status status = PLAIT_OK;
    struct scope inner = {.loading = scope->loading, .depth = scope->depth + 1};
    struct text prefix = {0};

    if (inner.depth > SCOPE_MOST_DEPTH) {
        scope_refuse(scope, entry, PLAIT_ERR_UNSUPPORTED, "models are in models deeper than %d", SCOPE_MOST_DEPTH);
        return PLAIT_OK;
    }
    text_add(&prefix, "%s%s/", scope->prefix, entry->name);
    TRY(prefix.status);
    inner.prefix = prefix.data;
    TRY(scope_open(&inner, entry->json));
    TRY(layer_check_all(&inner));
out:
    scope_free(&inner);
    text_free(&prefix);
    return status;
}

plait_status layer_check_all(struct scope *scope)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < scope->count; i++) {
        const struct entry *entry = &scope->entries[i];
        if (!entry->calls || entry_is_input(entry) || !check_origin(scope, entry)) {
            continue; /* without calls it has been refused already */
        }
        if (is_model_class(entry->class_name)) {
            TRY(check_model(scope, entry));
        } else {
            check_layer(scope, entry);
        }
    }
out:
    return status;
}
