/* SPDX-License-Identifier: MIT */
/* Depthwise convolution of pictures, and of sequences (convolution.h has the formulas). */
#include "ops/convolution.h"

#include <plait/convolution.h>

static const struct op op_depthwise_conv2d = CONVOLUTION_OP("depthwise_conv2d", "DepthwiseConv2D");
static const struct op op_depthwise_conv1d = CONVOLUTION_OP("depthwise_conv1d", "DepthwiseConv1D");

plait_node plait_depthwise_conv2d(plait_node x, const plait_depthwise_conv2d_opts *opts)
{
    const plait_depthwise_conv2d_opts given = opts ? *opts : (plait_depthwise_conv2d_opts){0};
    const struct convolution conv = {
        .axes = 2,
        .depthwise = true,
        .kernel_name = "kernel",
        .kernel = given.kernel,
        .bias = given.bias,
        .padding = given.padding,
        .strides = {or_one(given.strides[0]), or_one(given.strides[1])},
        .dilation = {or_one(given.dilation_rate[0]), or_one(given.dilation_rate[1])},
    };

    return convolution_add(&op_depthwise_conv2d, x, given.name, &conv, given.activation);
}

plait_node plait_depthwise_conv1d(plait_node x, const plait_depthwise_conv1d_opts *opts)
{
    const plait_depthwise_conv1d_opts given = opts ? *opts : (plait_depthwise_conv1d_opts){0};
    const struct convolution conv = {
        .axes = 1,
        .depthwise = true,
        .kernel_name = "kernel",
        .kernel = given.kernel,
        .bias = given.bias,
        .padding = given.padding,
        .strides = {1, or_one(given.strides)},
        .dilation = {1, or_one(given.dilation_rate)},
    };

    return convolution_add(&op_depthwise_conv1d, x, given.name, &conv, given.activation);
}

static plait_node read(struct source *source, plait_node x, const struct op *op, size_t axes)
{
    struct convolution conv = convolution_read(source, axes);
    size_t index = 0;

    conv.depthwise = true;
    conv.kernel = source_next_weight(source, true, &index);
    conv.bias = source_next_weight(source, source_flag(source, "use_bias", true), &index);
    source_check_axes(source, "kernel_size", conv.kernel, 0, axes);
    source_check_axes(source, "depth_multiplier", conv.kernel, axes + 1, 1);
    return convolution_add(op, x, source->name, &conv, source_activation(source, "activation"));
}

static plait_node read_depthwise_conv2d(struct source *source, plait_nodes x)
{
    return read(source, x.items[0], &op_depthwise_conv2d, 2);
}

static plait_node read_depthwise_conv1d(struct source *source, plait_nodes x)
{
    return read(source, x.items[0], &op_depthwise_conv1d, 1);
}

const struct layer_reader depthwise_conv_readers[] = {
    {"DepthwiseConv2D", read_depthwise_conv2d}, {"DepthwiseConv1D", read_depthwise_conv1d}, {0}};
