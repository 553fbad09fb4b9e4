/* SPDX-License-Identifier: MIT */
/* y = the function of that name, of every element of x: Keras's Activation layer. */
#include "ops/activation.h"

#include "graph/source.h"
#include "ops/pointwise.h"
#include "ops/softmax.h"

enum { ACTIVATION_LAST = PLAIT_GELU_TANH };

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct activation *params = node->params;

    if ((unsigned)params->kind > ACTIVATION_LAST) {
        node_fail(graph, node, "activation %d is none; they go from PLAIT_LINEAR, 0, to PLAIT_GELU_TANH, %d",
                  (int)params->kind, ACTIVATION_LAST);
    }
    node->shape = inputs[0];
}

static const struct op op_activation = {
    .name = "activation",
    .class_name = "Activation",
    .infer = infer,
    .variants = pointwise_variants,
    .variant_count = POINTWISE_VARIANTS,
    .activation = pointwise_activation,
};

/* The operator of an activation, and its parameters. */
struct function {
    const struct op *op;
    union {
        struct activation pointwise;
        struct softmax softmax;
    } params;
};

static struct function function_of(plait_activation activation)
{
    const bool log = activation == PLAIT_LOG_SOFTMAX;

    if (log || activation == PLAIT_SOFTMAX) {
        return (struct function){.op = &op_softmax_activation, .params.softmax = {.axes = PLAIT_AXES(-1), .log = log}};
    }
    return (struct function){.op = &op_activation, .params.pointwise = {.kind = activation}};
}

plait_node plait_activate(plait_node x, plait_activation activation, const plait_layer_opts *opts)
{
    const struct function f = function_of(activation);

    return graph_add(f.op, PLAIT_NODES(x), opts ? opts->name : NULL, &f.params, sizeof f.params);
}

plait_node layer_activation(plait_node x, plait_activation activation)
{
    const struct function f = function_of(activation);

    return activation == PLAIT_LINEAR ? x : graph_extend(x, f.op, &f.params, sizeof f.params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_activate(x.items[0], source_activation(source, "activation"),
                          &(plait_layer_opts){.name = source->name});
}

const struct layer_reader activation_readers[] = {{"Activation", read, MASKS_PASS}, {0}};
