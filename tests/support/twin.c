/* SPDX-License-Identifier: MIT */
#include "twin.h"

plait_graph *twin_graph(void)
{
    plait_graph *graph = NULL;

    check_ok(plait_graph_create(&graph));
    return graph;
}

struct twin twin_input(plait_graph *graph, plait_shape sample, size_t batch, const float *values)
{
    plait_shape full = {.rank = sample.rank + 1, .dims = {batch}};

    for (size_t i = 0; i < sample.rank; i++) {
        full.dims[i + 1] = sample.dims[i];
    }
    return (struct twin){plait_input(graph, NULL, sample), reference_of(full, values)};
}

static plait_nodes nodes_of(const struct twin *x, size_t count)
{
    plait_node *nodes = scratch(count, sizeof *nodes);

    for (size_t i = 0; i < count; i++) {
        nodes[i] = x[i].node;
    }
    return (plait_nodes){nodes, count};
}

static const struct reference *references_of(const struct twin *x, size_t count)
{
    struct reference *references = scratch(count, sizeof *references);

    for (size_t i = 0; i < count; i++) {
        references[i] = x[i].ref;
    }
    return references;
}

static plait_node merge_node(enum merge kind, plait_nodes x)
{
    switch (kind) {
    case MERGE_ADD:
        return plait_add(x, NULL);
    case MERGE_SUBTRACT:
        return plait_subtract(x, NULL);
    case MERGE_MULTIPLY:
        return plait_multiply(x, NULL);
    case MERGE_AVERAGE:
        return plait_average(x, NULL);
    case MERGE_MAXIMUM:
        return plait_maximum(x, NULL);
    case MERGE_MINIMUM:
        return plait_minimum(x, NULL);
    }
    fail_msg("no such merge layer: %d", (int)kind);
    return x.items[0];
}

struct twin twin_merge(enum merge kind, const struct twin *x, size_t count)
{
    return (struct twin){merge_node(kind, nodes_of(x, count)), oracle_merge(kind, references_of(x, count), count)};
}

struct twin twin_concatenate(const struct twin *x, size_t count, int axis)
{
    return (struct twin){plait_concatenate(nodes_of(x, count), axis, NULL),
                         oracle_concatenate(references_of(x, count), count, axis)};
}

struct twin twin_flatten(struct twin x)
{
    return (struct twin){plait_flatten(x.node, NULL), oracle_flatten(x.ref)};
}

struct twin twin_conv2d(struct twin x, const plait_conv2d_opts *opts)
{
    return (struct twin){plait_conv2d(x.node, opts), oracle_conv2d(x.ref, opts)};
}

struct twin twin_dense(struct twin x, const plait_dense_opts *opts)
{
    return (struct twin){plait_dense(x.node, opts), oracle_dense(x.ref, opts)};
}

struct twin twin_batch_normalization(struct twin x, const plait_batch_normalization_opts *opts)
{
    return (struct twin){plait_batch_normalization(x.node, opts), oracle_batch_normalization(x.ref, opts)};
}

struct twin twin_activate(struct twin x, plait_activation kind)
{
    return (struct twin){plait_activate(x.node, kind, NULL), oracle_activate(x.ref, kind)};
}

struct twin twin_relu(struct twin x, const plait_relu_opts *opts)
{
    return (struct twin){plait_relu(x.node, opts), oracle_relu(x.ref, opts)};
}

struct twin twin_softmax(struct twin x, int axis)
{
    return (struct twin){plait_softmax(x.node, &(plait_softmax_opts){.axis = axis}), oracle_softmax(x.ref, axis)};
}
