/* SPDX-License-Identifier: MIT */
/* Finding the tensors that a model's config names. */
#include "base/memory.h"
#include "load/scope.h"

#include <string.h>

/* Inner models count their calls from 1, as their own layers' count as one: in Keras 3 if they are Functional
 * and outside of calls' arguments, in Keras 2 always. */
static bool counts_from_one(const struct scope *scope, const struct entry *producer, bool in_arguments)
{
    const bool functional = is_model_class(producer->class_name) && strcmp(producer->class_name, "Sequential") != 0;

    return scope->keras2 ? is_model_class(producer->class_name) : functional && !in_arguments;
}

bool reference_read(const struct scope *scope, const struct entry *entry, const char *what, json_t *triple,
                    struct reference *out)
{
    const char *layer = json_string_value(json_array_get(triple, 0));
    json_int_t call = json_integer_value(json_array_get(triple, 1));
    const json_int_t tensor = json_integer_value(json_array_get(triple, 2));

    if (!layer || !json_is_integer(json_array_get(triple, 1)) || !json_is_integer(json_array_get(triple, 2)) ||
        call < 0 || tensor < 0) {
        scope_refuse(scope, entry, PLAIT_ERR_FORMAT, "%s is no [layer, call, tensor]", what);
        return false;
    }
    const struct entry *producer = scope_find(scope, layer);
    if (!producer) {
        scope_refuse(scope, entry, PLAIT_ERR_FORMAT, "%s is of layer \"%.256s\", which the model does not have", what,
                     layer);
        return false;
    }
    call -= call > 0 && counts_from_one(scope, producer, entry != NULL);
    if ((json_int_t)producer->call_count <= call) {
        scope_refuse(scope, entry, PLAIT_ERR_FORMAT,
                     "%s is of call %lld, counted from 0, of layer \"%.256s\", which is called %zu times", what,
                     (long long)call, layer, producer->call_count);
        return false;
    }
    *out = (struct reference){&producer->calls[call], (size_t)tensor};
    return true;
}

const plait_node *reference_node(const struct scope *scope, const struct entry *entry, struct reference reference)
{
    const struct outputs *outputs = &reference.producer->outputs;

    if (outputs->count > 0 && outputs->count <= reference.tensor) {
        scope_refuse(scope, entry, PLAIT_ERR_FORMAT,
                     "tensor %zu, counted from 0, of layer \"%.256s\" is used; it has %zu", reference.tensor,
                     reference.producer->entry->name, outputs->count);
    }
    return reference.tensor < outputs->count ? &outputs->items[reference.tensor] : NULL;
}

static plait_status collect(const struct scope *scope, struct call *call, json_t *triple)
{
    plait_status status = PLAIT_OK;
    struct references *inputs = &call->inputs;
    struct reference reference = {0}; /* one without a producer has been noted */

    (void)reference_read(scope, call->entry, "an input", triple, &reference);
    TRY(mem_grow(&inputs->items, &inputs->capacity, inputs->count + 1, sizeof reference));
    inputs->items[inputs->count++] = reference;
out:
    return status;
}

static bool is_tensor(json_t *json)
{
    return strcmp(json_text(json, "class_name", ""), "__keras_tensor__") == 0;
}

/* Keras 3: tensors stand anywhere in lists and objects as {"class_name": "__keras_tensor__", ...}. */
static plait_status collect_tensors(const struct scope *scope, struct call *call, json_t *json)
{
    plait_status status = PLAIT_OK;
    json_t **values = NULL;
    json_t *item;
    size_t i;

    if (is_tensor(json)) {
        return collect(scope, call, json_object_get(json_object_get(json, "config"), "keras_history"));
    }
    json_array_foreach(json, i, item)
    {
        TRY(collect_tensors(scope, call, item));
    }
    if (json_object_size(json) > 0) {
        TRY(json_sorted(json, &values));
    }
    for (i = 0; i < json_object_size(json); i++) {
        TRY(collect_tensors(scope, call, values[i]));
    }
out:
    mem_free(values);
    return status;
}

/* Keras 2: a list of [name, call, tensor, kwargs], or a single one. */
static plait_status collect_triples(const struct scope *scope, struct call *call)
{
    plait_status status = PLAIT_OK;
    json_t *item;
    size_t i;

    if (json_is_string(json_array_get(call->inbound, 0))) {
        return collect(scope, call, call->inbound);
    }
    json_array_foreach(call->inbound, i, item)
    {
        TRY(collect(scope, call, item));
    }
out:
    return status;
}

plait_status reference_inputs(const struct scope *scope, struct call *call)
{
    plait_status status = PLAIT_OK;

    if (json_is_array(call->inbound)) {
        return collect_triples(scope, call);
    }
    TRY(collect_tensors(scope, call, json_object_get(call->inbound, "args")));
    TRY(collect_tensors(scope, call, json_object_get(call->inbound, "kwargs")));
out:
    return status;
}

/* ---- Single arguments ------------------------------------------------------------------------------- */

static size_t count_tensors(json_t *json)
{
    size_t count = 0;
    const char *key;
    json_t *value;
    size_t i;

    if (is_tensor(json)) {
        return 1;
    }
    json_array_foreach(json, i, value)
    {
        count += count_tensors(value);
    }
    json_object_foreach(json, key, value)
    {
        count += count_tensors(value);
    }
    return count;
}

struct argument reference_argument(json_t *inbound, const char *name, size_t place)
{
    json_t *args = json_object_get(inbound, "args");
    json_t *kwargs = json_object_get(inbound, "kwargs");
    json_t *positional = json_array_get(args, place);
    struct argument argument = {.json = positional ? positional : json_object_get(kwargs, name)};
    const char *key;
    json_t *value;
    size_t i;

    json_array_foreach(args, i, value)
    {
        argument.begin += !positional || i < place ? count_tensors(value) : 0;
    }
    json_object_foreach(kwargs, key, value)
    {
        argument.begin += !positional && strcmp(key, name) < 0 ? count_tensors(value) : 0;
    }
    argument.json = json_is_null(argument.json) ? NULL : argument.json;
    argument.count = count_tensors(argument.json);
    return argument;
}

size_t reference_tensor_arguments(json_t *inbound)
{
    size_t count = 0;
    const char *key;
    json_t *value;
    size_t i;

    json_array_foreach(json_object_get(inbound, "args"), i, value)
    {
        count += count_tensors(value) > 0;
    }
    json_object_foreach(json_object_get(inbound, "kwargs"), key, value)
    {
        count += count_tensors(value) > 0;
    }
    return count;
}
