/* SPDX-License-Identifier: MIT */
/* Transposed convolution: checks, calls and readers (convolution.h has the formulas). */
#include "ops/activation.h"
#include "ops/transpose.h"
#include "ops/weight.h"
#include "shape/shape.h"

#include <plait/convolution.h>

enum { PAIR = 2 };

static bool check_axis(plait_graph *graph, struct node *node, size_t index, size_t input, size_t *output)
{
    const struct transpose *params = node->params;
    const size_t number = index + params->conv.axes - 1;
    struct transpose_axis axis;

    if (params->has_output_padding && params->output_padding[index] >= params->conv.strides[index]) {
        node_fail(graph, node, "output_padding is %zu along axis %zu but must be below the stride, %zu",
                  params->output_padding[index], number, params->conv.strides[index]);
    } else if (!transpose_axis(params, index, input, &axis)) {
        node_fail(graph, node,
                  "kernel %s with stride %zu and dilation_rate %zu spreads %zu inputs over more than %zu "
                  "outputs along axis %zu",
                  shape_name(params->conv.kernel.shape).text, params->conv.strides[index], params->conv.dilation[index],
                  input, CONVOLUTION_MOST_CELLS, number);
    } else if (axis.output <= (input - 1) * axis.stride) {
        node_fail(
            graph, node,
            "kernel %s with PLAIT_SAME and output_padding 0 makes %zu outputs of %zu inputs with stride %zu along "
            "axis %zu, which Keras excludes; raise output_padding",
            shape_name(params->conv.kernel.shape).text, axis.output, input, axis.stride, number);
    } else {
        *output = axis.output;
    }
    return !node->poisoned;
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct transpose *params = node->params;
    const struct convolution *conv = &params->conv;
    const plait_shape kernel = conv->kernel.shape;
    const plait_shape x = inputs[0];
    const bool one = conv->axes == 1;
    plait_shape shape = {.rank = x.rank};

    if (!convolution_check_ranks(graph, node, x,
                                 one ? "{size, filters, channels}" : "{rows, cols, filters, channels}") ||
        !convolution_check_options(graph, node)) {
        return;
    }
    if (x.dims[conv->axes] != kernel.dims[conv->axes + 1]) {
        node_fail(graph, node,
                  "input has %zu channels but kernel expects %zu (kernel %s, the channels last); transpose the weights",
                  x.dims[conv->axes], kernel.dims[conv->axes + 1], shape_name(kernel).text);
        return;
    }
    for (size_t i = 0; i < conv->axes; i++) {
        if (!check_axis(graph, node, i + PAIR - conv->axes, x.dims[i], &shape.dims[i])) {
            return;
        }
    }
    shape.dims[conv->axes] = kernel.dims[conv->axes];
    if (node_weight(graph, node, conv->kernel_name, conv->kernel, kernel)) {
        weight_optional(graph, node, "bias", conv->bias, PLAIT_SHAPE(kernel.dims[conv->axes]));
        node->shape = shape;
    }
}

static double flops(const struct node *node, const plait_shape *inputs)
{
    const struct convolution *conv = node->params;
    const double pixels = (double)shape_count(inputs[0]) / (double)inputs[0].dims[conv->axes];

    return 2.0 * pixels * (double)shape_count(conv->kernel.shape);
}

#define TRANSPOSE_OP(function, class)                                                                                \
    {                                                                                                                \
        .name = (function), .class_name = (class), .infer = infer, .flops = flops, .variants = transpose_variants,   \
        .variant_count = TRANSPOSE_VARIANTS, .takes_affine = true, .takes_activation = true, .takes_residual = true, \
    }

static const struct op op_conv2d_transpose = TRANSPOSE_OP("conv2d_transpose", "Conv2DTranspose");
static const struct op op_conv1d_transpose = TRANSPOSE_OP("conv1d_transpose", "Conv1DTranspose");

static struct convolution convolution_of(size_t axes, plait_array kernel, plait_array bias, plait_padding padding)
{
    return (struct convolution){
        .axes = axes,
        .transposed = true,
        .kernel_name = "kernel",
        .kernel = kernel,
        .bias = bias,
        .padding = padding,
        .strides = {1, 1},
        .dilation = {1, 1},
        .groups = 1,
    };
}

static plait_node add(const struct op *op, plait_node x, const char *name, const struct transpose *params,
                      plait_activation activation)
{
    return layer_activation(graph_add(op, PLAIT_NODES(x), name, params, sizeof *params), activation);
}

plait_node plait_conv2d_transpose(plait_node x, const plait_conv2d_transpose_opts *opts)
{
    const plait_conv2d_transpose_opts given = opts ? *opts : (plait_conv2d_transpose_opts){0};
    struct transpose params = {.conv = convolution_of(2, given.kernel, given.bias, given.padding)};

    params.has_output_padding = given.output_padding != NULL;
    for (size_t i = 0; i < PAIR; i++) {
        params.conv.strides[i] = or_one(given.strides[i]);
        params.conv.dilation[i] = or_one(given.dilation_rate[i]);
        params.output_padding[i] = given.output_padding ? given.output_padding[i] : 0;
    }
    return add(&op_conv2d_transpose, x, given.name, &params, given.activation);
}

plait_node plait_conv1d_transpose(plait_node x, const plait_conv1d_transpose_opts *opts)
{
    const plait_conv1d_transpose_opts given = opts ? *opts : (plait_conv1d_transpose_opts){0};
    struct transpose params = {.conv = convolution_of(1, given.kernel, given.bias, given.padding)};

    params.has_output_padding = given.output_padding != NULL;
    params.conv.strides[1] = or_one(given.strides);
    params.conv.dilation[1] = or_one(given.dilation_rate);
    params.output_padding[1] = given.output_padding ? *given.output_padding : 0;
    return add(&op_conv1d_transpose, x, given.name, &params, given.activation);
}

static plait_node read(struct source *source, plait_node x, const struct op *op, size_t axes)
{
    struct transpose params = {.conv = convolution_read(source, axes)};
    size_t index = 0;

    params.conv.transposed = true;
    params.has_output_padding = source_sizes(source, "output_padding", params.output_padding + (PAIR - axes), axes) > 0;
    params.conv.kernel = source_next_weight(source, true, &index);
    params.conv.bias = source_next_weight(source, source_flag(source, "use_bias", true), &index);
    source_check_axes(source, "kernel_size", params.conv.kernel, 0, axes);
    source_check_axes(source, "filters", params.conv.kernel, axes, 1);
    return add(op, x, source->name, &params, source_activation(source, "activation"));
}

static plait_node read_conv2d_transpose(struct source *source, plait_nodes x)
{
    return read(source, x.items[0], &op_conv2d_transpose, 2);
}

static plait_node read_conv1d_transpose(struct source *source, plait_nodes x)
{
    return read(source, x.items[0], &op_conv1d_transpose, 1);
}

const struct layer_reader conv_transpose_readers[] = {
    {"Conv2DTranspose", read_conv2d_transpose}, {"Conv1DTranspose", read_conv1d_transpose}, {0}};
