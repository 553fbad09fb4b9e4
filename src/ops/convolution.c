/* SPDX-License-Identifier: MIT */
/* Checks and geometry of the convolution layers (layers.h and convolution.h have the formulas). */
#include "ops/convolution.h"

#include "ops/activation.h"
#include "ops/weight.h"
#include "shape/shape.h"
#include "shape/window.h"

#include <string.h>

enum { PAIR = 2 };

struct bank convolution_bank(const struct convolution *conv)
{
    const size_t *dims = conv->kernel.shape.dims;
    const size_t *inner = dims + conv->axes;

    return (struct bank){
        .size = {conv->axes == 1 ? 1 : dims[0], inner[-1]},
        .groups = conv->depthwise ? inner[0] : conv->groups,
        .channels = conv->depthwise ? 1 : inner[0],
        .filters = conv->depthwise ? inner[1] : inner[1] / conv->groups,
    };
}

static struct window window_of(const struct convolution *conv, size_t axis)
{
    return (struct window){convolution_bank(conv).size[axis], conv->strides[axis], conv->dilation[axis]};
}

/* Output size and padding along one of the pair of axes; false if there is no output. */
static bool place(const struct convolution *conv, size_t axis, size_t input, size_t *output, size_t *before)
{
    const struct window window = window_of(conv, axis);

    if (conv->padding != PLAIT_CAUSAL) {
        return window_place(window, input, conv->padding == PLAIT_SAME, output, before);
    }
    const size_t past = window_extent(window) - 1;
    const bool placed = window_place(window, input + past, false, output, before);
    *before = past;
    return placed;
}

bool convolution_check_ranks(plait_graph *graph, struct node *node, plait_shape x, const char *kernel_axes)
{
    static const char *const inputs[] = {"a sequence, {steps, channels}", "a picture, {rows, cols, channels}"};
    const struct convolution *conv = node->params;
    const plait_shape kernel = conv->kernel.shape;
    size_t size = 0;

    if (x.rank != conv->axes + 1) {
        node_fail(graph, node, "input has shape %s but must be %s", shape_name(x).text, inputs[conv->axes - 1]);
    } else if (!conv->kernel.data) {
        node_fail(graph, node, "%s is missing; it must have shape %s, and the input has %zu channels",
                  conv->kernel_name, kernel_axes, x.dims[conv->axes]);
    } else if (kernel.rank != conv->axes + 2) {
        node_fail(graph, node, "%s has shape %s but must be %s", conv->kernel_name, shape_name(kernel).text,
                  kernel_axes);
    } else if (!shape_size(kernel, &size) || size > SHAPE_MAX_ELEMENTS) {
        node_fail(graph, node, "%s %s has more than %zu elements", conv->kernel_name, shape_name(kernel).text,
                  SHAPE_MAX_ELEMENTS);
    } else if (size == 0 || shape_count(x) == 0) {
        node_fail(graph, node, "input %s and %s %s must have no size 0", shape_name(x).text, conv->kernel_name,
                  shape_name(kernel).text);
    }
    return !node->poisoned;
}

/* Whether the sizes of input and kernel make sense together. */
static bool check_shapes(plait_graph *graph, struct node *node, plait_shape x)
{
    static const char *const axes[2][2] = {
        {"{size, channels / groups, filters}", "{rows, cols, channels / groups, filters}"},
        {"{size, channels, multiplier}", "{rows, cols, channels, multiplier}"},
    };
    const struct convolution *conv = node->params;
    const plait_shape kernel = conv->kernel.shape;

    if (!convolution_check_ranks(graph, node, x, axes[conv->depthwise][conv->axes - 1])) {
        return false;
    }
    const size_t channels = x.dims[conv->axes];
    const size_t filters = kernel.dims[conv->axes + 1];
    const size_t expected = kernel.dims[conv->axes] * (conv->depthwise ? 1 : conv->groups);
    if (conv->pointwise && (convolution_bank(conv).size[0] != 1 || convolution_bank(conv).size[1] != 1)) {
        node_fail(graph, node, "%s has shape %s but must have size 1 along the axes of the input", conv->kernel_name,
                  shape_name(kernel).text);
    } else if (!conv->depthwise && (channels % conv->groups != 0 || filters % conv->groups != 0)) {
        node_fail(graph, node, "groups is %zu but must divide the %zu channels of the input and the %zu filters",
                  conv->groups, channels, filters);
    } else if (channels != expected) {
        node_fail(graph, node,
                  "input has %zu channels but %s expects %zu (kernel %s, groups %zu); transpose the weights or set "
                  "groups",
                  channels, conv->kernel_name, expected, shape_name(kernel).text, convolution_bank(conv).groups);
    }
    return !node->poisoned;
}

bool convolution_check_options(plait_graph *graph, struct node *node)
{
    const struct convolution *conv = node->params;
    const bool strided = conv->strides[0] > 1 || conv->strides[1] > 1;
    const bool dilated = conv->dilation[0] > 1 || conv->dilation[1] > 1;
    const bool may_be_causal = conv->axes == 1 && !conv->depthwise && !conv->transposed;
    const bool causal = may_be_causal && conv->padding == PLAIT_CAUSAL;

    if (conv->padding != PLAIT_VALID && conv->padding != PLAIT_SAME && !causal) {
        node_fail(graph, node, "padding is %d but must be PLAIT_VALID or PLAIT_SAME%s", (int)conv->padding,
                  may_be_causal ? " or PLAIT_CAUSAL" : "");
    } else if (strided && dilated && !conv->depthwise) {
        node_fail(graph, node,
                  "strides {%zu,%zu} and dilation_rate {%zu,%zu} are both above 1, which Keras excludes; set one "
                  "of them to 1",
                  conv->strides[0], conv->strides[1], conv->dilation[0], conv->dilation[1]);
    }
    for (size_t i = 0; i < PAIR && !node->poisoned; i++) {
        const size_t extent = window_extent(window_of(conv, i));
        if (extent == 0 || extent > CONVOLUTION_MOST_CELLS || conv->strides[i] > CONVOLUTION_MOST_CELLS ||
            conv->dilation[i] > CONVOLUTION_MOST_CELLS) {
            node_fail(graph, node,
                      "kernel %s with stride %zu and dilation_rate %zu along axis %zu; all must stay below %zu",
                      shape_name(conv->kernel.shape).text, conv->strides[i], conv->dilation[i], i + conv->axes - 1,
                      CONVOLUTION_MOST_CELLS);
        }
    }
    return !node->poisoned;
}

void convolution_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct convolution *conv = node->params;
    const plait_shape x = inputs[0];

    if (!check_shapes(graph, node, x) || !convolution_check_options(graph, node)) {
        return;
    }
    const struct bank bank = convolution_bank(conv);
    plait_shape shape = {.rank = x.rank};
    for (size_t i = 0; i < conv->axes; i++) {
        const size_t axis = PAIR - conv->axes + i;
        size_t before;
        if (!place(conv, axis, x.dims[i], &shape.dims[i], &before)) {
            node_fail(graph, node,
                      "kernel %s with dilation_rate %zu spans %zu cells of axis %zu, but the input %s has "
                      "%zu; use PLAIT_SAME or a smaller kernel",
                      shape_name(conv->kernel.shape).text, conv->dilation[axis], window_extent(window_of(conv, axis)),
                      i + 1, shape_name(x).text, x.dims[i]);
            return;
        }
    }
    shape.dims[conv->axes] = bank.groups * bank.filters;
    if (!node_weight(graph, node, conv->kernel_name, conv->kernel, conv->kernel.shape)) {
        return;
    }
    weight_optional(graph, node, "bias", conv->bias, PLAIT_SHAPE(shape.dims[conv->axes]));
    node->shape = shape;
}

double convolution_flops(const struct node *node, const plait_shape *inputs)
{
    const struct bank bank = convolution_bank(node->params);

    (void)inputs;
    return 2.0 * (double)shape_count(node->shape) * (double)(bank.size[0] * bank.size[1] * bank.channels);
}

/* Where each output pixel comes from one input pixel, and gemm_cpu computes it, whose packed kernel may have 32 filters
 * for one. */
bool convolution_takes_prologue(const struct node *node, const struct device_traits *device)
{
    const struct bank bank = convolution_bank(node->params);

    return device->kind == PLAIT_DEVICE_CPU && bank.size[0] == 1 && bank.size[1] == 1 && bank.groups == 1 &&
           bank.channels * bank.filters <= SHAPE_MAX_ELEMENTS / 64;
}

struct product convolution_geometry(const struct convolution *conv, const size_t *input, const struct padding *padding)
{
    const struct bank bank = convolution_bank(conv);
    struct product product = {
        .pictures = 1,
        .input = {conv->axes == 1 ? 1 : input[0], input[conv->axes - 1]},
        .kernel = {bank.size[0], bank.size[1]},
        .strides = {conv->strides[0], conv->strides[1]},
        .dilation = {conv->dilation[0], conv->dilation[1]},
        .groups = bank.groups,
        .channels = bank.channels,
        .filters = bank.filters,
    };

    for (size_t i = 0; i < PAIR; i++) {
        const size_t padded = padding->before[i] + product.input[i] + padding->after[i];
        (void)place(conv, i, padded, &product.output[i], &product.before[i]);
        product.before[i] += padding->before[i];
    }
    product.taps = product_taps(&product);
    return product;
}

struct product convolution_stage(const struct stage *stage)
{
    return convolution_geometry(stage->node->params, stage->input.dims, &stage->padding);
}

struct product convolution_product(const struct step *step, struct operand x, struct operand y)
{
    struct product product = convolution_geometry(step->params, x.view.dims + 1, &step->padding);

    product.pictures = x.view.dims[0];
    product.x = product_pixels(&x);
    product.y = product_pixels(&y);
    return product;
}

struct product convolution_planned(const struct step *step)
{
    return convolution_product(step, (struct operand){.view = step->inputs[0]}, (struct operand){.view = step->output});
}

struct product convolution_running(const struct step *step, const struct run *run)
{
    struct product product = convolution_product(step, run->inputs[0], run->output);

    if (step->has_residual) {
        product.residual = product_pixels(&run->residual);
    }
    if (step->tail.kind != TAIL_NONE) {
        const size_t *dims = run->tail_output.view.dims;
        product.tail = step->tail;
        product.tail_y = product_pixels(&run->tail_output);
        product.tail_output[0] = run->tail_output.view.rank == 3 ? 1 : dims[1];
        product.tail_output[1] = dims[run->tail_output.view.rank - 2];
    }
    if (step->gated) {
        product.gate = product_pixels(&run->inputs[1]);
    }
    return product;
}

bool convolution_is_pointwise(const struct stage *stage)
{
    if (stage->node->op->variants != convolution_variants) {
        return false;
    }
    const struct product product = convolution_stage(stage);
    return product.kernel[0] == 1 && product.kernel[1] == 1 && product.groups == 1 && product.strides[0] == 1 &&
           product.strides[1] == 1 && product.input[0] == product.output[0] && product.input[1] == product.output[1];
}

bool convolution_is_plain(const struct product *product)
{
    return product->groups == 1 && product->strides[0] == 1 && product->strides[1] == 1 && product->dilation[0] == 1 &&
           product->dilation[1] == 1;
}

plait_node convolution_add(const struct op *op, plait_node x, const char *name, const struct convolution *conv,
                           plait_activation activation)
{
    return layer_activation(graph_add(op, PLAIT_NODES(x), name, conv, sizeof *conv), activation);
}

void convolution_read_pair(struct source *source, const char *key, size_t axes, size_t *pair)
{
    (void)source_sizes(source, key, pair + (PAIR - axes), axes);
    for (size_t i = 0; i < PAIR; i++) {
        if (pair[i] == 0) {
            source_refuse(source, "option %s is 0; it must be 1 or more", key);
            pair[i] = 1;
        }
    }
}

static plait_padding read_padding(struct source *source, size_t axes)
{
    const bool causal = axes == 1 && strcmp(source_text(source, "padding", "valid"), "causal") == 0;

    return causal ? PLAIT_CAUSAL : source_padding(source);
}

struct convolution convolution_read(struct source *source, size_t axes)
{
    struct convolution conv = {
        .axes = axes,
        .kernel_name = "kernel",
        .padding = read_padding(source, axes),
        .strides = {1, 1},
        .dilation = {1, 1},
        .groups = 1,
    };

    convolution_read_pair(source, "strides", axes, conv.strides);
    convolution_read_pair(source, "dilation_rate", axes, conv.dilation);
    source_channels_last(source);
    return conv;
}
