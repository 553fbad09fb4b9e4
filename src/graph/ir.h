/* SPDX-License-Identifier: MIT */
/* The graph: nodes in creation order, which is a topological order, and the mistakes made. */
#ifndef GRAPH_IR_H
#define GRAPH_IR_H

#include "base/error.h"

#include <plait/graph.h>
#include <stdbool.h>

struct op;

enum { NODE_MAX_WEIGHTS = 8 };

/* One array of weights of a node, borrowed from the caller. */
struct weight {
    const char *name; /* Keras's: "kernel", "moving_mean" */
    plait_array array;
    bool frozen; /* not trained: moving statistics */
    bool whole;  /* a frozen one of whole numbers, which have 8 bytes in Keras */
};

struct node {
    const struct op *op;
    uint32_t id;
    uint32_t layer; /* id of the last node of its layer: a layer may expand to several nodes */
    char *name;     /* of its layer */
    size_t number;  /* in a name that was made: the next one of its class is higher */
    bool poisoned;
    size_t input_count;
    uint32_t *inputs;  /* ids, each below `id` */
    plait_shape shape; /* of a sample */
    size_t samples;    /* for each of the model's: 1, or steps that were split (ops/steps.c) */
    void *params;      /* the op's own struct, params_bytes long, without pointers that it owns */
    size_t params_bytes;
    size_t weight_count;
    struct weight weights[NODE_MAX_WEIGHTS];
};

struct plait_graph {
    struct node **nodes;
    size_t count;
    size_t capacity;
    struct mistake *mistakes;
    size_t mistake_count;
    size_t mistake_capacity;
    plait_status status; /* the first failure that is not a mistake of the caller: no host memory */
};

/* One line about a node; its layer's name is put before it when it is reported. */
struct mistake {
    uint32_t node;
    char *text;
};

/* Begins a layer: appends a node of `op` on `inputs` with a copy of `params`, checks inputs and name, and
 * lets the op infer its shape. Whatever is wrong is noted and poisons the node. */
plait_node graph_add(const struct op *op, plait_nodes inputs, const char *name, const void *params,
                     size_t params_bytes);

/* Continues the layer of `x` with a node of `op` on it: a convolution's activation, say. */
plait_node graph_extend(plait_node x, const struct op *op, const void *params, size_t params_bytes);

/* Continues the layer of `x` with a node of `op` on any inputs. The layer's own inputs are those of its nodes
 * that are no nodes of the layer, found from its last node on, and so in the order of their place there. */
plait_node graph_extend_with(plait_node x, const struct op *op, plait_nodes inputs, const void *params,
                             size_t params_bytes);

/* The first node of a graph has no inputs to take the graph from. */
plait_node graph_add_input(plait_graph *graph, const struct op *op, const char *name, const void *params,
                           size_t params_bytes);

/* Notes a mistake of the node's layer and poisons the node. The text begins with what is wrong:
 * "input has 3 channels but kernel expects 4 (kernel {3,3,4,64})". */
void node_fail(plait_graph *graph, struct node *node, const char *format, ...) PRINTF_LIKE(3, 4);

/* Adds an array of weights to the node. `wanted` is the shape it must have; a missing array, NULL data or
 * another shape is noted and false returned. */
bool node_weight(plait_graph *graph, struct node *node, const char *name, plait_array array, plait_shape wanted);

const struct node *graph_node(const plait_graph *graph, uint32_t id);

#endif
