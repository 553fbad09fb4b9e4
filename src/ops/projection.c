/* SPDX-License-Identifier: MIT */
#include "ops/projection.h"

#include "ops/reshape.h"
#include "ops/weight.h"
#include "shape/shape.h"

/* The axes from number `from` up to `end`. */
static plait_shape part_of(plait_shape shape, size_t from, size_t end)
{
    plait_shape part = {.rank = 0};

    for (size_t i = from; i < end && i < shape.rank && i < PLAIT_MAX_RANK; i++) {
        part.dims[part.rank++] = shape.dims[i];
    }
    return part;
}

struct projection projection_of(plait_projection weights, const char *what, size_t summed, size_t axes)
{
    const plait_shape kernel = weights.kernel.shape;
    size_t channels = 0;
    size_t units = 0;

    (void)shape_size(part_of(kernel, 0, summed), &channels); /* one too large is refused by projection_infer */
    (void)shape_size(part_of(kernel, summed, kernel.rank), &units);
    return (struct projection){
        .dense = {.kernel = {weights.kernel.data, PLAIT_SHAPE(channels, units)}, .bias = weights.bias},
        .what = what,
        .kernel = kernel,
        .summed = summed,
        .axes = axes,
    };
}

static bool check_kernel(plait_graph *graph, struct node *node, plait_shape x)
{
    const struct projection *params = node->params;
    const plait_shape kernel = params->kernel;
    const size_t axes = params->axes > 0 ? params->axes : kernel.rank;
    const char *what = params->what;
    size_t size = 0;

    if (!params->dense.kernel.data) {
        node_fail(graph, node, "%skernel is missing; it must have the sizes summed over, then the new ones", what);
    } else if (kernel.rank > PLAIT_MAX_RANK || kernel.rank != axes || kernel.rank <= params->summed) {
        node_fail(graph, node, "%skernel has shape %s but must have %zu axes, of which %zu are summed over", what,
                  shape_name(kernel).text, params->axes > 0 ? params->axes : params->summed + 1, params->summed);
    } else if (!shape_size(kernel, &size) || size > SHAPE_MAX_ELEMENTS) {
        node_fail(graph, node, "%skernel %s has more than %zu elements", what, shape_name(kernel).text,
                  SHAPE_MAX_ELEMENTS);
    } else if (x.rank == 0 || size == 0 || shape_count(x) == 0) {
        node_fail(graph, node, "input %s and %skernel %s must have an axis, and no size 0", shape_name(x).text, what,
                  shape_name(kernel).text);
    } else if (params->dense.kernel.shape.dims[0] != x.dims[x.rank - 1]) {
        node_fail(graph, node, "input %s has %zu channels but %skernel expects %zu (%skernel %s)", shape_name(x).text,
                  x.dims[x.rank - 1], what, params->dense.kernel.shape.dims[0], what, shape_name(kernel).text);
    }
    return !node->poisoned;
}

/* The bias has the shape of the kernel's new axes. */
static void check_bias(plait_graph *graph, struct node *node)
{
    const struct projection *params = node->params;
    const plait_array bias = params->dense.bias;
    const plait_shape wanted = part_of(params->kernel, params->summed, params->kernel.rank);

    if (!bias.data && bias.shape.rank == 0) {
        return;
    }
    if (!bias.data || !shape_equal(bias.shape, wanted)) {
        node_fail(graph, node, "%sbias %s %s but must have %s", params->what,
                  bias.data ? "has shape" : "has no data for shape", shape_name(bias.shape).text,
                  shape_name(wanted).text);
        return;
    }
    (void)node_weight(graph, node, "bias", bias, wanted);
}

void projection_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct projection *params = node->params;
    const plait_array kernel = params->dense.kernel;

    if (!check_kernel(graph, node, inputs[0]) || !node_weight(graph, node, "kernel", kernel, kernel.shape)) {
        return;
    }
    check_bias(graph, node);
    node->shape = inputs[0];
    node->shape.dims[node->shape.rank - 1] = kernel.shape.dims[1];
}

plait_node projection_unfold(plait_node x, const struct projection *projection)
{
    const size_t news = projection->kernel.rank - projection->summed;
    struct reshape reshape = {.target = plait_node_shape(x)};

    if (reshape.target.rank == 0 || news == 1) { /* without a shape it is a mistake already */
        return x;
    }
    reshape.target.rank--;
    for (size_t i = 0; i < news; i++) {
        if (reshape.target.rank < PLAIT_MAX_RANK) {
            reshape.target.dims[reshape.target.rank] = projection->kernel.dims[projection->summed + i];
        }
        reshape.target.rank++; /* too many are refused by the reshape */
    }
    return graph_extend(x, &op_reshape, &reshape, sizeof reshape);
}
