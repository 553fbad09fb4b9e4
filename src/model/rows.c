/* SPDX-License-Identifier: MIT */
/* The layers of a model, in the order in which Keras lists them.
 *
 * The depth of a layer is its longest way to an output. Keras puts the deepest first, and layers of one
 * depth in the order in which a walk back from the outputs meets them. Inputs that no output depends on
 * count as an output's depth and were met before all others (keras/src/ops/function.py, map_graph). */
#include "base/memory.h"
#include "graph/op.h"
#include "model/model.h"
#include "shape/shape.h"

#include <stdlib.h>

struct listed {
    const struct node *first; /* of the nodes of the layer */
    const struct node *last;
    size_t depth; /* 1: an output that no other layer reads */
    size_t turn;  /* in the order of meeting */
};

struct walk {
    const plait_graph *graph;
    size_t *depths; /* by a layer's last node; 0: no output depends on it */
    bool *met;
    struct listed *layers;
    size_t count;
    uint32_t *ahead; /* layers still to visit, the next one last */
    size_t ahead_count;
    size_t ahead_capacity;
    uint32_t *inputs; /* of one layer */
    size_t input_count;
    size_t input_capacity;
};

static uint32_t layer_of(const plait_graph *graph, uint32_t node)
{
    return graph->nodes[node]->layer;
}

/* The nodes of a layer stand one after the other. */
static const struct node *first_node(const plait_graph *graph, uint32_t layer)
{
    uint32_t id = layer;

    while (id > 0 && layer_of(graph, id - 1) == layer) {
        id--;
    }
    return graph->nodes[id];
}

/* Appends the inputs of a layer, from its node `id` on: whatever its nodes read that is not of the layer, but for
 * those that only repeat another's. */
static plait_status list_inputs(struct walk *walk, uint32_t id)
{
    plait_status status = PLAIT_OK;
    const struct node *node = walk->graph->nodes[id];

    for (size_t i = 0; i < node->input_count; i++) {
        const uint32_t input = node->inputs[i];
        if (layer_of(walk->graph, input) == node->layer) {
            TRY(list_inputs(walk, input));
        } else if (!node->op->repeats_inputs) {
            TRY(mem_grow(&walk->inputs, &walk->input_capacity, walk->input_count + 1, sizeof *walk->inputs));
            walk->inputs[walk->input_count++] = input;
        }
    }
out:
    return status;
}

static plait_status find_inputs(struct walk *walk, uint32_t layer)
{
    walk->input_count = 0;
    return list_inputs(walk, layer);
}

static void deepen(struct walk *walk, uint32_t node, size_t depth)
{
    size_t *known = &walk->depths[layer_of(walk->graph, node)];

    *known = depth > *known ? depth : *known;
}

/* From the last node back, so that all readers of a layer come before it. */
static void measure_depths(struct walk *walk, plait_nodes outputs)
{
    for (size_t i = 0; i < outputs.count; i++) {
        deepen(walk, outputs.items[i].id, 1);
    }
    for (uint32_t id = (uint32_t)walk->graph->count; id-- > 0;) {
        const struct node *node = walk->graph->nodes[id];
        const size_t depth = walk->depths[node->layer];
        for (size_t i = 0; depth > 0 && i < node->input_count; i++) {
            if (layer_of(walk->graph, node->inputs[i]) != node->layer) {
                deepen(walk, node->inputs[i], depth + 1);
            }
        }
    }
}

static void meet(struct walk *walk, uint32_t layer)
{
    walk->met[layer] = true;
    walk->layers[walk->count] = (struct listed){
        .first = first_node(walk->graph, layer),
        .last = walk->graph->nodes[layer],
        .depth = walk->depths[layer],
        .turn = walk->count,
    };
    walk->count++;
}

static plait_status look_ahead(struct walk *walk, uint32_t node)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&walk->ahead, &walk->ahead_capacity, walk->ahead_count + 1, sizeof *walk->ahead));
    walk->ahead[walk->ahead_count++] = layer_of(walk->graph, node);
out:
    return status;
}

/* Depth first, a layer before its inputs and those from left to right; deep graphs need no deep stack. */
static plait_status visit(struct walk *walk, plait_nodes outputs)
{
    plait_status status = PLAIT_OK;

    for (size_t i = outputs.count; i-- > 0;) {
        TRY(look_ahead(walk, outputs.items[i].id));
    }
    while (walk->ahead_count > 0) {
        const uint32_t layer = walk->ahead[--walk->ahead_count];
        if (walk->met[layer]) {
            continue;
        }
        meet(walk, layer);
        TRY(find_inputs(walk, layer));
        for (size_t i = walk->input_count; i-- > 0;) {
            TRY(look_ahead(walk, walk->inputs[i]));
        }
    }
out:
    return status;
}

static int compare(const void *left, const void *right)
{
    const struct listed *a = left;
    const struct listed *b = right;

    if (a->depth != b->depth) {
        return a->depth > b->depth ? -1 : 1;
    }
    return a->turn < b->turn ? -1 : 1;
}

static plait_status list_layers(struct walk *walk, plait_nodes inputs, plait_nodes outputs)
{
    plait_status status = PLAIT_OK;

    TRY(mem_alloc(&walk->depths, walk->graph->count, sizeof *walk->depths));
    TRY(mem_alloc(&walk->met, walk->graph->count, sizeof *walk->met));
    TRY(mem_alloc(&walk->layers, walk->graph->count, sizeof *walk->layers));
    measure_depths(walk, outputs);
    for (size_t i = 0; i < inputs.count; i++) {
        const uint32_t layer = layer_of(walk->graph, inputs.items[i].id);
        if (walk->depths[layer] == 0) {
            walk->depths[layer] = 1;
            meet(walk, layer);
        }
    }
    TRY(visit(walk, outputs));
    qsort(walk->layers, walk->count, sizeof *walk->layers, compare);
out:
    return status;
}

/* Every layer is called once and has one output: node and tensor numbers are always 0. */
static plait_status name_inputs(const struct walk *walk, char **out)
{
    struct text text = {0};

    for (size_t i = 0; i < walk->input_count; i++) {
        text_add(&text, "%s%s[0][0]", i > 0 ? ", " : "", walk->graph->nodes[walk->inputs[i]]->name);
    }
    if (walk->input_count == 0) {
        text_add(&text, "-");
    }
    *out = text.data; /* now the caller's */
    return text.status;
}

/* The rows that a layer reads; `row_of` is by a layer's last node. */
static plait_status link_inputs(const struct walk *walk, const size_t *row_of, struct layer_row *row)
{
    plait_status status = PLAIT_OK;

    TRY(mem_alloc(&row->inputs, walk->input_count, sizeof *row->inputs));
    TRY(mem_alloc(&row->input_shapes, walk->input_count, sizeof *row->input_shapes));
    row->input_count = walk->input_count;
    row->input_shape_count = walk->input_count;
    for (size_t i = 0; i < walk->input_count; i++) {
        row->inputs[i] = row_of[layer_of(walk->graph, walk->inputs[i])];
        row->input_shapes[i] = walk->graph->nodes[walk->inputs[i]]->shape;
    }
out:
    return status;
}

static plait_status fill_row(struct walk *walk, const struct listed *layer, const size_t *row_of, struct layer_row *row)
{
    plait_status status = PLAIT_OK;

    TRY(find_inputs(walk, layer->last->id));
    TRY(mem_alloc(&row->shapes, 1, sizeof *row->shapes));
    row->shapes[0] = layer->last->shape;
    row->shape_count = 1;
    for (uint32_t id = layer->first->id; id <= layer->last->id; id++) {
        const struct node *node = walk->graph->nodes[id];
        for (size_t i = 0; i < node->weight_count; i++) {
            const size_t numbers = shape_count(node->weights[i].array.shape);
            row->params += numbers;
            row->frozen_params += node->weights[i].frozen ? numbers : 0;
            row->whole_params += node->weights[i].whole ? numbers : 0;
        }
    }
    TRY(mem_text(&row->name, layer->last->name));
    TRY(mem_text(&row->class_name, layer->first->op->class_name));
    TRY(name_inputs(walk, &row->connected));
    TRY(link_inputs(walk, row_of, row));
out:
    return status;
}

plait_status rows_create(plait_nodes inputs, plait_nodes outputs, struct layer_row **rows, size_t *count)
{
    plait_status status = PLAIT_OK;
    struct walk walk = {.graph = outputs.items[0].graph};
    struct layer_row *made = NULL;
    size_t *row_of = NULL;

    TRY(list_layers(&walk, inputs, outputs));
    TRY(mem_alloc(&made, walk.count, sizeof *made));
    TRY(mem_alloc(&row_of, walk.graph->count, sizeof *row_of));
    for (size_t i = 0; i < walk.count; i++) {
        row_of[walk.layers[i].last->id] = i;
    }
    for (size_t i = 0; i < walk.count; i++) {
        TRY(fill_row(&walk, &walk.layers[i], row_of, &made[i]));
    }
    *rows = made;
    *count = walk.count;
    made = NULL; /* now the caller's */
out:
    rows_free(made, walk.count);
    mem_free(row_of);
    mem_free(walk.depths);
    mem_free(walk.met);
    mem_free(walk.layers);
    mem_free(walk.ahead);
    mem_free(walk.inputs);
    return status;
}

plait_status rows_of_graph(plait_nodes inputs, plait_nodes outputs, struct layer_row **rows, size_t *count)
{
    plait_status status = PLAIT_OK;

    TRY(plan_check(inputs, outputs));
    TRY(rows_create(inputs, outputs, rows, count));
out:
    return status;
}

void rows_free(struct layer_row *rows, size_t count)
{
    for (size_t i = 0; rows && i < count; i++) {
        mem_free(rows[i].name);
        mem_free(rows[i].class_name);
        mem_free(rows[i].shapes);
        mem_free(rows[i].connected);
        mem_free(rows[i].inputs);
        mem_free(rows[i].input_shapes);
    }
    mem_free(rows);
}
