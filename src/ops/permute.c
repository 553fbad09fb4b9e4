/* SPDX-License-Identifier: MIT */
/* y's axis i is x's axis dims[i]: Keras's Permute layer, whose numbers count the batch as axis 0. */
#include "graph/source.h"
#include "ops/axis.h"
#include "ops/move.h"
#include "shape/shape.h"

#include <plait/reshaping.h>

struct permute {
    struct move move;
    plait_axes dims;
};

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct permute *params = node->params;
    const plait_axes dims = params->dims;
    unsigned mask;

    if (dims.count != inputs[0].rank) {
        node_fail(graph, node, "dims has %zu axes but input %s has %zu; name each axis from 1 to %zu once", dims.count,
                  shape_name(inputs[0]).text, inputs[0].rank, inputs[0].rank);
        return;
    }
    for (size_t i = 0; i < dims.count; i++) {
        if (dims.items[i] < 1) {
            node_fail(graph, node, "dims has axis %d; axes are numbered from 1, the first after the batch",
                      dims.items[i]);
            return;
        }
    }
    if (!node_axes(graph, node, dims, inputs[0], &mask)) {
        return;
    }
    node->shape.rank = dims.count;
    params->move.axes[0].step = 1;
    for (size_t i = 0; i < dims.count; i++) {
        const size_t axis = (size_t)dims.items[i];
        node->shape.dims[i] = inputs[0].dims[axis - 1];
        params->move.axes[i + 1] = (struct move_axis){.axis = axis, .step = 1};
    }
}

static const struct op op_permute = {
    .name = "permute",
    .class_name = "Permute",
    .infer = infer,
    .variants = move_variants,
    .variant_count = MOVE_VARIANTS,
    .takes_activation = true,
};

plait_node plait_permute(plait_node x, plait_axes dims, const plait_layer_opts *opts)
{
    const struct permute params = {.dims = dims};

    return graph_add(&op_permute, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_permute(x.items[0], source_axes(source, "dims"), &(plait_layer_opts){.name = source->name});
}

/* The operation's axes count the batch, which must stay where it is. */
static plait_node read_transpose(struct source *source, plait_nodes x)
{
    const plait_shape axes = source_shape(source, "axes", 0);
    plait_axes dims = {.count = axes.rank - (axes.rank > 0)};

    if (axes.rank == 0 || axes.dims[0] != 0) {
        source_unsupported(source, "option axes moves the batch; plait computes each sample for itself");
    }
    for (size_t i = 0; i < dims.count; i++) {
        dims.items[i] = axes.dims[i + 1] <= PLAIT_MAX_RANK ? (int)axes.dims[i + 1] : 0;
    }
    return plait_permute(x.items[0], dims, &(plait_layer_opts){.name = source->name});
}

const struct layer_reader permute_readers[] = {{"Permute", read}, {"ops.Transpose", read_transpose}, {0}};
