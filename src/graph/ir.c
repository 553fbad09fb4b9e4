/* SPDX-License-Identifier: MIT */
#include "graph/ir.h"

#include "base/memory.h"
#include "base/text.h"
#include "graph/name.h"
#include "graph/op.h"
#include "shape/shape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { REPORT_BYTES = 3500 }; /* of the thread's message; mistakes beyond it are counted */

#define NAMED SIZE_MAX /* a node's number if its name was given */

plait_status plait_graph_create(plait_graph **out)
{
    if (!out) {
        return error_set(PLAIT_ERR_INVALID, "plait_graph_create: out is NULL; pass where to put the graph");
    }
    return mem_alloc(out, 1, sizeof **out);
}

static void free_node(struct node *node)
{
    if (node) {
        mem_free(node->name);
        mem_free(node->inputs);
        mem_free(node->params);
        mem_free(node);
    }
}

void plait_graph_free(plait_graph *graph)
{
    if (!graph) {
        return;
    }
    for (size_t i = 0; i < graph->count; i++) {
        free_node(graph->nodes[i]);
    }
    for (size_t i = 0; i < graph->mistake_count; i++) {
        mem_free(graph->mistakes[i].text);
    }
    mem_free(graph->nodes);
    mem_free(graph->mistakes);
    mem_free(graph);
}

const struct node *graph_node(const plait_graph *graph, uint32_t id)
{
    return graph && id < graph->count ? graph->nodes[id] : NULL;
}

static void note(plait_graph *graph, uint32_t node, const char *format, va_list args)
{
    char line[1024];
    plait_status status = PLAIT_OK;
    struct mistake mistake = {.node = node};

    (void)vsnprintf(line, sizeof line, format, args);
    TRY(mem_text(&mistake.text, line));
    TRY(mem_grow(&graph->mistakes, &graph->mistake_capacity, graph->mistake_count + 1, sizeof mistake));
    graph->mistakes[graph->mistake_count++] = mistake;
    mistake.text = NULL; /* now the graph's */
out:
    mem_free(mistake.text);
    if (status != PLAIT_OK) {
        graph->status = status;
    }
}

void node_fail(plait_graph *graph, struct node *node, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    note(graph, node->id, format, args);
    va_end(args);
    node->poisoned = true;
}

static bool name_is_taken(const plait_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->count; i++) {
        if (strcmp(graph->nodes[i]->name, name) == 0) {
            return true;
        }
    }
    return false;
}

/* One more than the number in the newest name that was made for this class; 0 if there is none. */
static size_t next_number(const plait_graph *graph, const char *class_name)
{
    for (size_t i = graph->count; i-- > 0;) {
        const struct node *node = graph->nodes[i];
        if (node->number != NAMED && strcmp(node->op->class_name, class_name) == 0) {
            return node->number + 1;
        }
    }
    return 0;
}

static plait_status name_node(const plait_graph *graph, struct node *node, const char *name)
{
    char made[NAME_BYTES];

    node->number = NAMED;
    if (name && name[0]) {
        return mem_text(&node->name, name);
    }
    node->number = next_number(graph, node->op->class_name);
    name_number(node->op->class_name, node->number, made);
    while (name_is_taken(graph, made)) { /* the user has given that name to another layer */
        name_number(node->op->class_name, ++node->number, made);
    }
    return mem_text(&node->name, made);
}

static void check_name(plait_graph *graph, struct node *node)
{
    if (name_is_taken(graph, node->name)) {
        node_fail(graph, node, "the graph has a layer of this name already; give each layer its own name");
    }
}

/* Fills in node->inputs; whatever is no sound node of this graph poisons the node. */
static void connect(plait_graph *graph, struct node *node, plait_nodes inputs)
{
    for (size_t i = 0; i < inputs.count; i++) {
        const plait_node input = inputs.items[i];
        if (!input.graph) {
            node_fail(graph, node, "input %zu is no node: its graph is NULL", i);
        } else if (input.graph != graph) {
            node_fail(graph, node, "input %zu belongs to another graph; all inputs must be of one graph", i);
        } else if (!graph_node(graph, input.id)) {
            if (graph->status == PLAIT_OK) { /* else the node could not be made for lack of memory */
                node_fail(graph, node, "input %zu is node %u, but the graph has %zu nodes", i, (unsigned)input.id,
                          graph->count);
            }
            node->poisoned = true;
        } else {
            node->inputs[i] = input.id;
            node->poisoned = node->poisoned || graph->nodes[input.id]->poisoned;
        }
    }
}

/* As many samples as the inputs have; the op may change it. */
static void count_samples(plait_graph *graph, struct node *node)
{
    node->samples = 1;
    for (size_t i = 0; i < node->input_count; i++) {
        const size_t samples = graph->nodes[node->inputs[i]]->samples;
        if (i > 0 && samples != node->samples) {
            node_fail(graph, node,
                      "input %zu has %zu samples for each of the model's but input 0 has %zu; split the steps of both, "
                      "or join them (plait_split_steps, plait_join_steps)",
                      i, samples, node->samples);
            return;
        }
        node->samples = samples;
    }
}

static plait_status infer(plait_graph *graph, struct node *node)
{
    plait_status status = PLAIT_OK;
    plait_shape *shapes = NULL;

    TRY(mem_alloc(&shapes, node->input_count, sizeof *shapes));
    for (size_t i = 0; i < node->input_count; i++) {
        shapes[i] = graph->nodes[node->inputs[i]]->shape;
    }
    node->op->infer(graph, node, shapes);
    size_t size = 0;
    if (!node->poisoned && (!shape_size(node->shape, &size) || size > SHAPE_MAX_ELEMENTS)) {
        node_fail(graph, node, "output shape %s has more than %zu elements", shape_name(node->shape).text,
                  SHAPE_MAX_ELEMENTS);
    }
    if (node->poisoned) {
        node->shape = (plait_shape){0};
    }
out:
    mem_free(shapes);
    return status;
}

static plait_status create_node(const struct op *op, size_t input_count, const void *params, size_t params_bytes,
                                struct node **out)
{
    plait_status status = PLAIT_OK;
    struct node *node = NULL;

    TRY(mem_alloc(&node, 1, sizeof *node));
    node->op = op;
    node->input_count = input_count;
    node->params_bytes = params_bytes;
    TRY(mem_alloc(&node->inputs, input_count, sizeof *node->inputs));
    TRY(mem_copy(&node->params, params, params_bytes));
    *out = node;
    node = NULL; /* now the caller's */
out:
    free_node(node);
    return status;
}

/* What a layer to be added consists of. */
struct layer {
    const struct op *op;
    plait_nodes inputs;
    const char *name;
    const void *params;
    size_t params_bytes;
};

/* Appends the node; `check` marks the first node of a layer, whose name must be new. */
static plait_node append(plait_graph *graph, const struct layer *layer, bool check)
{
    plait_status status = PLAIT_OK;
    plait_node handle = {.graph = graph, .id = UINT32_MAX};
    struct node *node = NULL;

    TRY(create_node(layer->op, layer->inputs.count, layer->params, layer->params_bytes, &node));
    node->id = (uint32_t)graph->count;
    node->layer = node->id;
    TRY(name_node(graph, node, layer->name));
    TRY(mem_grow(&graph->nodes, &graph->capacity, graph->count + 1, sizeof *graph->nodes));
    if (check) {
        check_name(graph, node);
    }
    connect(graph, node, layer->inputs);
    if (!node->poisoned) {
        count_samples(graph, node);
    }
    if (!node->poisoned) {
        TRY(infer(graph, node));
    }
    handle.id = node->id;
    graph->nodes[graph->count++] = node;
    node = NULL; /* now the graph's */
out:
    free_node(node);
    if (status != PLAIT_OK) {
        graph->status = status;
    }
    return handle;
}

plait_node graph_add_input(plait_graph *graph, const struct op *op, const char *name, const void *params,
                           size_t params_bytes)
{
    const struct layer layer = {.op = op, .name = name, .params = params, .params_bytes = params_bytes};

    return graph ? append(graph, &layer, true) : (plait_node){0};
}

static plait_graph *graph_of(plait_nodes nodes)
{
    for (size_t i = 0; nodes.items && i < nodes.count; i++) {
        if (nodes.items[i].graph) {
            return nodes.items[i].graph;
        }
    }
    return NULL;
}

plait_node graph_add(const struct op *op, plait_nodes inputs, const char *name, const void *params, size_t params_bytes)
{
    const struct layer layer = {op, inputs, name, params, params_bytes};
    plait_graph *graph = graph_of(inputs);

    return graph ? append(graph, &layer, true) : (plait_node){0};
}

plait_node graph_extend_with(plait_node x, const struct op *op, plait_nodes inputs, const void *params,
                             size_t params_bytes)
{
    const struct node *last = graph_node(x.graph, x.id);

    if (!last || last->poisoned) {
        return x;
    }
    const struct layer layer = {op, inputs, last->name, params, params_bytes};
    const plait_node extended = append(x.graph, &layer, false);
    for (size_t i = 0; i < x.graph->count; i++) {
        if (x.graph->nodes[i]->layer == x.id && extended.id != UINT32_MAX) {
            x.graph->nodes[i]->layer = extended.id;
        }
    }
    return extended;
}

plait_node graph_extend(plait_node x, const struct op *op, const void *params, size_t params_bytes)
{
    return graph_extend_with(x, op, PLAIT_NODES(x), params, params_bytes);
}

bool node_weight(plait_graph *graph, struct node *node, const char *name, plait_array array, plait_shape wanted)
{
    if (!array.data) {
        node_fail(graph, node, "%s is missing; it must have shape %s", name, shape_name(wanted).text);
        return false;
    }
    if (!shape_equal(array.shape, wanted)) {
        node_fail(graph, node, "%s has shape %s but must have %s", name, shape_name(array.shape).text,
                  shape_name(wanted).text);
        return false;
    }
    node->weights[node->weight_count++] = (struct weight){.name = name, .array = array};
    return true;
}

plait_status plait_graph_check(const plait_graph *graph)
{
    plait_status status = PLAIT_OK;
    struct text report = {0};

    if (!graph) {
        return error_set(PLAIT_ERR_INVALID, "plait_graph_check: graph is NULL");
    }
    if (graph->status != PLAIT_OK) {
        return error_set(graph->status, "the graph is not complete: host memory ran out while it was built");
    }
    if (graph->mistake_count == 0) {
        return PLAIT_OK;
    }
    for (size_t i = 0; i < graph->mistake_count; i++) {
        const struct mistake *mistake = &graph->mistakes[i];
        const struct node *node = graph->nodes[mistake->node];
        if (report.length > REPORT_BYTES) {
            text_add(&report, "\n... and %zu more mistakes", graph->mistake_count - i);
            break;
        }
        text_add(&report, "%s%s \"%s\": %s", i ? "\n" : "", node->op->name, node->name, mistake->text);
    }
    TRY(report.status);
    status = error_set(PLAIT_ERR_GRAPH, "%s", report.data);
out:
    text_free(&report);
    return status;
}

plait_shape plait_node_shape(plait_node node)
{
    const struct node *found = graph_node(node.graph, node.id);

    return found ? found->shape : (plait_shape){0};
}

const char *plait_node_name(plait_node node)
{
    const struct node *found = graph_node(node.graph, node.id);

    return found ? found->name : "";
}
