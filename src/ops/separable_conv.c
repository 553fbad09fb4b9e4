/* SPDX-License-Identifier: MIT */
/* Separable convolution of pictures, and of sequences: a layer of two convolutions, depthwise and pointwise. */
#include "ops/convolution.h"

#include "ops/activation.h"

#include <plait/convolution.h>

static const struct op op_separable_conv2d = CONVOLUTION_OP("separable_conv2d", "SeparableConv2D");
static const struct op op_separable_conv1d = CONVOLUTION_OP("separable_conv1d", "SeparableConv1D");

/* What the layer is, but for its depthwise convolution. */
struct pointwise {
    const struct op *op;
    plait_array kernel;
    plait_array bias;
    plait_activation activation;
};

static plait_node add(plait_node x, const char *name, const struct convolution *depthwise,
                      const struct pointwise *pointwise)
{
    const plait_node spread = graph_add(pointwise->op, PLAIT_NODES(x), name, depthwise, sizeof *depthwise);
    const struct convolution conv = {
        .axes = depthwise->axes,
        .pointwise = true,
        .kernel_name = "pointwise_kernel",
        .kernel = pointwise->kernel,
        .bias = pointwise->bias,
        .strides = {1, 1},
        .dilation = {1, 1},
        .groups = 1,
    };

    return layer_activation(graph_extend(spread, pointwise->op, &conv, sizeof conv), pointwise->activation);
}

plait_node plait_separable_conv2d(plait_node x, const plait_separable_conv2d_opts *opts)
{
    const plait_separable_conv2d_opts given = opts ? *opts : (plait_separable_conv2d_opts){0};
    const struct convolution depthwise = {
        .axes = 2,
        .depthwise = true,
        .kernel_name = "depthwise_kernel",
        .kernel = given.depthwise_kernel,
        .padding = given.padding,
        .strides = {or_one(given.strides[0]), or_one(given.strides[1])},
        .dilation = {or_one(given.dilation_rate[0]), or_one(given.dilation_rate[1])},
    };

    return add(x, given.name, &depthwise,
               &(struct pointwise){&op_separable_conv2d, given.pointwise_kernel, given.bias, given.activation});
}

plait_node plait_separable_conv1d(plait_node x, const plait_separable_conv1d_opts *opts)
{
    const plait_separable_conv1d_opts given = opts ? *opts : (plait_separable_conv1d_opts){0};
    const struct convolution depthwise = {
        .axes = 1,
        .depthwise = true,
        .kernel_name = "depthwise_kernel",
        .kernel = given.depthwise_kernel,
        .padding = given.padding,
        .strides = {1, or_one(given.strides)},
        .dilation = {1, or_one(given.dilation_rate)},
    };

    return add(x, given.name, &depthwise,
               &(struct pointwise){&op_separable_conv1d, given.pointwise_kernel, given.bias, given.activation});
}

static plait_node read(struct source *source, plait_node x, const struct op *op, size_t axes)
{
    struct convolution depthwise = convolution_read(source, axes);
    struct pointwise pointwise = {.op = op};
    size_t index = 0;

    depthwise.depthwise = true;
    depthwise.kernel_name = "depthwise_kernel";
    depthwise.kernel = source_next_weight(source, true, &index);
    pointwise.kernel = source_next_weight(source, true, &index);
    pointwise.bias = source_next_weight(source, source_flag(source, "use_bias", true), &index);
    pointwise.activation = source_activation(source, "activation");
    source_check_axes(source, "kernel_size", depthwise.kernel, 0, axes);
    source_check_axes(source, "depth_multiplier", depthwise.kernel, axes + 1, 1);
    source_check_axes(source, "filters", pointwise.kernel, axes + 1, 1);
    return add(x, source->name, &depthwise, &pointwise);
}

static plait_node read_separable_conv2d(struct source *source, plait_nodes x)
{
    return read(source, x.items[0], &op_separable_conv2d, 2);
}

static plait_node read_separable_conv1d(struct source *source, plait_nodes x)
{
    return read(source, x.items[0], &op_separable_conv1d, 1);
}

const struct layer_reader separable_conv_readers[] = {
    {"SeparableConv2D", read_separable_conv2d}, {"SeparableConv1D", read_separable_conv1d}, {0}};
