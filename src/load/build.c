/* SPDX-License-Identifier: MIT */
/* Making a model's calls, each after those that it needs.
 *
 * A layer may stand in the config before those that it gets its inputs from. A call that is under way begins
 * those that it waits for, one at a time, depth first, so that the work is linear; the chain of dependents takes
 * the place of recursion, whose depth a file could choose. */
#include "base/memory.h"
#include "graph/ir.h"
#include "load/scope.h"

#include <stdio.h>
#include <string.h>

enum { MODEL_MASK_PLACE = 2 }; /* call(inputs, training, mask) */

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

/* The tensors that an inner model is called on. Masks that are arguments become theirs. */
static plait_status take_model_inputs(const struct scope *scope, const struct call *call, struct outputs *out)
{
    plait_status status = PLAIT_OK;
    const struct argument mask = reference_argument(call->inbound, "mask", MODEL_MASK_PLACE);
    const struct outputs *given = &call->given;
    size_t used = 0;

    for (size_t i = 0; i < given->count; i++) {
        if (i < mask.begin || i >= mask.begin + mask.count || !mask.json) {
            TRY(outputs_add(out, given->items[i]));
        }
    }
    for (size_t i = 0; mask.count > 0 && i < out->count; i++) {
        json_t *item = json_is_array(mask.json) ? json_array_get(mask.json, i) : mask.json;
        if (json_is_object(item) && used < mask.count) {
            TRY(masks_set(&scope->loading->masks, out->items[i], given->items[mask.begin + used++]));
        }
    }
out:
    return status;
}

plait_status scope_call_model(const struct scope *scope, const struct inner_model *model, const struct outputs *given,
                              struct outputs *out, struct outline *outline)
{
    plait_status status = PLAIT_OK;
    struct scope inner = {
        .loading = scope->loading,
        .depth = scope->depth + 1,
        .prefix = model->prefix,
        .container = model->container,
        .outer = model->outer,
    };
    struct outputs in = {0};

    TRY(scope_open(&inner, model->json));
    TRY(scope_build(&inner, given, &in, out));
    TRY(outline ? outline_create(&inner, outline) : PLAIT_OK);
out:
    scope_free(&inner);
    mem_free(in.items);
    return status;
}

/* Calls an inner model. */
static plait_status call_model(struct scope *scope, struct call *call, const char *name)
{
    plait_status status = PLAIT_OK;
    struct entry *entry = call->entry;
    struct outputs given = {0};
    char *prefix = NULL;
    char *group = NULL;
    char *container = NULL;

    TRY(join_text(&prefix, name, "/", ""));
    TRY(scope_find_group(scope, entry, &group));
    if (!group) {
        goto out;
    }
    TRY(join_text(&container, group, "/layers", ""));
    TRY(take_model_inputs(scope, call, &given));
    const struct inner_model model = {entry->json, prefix, container, scope->outer ? scope->outer : entry->name};
    TRY(scope_call_model(scope, &model, &given, &call->outputs, call->index == 0 ? &entry->inner : NULL));
out:
    mem_free(given.items);
    mem_free(prefix);
    mem_free(group);
    mem_free(container);
    return status;
}

/* Makes a call whose `given` nodes are there. */
static plait_status make(struct scope *scope, struct call *call)
{
    plait_status status = PLAIT_OK;
    struct entry *entry = call->entry;
    const size_t first = scope->loading->graph->count;
    char again[32] = "";
    char *name = NULL;

    if (call->index > 0) {
        (void)snprintf(again, sizeof again, "/call_%zu", call->index);
    }
    TRY(join_text(&name, scope->prefix, entry->name, again));
    if (entry_is_input(entry)) {
        scope_refuse(scope, entry, PLAIT_ERR_FORMAT, "it is none of the model's input_layers");
    } else if (call->given.count == 0) {
        scope_refuse(scope, entry, PLAIT_ERR_FORMAT, "it is called on no tensor");
    } else if (is_model_class(entry->class_name)) {
        TRY(call_model(scope, call, name));
    } else {
        TRY(layer_call(scope, call, (plait_nodes){call->given.items, call->given.count}, name));
    }
    if (call->index == 0) {
        outline_count(scope, entry, first);
    }
out:
    mem_free(name);
    return status;
}

/* Makes a call whose inputs are made. One of them may have failed, which has been noted: then so does this. */
static plait_status make_call(struct scope *scope, struct call *call)
{
    plait_status status = PLAIT_OK;
    bool complete = true;

    for (size_t i = 0; i < call->inputs.count; i++) {
        const struct reference reference = call->inputs.items[i];
        const plait_node *node = reference.producer ? reference_node(scope, call->entry, reference) : NULL;
        complete = complete && node;
        TRY(complete ? outputs_add(&call->given, *node) : PLAIT_OK);
    }
    TRY(complete ? make(scope, call) : PLAIT_OK);
out:
    return status;
}

/* The next call that this one needs and that is not made; NULL: it can be made. */
static struct call *next_needed(struct scope *scope, struct call *call)
{
    for (; call->inputs_done < call->inputs.count; call->inputs_done++) {
        struct call *producer = call->inputs.items[call->inputs_done].producer;
        if (producer && producer->state == CALL_WAITS) {
            return producer;
        }
        if (producer && producer->state == CALL_UNDER_WAY) {
            scope_refuse(scope, call->entry, PLAIT_ERR_FORMAT, "it is in a cycle: it needs \"%.256s\", which needs it",
                         producer->entry->name);
            call->inputs.items[call->inputs_done].producer = NULL;
        }
    }
    return NULL;
}

/* Makes a call, and before it those that it needs. */
static plait_status make_needed(struct scope *scope, struct call *call)
{
    plait_status status = PLAIT_OK;

    while (call) {
        if (call->state == CALL_WAITS) {
            call->state = CALL_UNDER_WAY;
            TRY(reference_inputs(scope, call));
        }
        struct call *needed = next_needed(scope, call);
        if (needed) {
            needed->dependent = call;
            call = needed;
        } else {
            TRY(make_call(scope, call));
            call->state = CALL_DONE;
            call = call->dependent;
        }
    }
out:
    return status;
}

static plait_status make_all(struct scope *scope)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < scope->count; i++) {
        for (size_t k = 0; k < scope->entries[i].call_count; k++) {
            struct call *call = &scope->entries[i].calls[k];
            TRY(call->state == CALL_WAITS ? make_needed(scope, call) : PLAIT_OK);
        }
    }
out:
    return status;
}

static plait_status add_all(struct outputs *out, const struct outputs *nodes)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < nodes->count; i++) {
        TRY(outputs_add(out, nodes->items[i]));
    }
out:
    return status;
}

/* A Sequential model: each layer on the one before. */
static plait_status make_chain(struct scope *scope, const struct outputs *in, struct outputs *out)
{
    plait_status status = PLAIT_OK;
    const struct outputs *x = in;

    for (size_t i = entry_is_input(&scope->entries[0]); i < scope->count; i++) {
        struct call *call = &scope->entries[i].calls[0];
        if (x->count == 0) {
            return PLAIT_OK; /* what is wrong has been noted */
        }
        TRY(add_all(&call->given, x));
        TRY(make(scope, call));
        x = &call->outputs;
    }
    TRY(add_all(out, x));
out:
    return status;
}

plait_status scope_build(struct scope *scope, const struct outputs *given, struct outputs *in, struct outputs *out)
{
    plait_status status = PLAIT_OK;

    if (scope->sequential) {
        TRY(ends_make_first(scope, given, in));
        TRY(make_chain(scope, in, out));
    } else {
        TRY(ends_make_inputs(scope, given, in));
        TRY(make_all(scope));
        TRY(ends_find_outputs(scope, out));
    }
out:
    return status;
}
