/* SPDX-License-Identifier: MIT */
/* The call of a layer: its arguments, its nodes, and the masks that go along. */
#include "base/memory.h"
#include "graph/ir.h"
#include "load/layer_source.h"

#include <plait/reshaping.h>
#include <string.h>

/* ---- Arguments ---- */

/* Refuses a call with arguments by which a layer computes something else. */
static void check_arguments(struct layer_source *layer, json_t *args, json_t *kwargs, bool takes_mask)
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
    if (!takes_mask && mask && !json_is_null(mask)) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_UNSUPPORTED,
                     "it is called with a mask, which plait has no use for in this call");
    }
}

/* The same for each of Keras 2's [name, call, tensor, kwargs], or the only one. */
static void check_call(struct layer_source *layer, bool takes_mask)
{
    json_t *item;
    size_t i;

    if (json_is_string(json_array_get(layer->inbound, 0))) {
        check_arguments(layer, NULL, json_array_get(layer->inbound, 3), false);
    } else if (json_is_array(layer->inbound)) {
        json_array_foreach(layer->inbound, i, item)
        {
            check_arguments(layer, NULL, json_array_get(item, 3), false);
        }
    } else {
        check_arguments(layer, json_object_get(layer->inbound, "args"), json_object_get(layer->inbound, "kwargs"),
                        takes_mask);
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

/* ---- Masks ---- */

/* The call's inputs from `begin` up to `end`. */
static plait_status add_range(struct outputs *out, plait_nodes inputs, size_t begin, size_t end)
{
    plait_status status = PLAIT_OK;

    for (size_t i = begin; i < end && i < inputs.count; i++) {
        TRY(outputs_add(out, inputs.items[i]));
    }
out:
    return status;
}

/* Takes apart a mask argument, a tensor or a list of tensors and None; `given` are its tensors. */
static plait_status take_masks(struct layer_source *layer, json_t *argument, plait_nodes given)
{
    plait_status status = PLAIT_OK;
    const size_t count = json_is_array(argument) ? json_array_size(argument) : 1;
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        json_t *item = json_is_array(argument) ? json_array_get(argument, i) : argument;
        const bool is_tensor = strcmp(json_text(item, "class_name", ""), "__keras_tensor__") == 0;
        if (!is_tensor && !json_is_null(item)) {
            scope_refuse(layer->scope, layer->entry, PLAIT_ERR_UNSUPPORTED,
                         "it is called with a mask, number %zu, that is no tensor", i);
            return PLAIT_OK;
        }
        TRY(outputs_add(&layer->masks, is_tensor && used < given.count ? given.items[used++] : (plait_node){0}));
    }
out:
    return status;
}

/* The call's inputs but for masks, which become the layer's; without any, calls on one argument get those that its
 * tensors carry. */
static plait_status split(struct layer_source *layer, const struct layer_reader *reader, plait_nodes inputs,
                          struct outputs *data)
{
    plait_status status = PLAIT_OK;
    const struct masks *masks = &layer->scope->loading->masks;
    const bool takes_mask = reader->mask_place > 0 && json_is_object(layer->inbound);
    const struct argument argument =
        takes_mask ? reference_argument(layer->inbound, "mask", reader->mask_place) : (struct argument){0};
    const bool one_argument = reference_tensor_arguments(layer->inbound) <= 1;

    if (argument.json) {
        const plait_nodes given = {inputs.items + argument.begin, argument.count};
        TRY(add_range(data, inputs, 0, argument.begin));
        TRY(add_range(data, inputs, argument.begin + argument.count, inputs.count));
        TRY(take_masks(layer, argument.json, given));
        return PLAIT_OK;
    }
    TRY(add_range(data, inputs, 0, inputs.count));
    for (size_t i = 0; one_argument && i < inputs.count; i++) {
        TRY(outputs_add(&layer->masks, masks_get(masks, inputs.items[i])));
    }
out:
    return status;
}

/* Gives the layer's output the mask that is its by the reader's rule. */
static plait_status pass_mask(struct layer_source *layer, const struct layer_reader *reader, plait_node x,
                              plait_node *node)
{
    struct masks *masks = &layer->scope->loading->masks;
    const plait_node passed = layer->masks.count > 0 ? layer->masks.items[0] : (plait_node){0};
    const plait_node mask = passed.graph ? passed : masks_get(masks, x);

    if (reader->masking == MASKS_SAME) {
        return masks_share(masks, *node, x);
    }
    if (reader->masking == MASKS_PASS) {
        return masks_set(masks, *node, mask);
    }
    if (node->id == x.id && mask.graph) { /* the same values, but in Keras no longer the tensor that has the mask */
        *node = plait_identity(*node, NULL, &(plait_layer_opts){.name = layer->source.name});
    }
    return PLAIT_OK;
}

/* ---- The layer -------------------------------------------------------------------------------------- */

static plait_status read_layer(struct layer_source *layer, plait_nodes inputs, struct outputs *out)
{
    plait_status status = PLAIT_OK;
    const struct layer_reader *reader = layer_class_find(layer->entry->class_name, layer->entry->is_operation);
    const plait_graph *graph = layer->scope->loading->graph;
    const size_t first = graph->count;
    struct outputs data = {0};

    TRY(split(layer, reader, inputs, &data));
    if (data.count == 0) {
        scope_refuse(layer->scope, layer->entry, PLAIT_ERR_FORMAT, "it is called on no tensor but a mask");
        goto out;
    }
    plait_node node = reader->read(&layer->source, (plait_nodes){data.items, data.count});
    TRY(layer->status);
    TRY(graph->status);
    if (!layer->entry->is_operation) {
        check_call(layer, reader->mask_place > 0);
    }
    if (!layer->source.any_inputs) {
        check_inputs(layer, (plait_nodes){data.items, data.count}, first, node);
    }
    TRY(layer_source_check_surplus(layer));
    TRY(layer_source_activate(layer, &node));
    TRY(layer->status);
    TRY(pass_mask(layer, reader, data.items[0], &node));
    TRY(outputs_add(out, node));
    for (size_t i = 0; i < layer->more.count; i++) {
        TRY(outputs_add(out, layer->more.items[i]));
    }
out:
    mem_free(data.items);
    return status;
}

plait_status layer_call(struct scope *scope, struct call *call, plait_nodes inputs, const char *name)
{
    plait_status status = PLAIT_OK;
    const struct entry *entry = call->entry;
    char *group = NULL;
    struct layer_source layer = {
        .source = {.name = name,
                   .calls = &layer_source_calls,
                   .class_name = entry->class_name,
                   .keras2 = scope->keras2},
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
    layer_source_free(&layer);
    mem_free(group);
    return status;
}
