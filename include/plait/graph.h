/* SPDX-License-Identifier: MIT */
/* A graph of layers, built by calling one function a layer (layers.h), as with Keras's functional API. */
#ifndef PLAIT_GRAPH_H
#define PLAIT_GRAPH_H

#include <plait/shape.h>
#include <stdint.h>

PLAIT_EXTERN_C_BEGIN

/* A graph owns its nodes. Models take what they need from it: it may be freed once they are created.
 * Threads: one at a time. */
typedef struct plait_graph plait_graph;

/* The output of one layer: a small value to pass on, valid as long as its graph.
 * A layer that was called wrongly yields a poisoned node: every layer may be called on it, nothing more
 * is said about it, and plait_model_create reports the first cause with all other mistakes of the graph. */
typedef struct plait_node {
    plait_graph *graph;
    uint32_t id;
    uint32_t reserved; /* 0 */
} plait_node;

/* Nodes in order; PLAIT_NODES(a, b) makes one that lives as long as the enclosing block. */
typedef struct plait_nodes {
    const plait_node *items;
    size_t count;
} plait_nodes;

#ifdef __cplusplus
static inline plait_nodes plait_nodes_from(const std::initializer_list<plait_node> &nodes)
{
    plait_nodes list = {nodes.begin(), nodes.size()}; /* in C++ it lives until the call's end */
    return list;
}
#define PLAIT_NODES(...) (plait_nodes_from({__VA_ARGS__}))
#else
#define PLAIT_NODES(...) \
    ((plait_nodes){(const plait_node[]){__VA_ARGS__}, sizeof((plait_node[]){__VA_ARGS__}) / sizeof(plait_node)})
#endif

/* What some layers compute with: a node, a number, or an array of constants; made by the functions below. */
typedef enum plait_operand_kind {
    PLAIT_OPERAND_NODE = 0,
    PLAIT_OPERAND_NUMBER = 1,
    PLAIT_OPERAND_ARRAY = 2,
} plait_operand_kind;

typedef struct plait_operand {
    plait_operand_kind kind; /* which of the others counts */
    float number;
    plait_node node;
    plait_array array; /* borrowed until the model is created */
} plait_operand;

static inline plait_operand plait_of(plait_node node)
{
    const plait_operand operand = {PLAIT_OPERAND_NODE, 0, node, {0, {0, {0}}}};
    return operand;
}

static inline plait_operand plait_number(float number)
{
    const plait_operand operand = {PLAIT_OPERAND_NUMBER, number, {0, 0, 0}, {0, {0, {0}}}};
    return operand;
}

static inline plait_operand plait_constant(plait_array array)
{
    const plait_operand operand = {PLAIT_OPERAND_ARRAY, 0, {0, 0, 0}, array};
    return operand;
}

/* Makes an empty graph, to be freed with plait_graph_free. */
PLAIT_API PLAIT_NODISCARD plait_status plait_graph_create(plait_graph **out);

/* Frees the graph and its nodes; NULL is allowed. */
PLAIT_API void plait_graph_free(plait_graph *graph);

/* PLAIT_OK while no layer was called wrongly; else PLAIT_ERR_GRAPH (or PLAIT_ERR_HOST_MEMORY), with one
 * line for each mistake in plait_error_message. plait_model_create makes the same check. */
PLAIT_API PLAIT_NODISCARD plait_status plait_graph_check(const plait_graph *graph);

/* The shape of a node without its batch axis; rank 0 for a poisoned node. */
PLAIT_API plait_shape plait_node_shape(plait_node node);

/* The name of the node's layer, given or numbered as Keras does ("conv2d_1"); "" for a poisoned node
 * without graph. Belongs to the graph. */
PLAIT_API const char *plait_node_name(plait_node node);

typedef struct plait_summary_opts {
    const char *title;    /* the model's name in the first line; NULL: "functional" */
    size_t columns;       /* width of the table; 0: Keras's own (88 or 108) */
    int hide_input;       /* 1: no row for the input, as for Keras's Sequential models */
    int expand_nested;    /* 1: an inner model's layers have rows of their own, under its row */
    int show_trainable;   /* 1: a column that says whether the layer is trained */
    size_t most_columns;  /* with `columns` 0: no wider than that; 0: no limit */
    uint64_t reserved[7]; /* 0 */
} plait_summary_opts;

/* Writes the table that Keras's summary() prints for a model of these inputs and outputs. No device is
 * needed. The text ends with 0; its full length without the 0 goes into `length` (may be NULL). `bytes` of 0
 * with a NULL text asks for the length alone; a text too small gets what fits and PLAIT_ERR_INVALID.
 *   opts  NULL: defaults */
PLAIT_API PLAIT_NODISCARD plait_status plait_graph_summary(plait_nodes inputs, plait_nodes outputs,
                                                           const plait_summary_opts *opts, char *text, size_t bytes,
                                                           size_t *length);

/* Writes the graph in Graphviz's DOT language, drawn like Keras's plot_model(show_shapes=True,
 * show_layer_names=True). Same rules for text as plait_graph_summary. */
PLAIT_API PLAIT_NODISCARD plait_status plait_graph_dot(plait_nodes inputs, plait_nodes outputs, char *text,
                                                       size_t bytes, size_t *length);

PLAIT_EXTERN_C_END
#endif
