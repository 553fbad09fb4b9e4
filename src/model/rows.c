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
};

static uint32_t layer_of(const plait_graph *graph, uint32_t node)
{
    return graph->nodes[node]->layer;
}

/* A layer of several nodes is a chain of them. */
static const struct node *first_node(const plait_graph *graph, uint32_t layer)
{
    const struct node *node = graph->nodes[layer];

    while (node->input_count > 0 && layer_of(graph, node->inputs[0]) == layer) {
        node = graph->nodes[node->inputs[0]];
    }
    return node;
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
        const struct node *first = first_node(walk->graph, id);
        for (size_t i = 0; walk->depths[id] > 0 && i < first->input_count; i++) {
            deepen(walk, first->inputs[i], walk->depths[id] + 1);
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
        const struct node *first = walk->layers[walk->count - 1].first;
        for (size_t i = first->input_count; i-- > 0;) {
            TRY(look_ahead(walk, first->inputs[i]));
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
static plait_status name_inputs(const plait_graph *graph, const struct node *node, char **out)
{
    struct text text = {0};

    for (size_t i = 0; i < node->input_count; i++) {
        text_add(&text, "%s%s[0][0]", i > 0 ? ", " : "", graph->nodes[node->inputs[i]]->name);
    }
    if (node->input_count == 0) {
        text_add(&text, "-");
    }
    *out = text.data; /* now the caller's */
    return text.status;
}

/* The rows that a layer reads; `row_of` is by a layer's last node. */
static plait_status link_inputs(const plait_graph *graph, const struct node *node, const size_t *row_of,
                                struct layer_row *row)
{
    plait_status status = PLAIT_OK;

    row->input_count = node->input_count;
    TRY(mem_alloc(&row->inputs, node->input_count, sizeof *row->inputs));
    for (size_t i = 0; i < node->input_count; i++) {
        row->inputs[i] = row_of[layer_of(graph, node->inputs[i])];
    }
out:
    return status;
}

static plait_status fill_row(const plait_graph *graph, const struct listed *layer, const size_t *row_of,
                             struct layer_row *row)
{
    plait_status status = PLAIT_OK;

    row->class_name = layer->first->op->class_name;
    row->shape = layer->last->shape;
    row->depth = layer->depth;
    for (const struct node *node = layer->last;; node = graph->nodes[node->inputs[0]]) {
        for (size_t i = 0; i < node->weight_count; i++) {
            const size_t numbers = shape_count(node->weights[i].array.shape);
            row->params += numbers;
            row->frozen_params += node->weights[i].frozen ? numbers : 0;
        }
        if (node == layer->first) {
            break;
        }
    }
    TRY(mem_text(&row->name, layer->last->name));
    TRY(name_inputs(graph, layer->first, &row->connected));
    TRY(link_inputs(graph, layer->first, row_of, row));
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
        TRY(fill_row(walk.graph, &walk.layers[i], row_of, &made[i]));
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
        mem_free(rows[i].connected);
        mem_free(rows[i].inputs);
    }
    mem_free(rows);
}
