/* SPDX-License-Identifier: MIT */
/* Pass: the nodes that the outputs depend on become values. */
#include "base/memory.h"
#include "plan/values.h"
#include "shape/shape.h"

/* Checks that the nodes are sound and of `graph`. */
static plait_status check_nodes(const char *what, plait_nodes nodes, const plait_graph *graph)
{
    if (!nodes.items || nodes.count == 0) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_create: there are no %ss; pass at least one node", what);
    }
    for (size_t i = 0; i < nodes.count; i++) {
        if (!nodes.items[i].graph) {
            return error_set(PLAIT_ERR_INVALID, "plait_model_create: %s %zu is no node: its graph is NULL", what, i);
        }
        if (nodes.items[i].graph != graph) {
            return error_set(PLAIT_ERR_INVALID,
                             "plait_model_create: %s %zu belongs to another graph; all must be of one", what, i);
        }
        if (!graph_node(graph, nodes.items[i].id)) {
            return error_set(PLAIT_ERR_INVALID, "plait_model_create: %s %zu is node %u, but the graph has %zu nodes",
                             what, i, (unsigned)nodes.items[i].id, graph->count);
        }
    }
    return PLAIT_OK;
}

static plait_status check_outputs(plait_nodes outputs, const plait_graph *graph)
{
    for (size_t i = 0; i < outputs.count; i++) {
        const struct node *node = graph_node(graph, outputs.items[i].id);
        if (node->samples != 1) {
            return error_set(PLAIT_ERR_GRAPH,
                             "%s \"%s\": output %zu of the model has steps that were split; join them "
                             "(plait_join_steps)",
                             node->op->name, node->name, i);
        }
    }
    return PLAIT_OK;
}

static plait_status check_inputs(plait_nodes inputs, const plait_graph *graph)
{
    for (size_t i = 0; i < inputs.count; i++) {
        const struct node *node = graph_node(graph, inputs.items[i].id);
        if (!node->op->is_input) {
            return error_set(PLAIT_ERR_GRAPH, "%s \"%s\": input %zu of the model must be made by plait_input",
                             node->op->name, node->name, i);
        }
        for (size_t k = 0; k < i; k++) {
            if (inputs.items[k].id == inputs.items[i].id) {
                return error_set(PLAIT_ERR_GRAPH, "%s \"%s\": is input %zu and %zu of the model; name it once",
                                 node->op->name, node->name, k, i);
            }
        }
    }
    return PLAIT_OK;
}

/* The model's input that a node is; NONE. */
static size_t input_index(plait_nodes inputs, uint32_t id)
{
    for (size_t i = 0; i < inputs.count; i++) {
        if (inputs.items[i].id == id) {
            return i;
        }
    }
    return NONE;
}

/* Marks what outputs depend on, from the last node back: inputs have smaller ids. */
static void mark(const plait_graph *graph, plait_nodes outputs, bool *needed)
{
    for (size_t i = 0; i < outputs.count; i++) {
        needed[outputs.items[i].id] = true;
    }
    for (size_t i = graph->count; i-- > 0;) {
        const struct node *node = graph->nodes[i];
        for (size_t k = 0; needed[i] && k < node->input_count; k++) {
            needed[node->inputs[k]] = true;
        }
    }
}

/* Every input that is needed must be one of the model's; all that are not are named at once. */
static plait_status check_connected(const plait_graph *graph, plait_nodes inputs, const bool *needed)
{
    plait_status status = PLAIT_OK;
    struct text missing = {0};

    for (uint32_t i = 0; i < graph->count; i++) {
        const struct node *node = graph->nodes[i];
        if (needed[i] && node->op->is_input && input_index(inputs, i) == NONE) {
            text_add(&missing, "%s%s \"%s\": the outputs depend on it, but it is not among the model's inputs",
                     missing.length ? "\n" : "", node->op->name, node->name);
        }
    }
    TRY(missing.status);
    if (missing.length > 0) {
        status = error_set(PLAIT_ERR_GRAPH, "%s", missing.data);
    }
out:
    text_free(&missing);
    return status;
}

static plait_status make_value(struct values *values, const struct node *node, const size_t *value_of)
{
    plait_status status = PLAIT_OK;
    struct value *value = &values->items[values->count];

    *value = (struct value){.node = node, .shape = node->shape, .output = NONE, .residual = NONE, .step = NONE};
    TRY(mem_alloc(&value->inputs, node->input_count, sizeof *value->inputs));
    value->input_count = node->input_count;
    for (size_t i = 0; i < node->input_count; i++) {
        value->inputs[i] = value_of[node->inputs[i]];
        values->items[value->inputs[i]].uses++;
    }
    if (node->op->activation) {
        (void)node->op->activation(node, &value->activation);
    }
    values->count++;
out:
    return status;
}

/* Whether the node's value is its input's, shape and all, so that its readers may as well read that. */
static bool is_input_again(const struct values *values, const struct node *node, const size_t *value_of)
{
    struct text_range name;

    return node->op->aliases && shape_equal(node->shape, values->items[value_of[node->inputs[0]]].shape) &&
           !variant_forced(values, node->op, &name);
}

static plait_status make_values(struct values *values, const plait_graph *graph, const bool *needed, size_t *value_of)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < graph->count; i++) {
        const struct node *node = graph->nodes[i];
        if (!needed[i]) {
            continue;
        }
        if (is_input_again(values, node, value_of)) {
            value_of[i] = value_of[node->inputs[0]];
            value_note_free(values, node);
            continue;
        }
        value_of[i] = values->count;
        TRY(make_value(values, node, value_of));
    }
out:
    return status;
}

/* An output gets its memory from outside, unless it is an input or another output has claimed it. */
static plait_status claim_outputs(struct values *values, plait_nodes outputs, const size_t *value_of)
{
    plait_status status = PLAIT_OK;

    TRY(mem_alloc(&values->outputs, outputs.count, sizeof *values->outputs));
    for (size_t i = 0; i < outputs.count; i++) {
        values->outputs[i] = value_of[outputs.items[i].id];
        struct value *value = &values->items[values->outputs[i]];
        value->uses++;
        value->is_output = true;
        if (value->output == NONE && !value->node->op->is_input) {
            value->output = i;
        }
    }
out:
    return status;
}

static plait_status copy_shapes(plait_nodes nodes, plait_shape **shapes, size_t *count)
{
    plait_status status = PLAIT_OK;

    TRY(mem_alloc(shapes, nodes.count, sizeof **shapes));
    *count = nodes.count;
    for (size_t i = 0; i < nodes.count; i++) {
        (*shapes)[i] = plait_node_shape(nodes.items[i]);
    }
out:
    return status;
}

/* Checks the nodes; `needed` gets what the outputs depend on, by node id, to be freed with mem_free. */
static plait_status check(plait_nodes inputs, plait_nodes outputs, bool **needed)
{
    plait_status status = PLAIT_OK;
    const plait_graph *graph = outputs.items && outputs.count ? outputs.items[0].graph : NULL;

    if (graph) {
        TRY(plait_graph_check(graph));
    }
    TRY(check_nodes("output", outputs, graph));
    TRY(check_nodes("input", inputs, graph));
    TRY(check_inputs(inputs, graph));
    TRY(check_outputs(outputs, graph));
    TRY(mem_alloc(needed, graph->count, sizeof **needed));
    mark(graph, outputs, *needed);
    TRY(check_connected(graph, inputs, *needed));
out:
    return status;
}

plait_status plan_check(plait_nodes inputs, plait_nodes outputs)
{
    bool *needed = NULL;
    const plait_status status = check(inputs, outputs, &needed);

    mem_free(needed);
    return status;
}

plait_status pass_select(struct values *values)
{
    plait_status status = PLAIT_OK;
    const plait_nodes inputs = values->request->inputs;
    const plait_nodes outputs = values->request->outputs;
    bool *needed = NULL;
    size_t *value_of = NULL; /* by node id */

    TRY(check(inputs, outputs, &needed));
    const plait_graph *graph = outputs.items[0].graph;
    TRY(mem_alloc(&value_of, graph->count, sizeof *value_of));
    TRY(mem_alloc(&values->items, graph->count, sizeof *values->items));
    TRY(make_values(values, graph, needed, value_of));
    TRY(claim_outputs(values, outputs, value_of));
    TRY(copy_shapes(inputs, &values->plan->inputs, &values->plan->input_count));
    TRY(copy_shapes(outputs, &values->plan->outputs, &values->plan->output_count));
out:
    mem_free(needed);
    mem_free(value_of);
    return status;
}
