/* SPDX-License-Identifier: MIT */
/* 2D convolution (layers.h has the formula). */
#include "ops/conv2d.h"
#include "graph/source.h"
#include "ops/activation.h"
#include "ops/conv2d_fft.h"
#include "ops/conv2d_winograd.h"
#include "shape/shape.h"
#include "shape/window.h"

/* The options, with Keras's defaults in place of 0; pairs are {rows, cols}. */
struct conv2d {
    plait_array kernel;
    plait_array bias;
    plait_padding padding;
    size_t strides[2];
    size_t dilation[2];
    size_t groups;
};

enum { REFERENCE_GROUP = 256 }; /* work-items of a group, if the device can */

/* Most cells that a window may span: then kernels can add any tap to any row in 32 bits. */
static const size_t most_cells = INT32_MAX / 2;

static bool has_zero(plait_shape shape)
{
    return shape_count(shape) == 0;
}

/* Whether the ranks and sizes of input and kernel make sense together. */
static bool check_shapes(plait_graph *graph, struct node *node, plait_shape x)
{
    const struct conv2d *conv = node->params;
    const plait_shape kernel = conv->kernel.shape;
    size_t size = 0;

    if (x.rank != 3) {
        node_fail(graph, node, "input has shape %s but must be a picture, {rows, cols, channels}", shape_name(x).text);
    } else if (!conv->kernel.data) {
        node_fail(graph, node, "kernel is missing; it must have shape {rows, cols, %zu, filters}",
                  x.dims[2] / conv->groups);
    } else if (kernel.rank != 4) {
        node_fail(graph, node, "kernel has shape %s but must be {rows, cols, channels / groups, filters}",
                  shape_name(kernel).text);
    } else if (!shape_size(kernel, &size) || size > SHAPE_MAX_ELEMENTS) {
        node_fail(graph, node, "kernel %s has more than %zu elements", shape_name(kernel).text, SHAPE_MAX_ELEMENTS);
    } else if (has_zero(x) || has_zero(kernel)) {
        node_fail(graph, node, "input %s and kernel %s must have no size 0", shape_name(x).text,
                  shape_name(kernel).text);
    } else if (x.dims[2] % conv->groups != 0 || kernel.dims[3] % conv->groups != 0) {
        node_fail(graph, node, "groups is %zu but must divide the %zu channels of the input and the %zu filters",
                  conv->groups, x.dims[2], kernel.dims[3]);
    } else if (x.dims[2] / conv->groups != kernel.dims[2]) {
        node_fail(graph, node,
                  "input has %zu channels but kernel expects %zu (kernel %s, groups %zu); transpose the weights or set "
                  "groups",
                  x.dims[2], kernel.dims[2] * conv->groups, shape_name(kernel).text, conv->groups);
    }
    return !node->poisoned;
}

static bool check_options(plait_graph *graph, struct node *node)
{
    const struct conv2d *conv = node->params;
    const bool strided = conv->strides[0] > 1 || conv->strides[1] > 1;
    const bool dilated = conv->dilation[0] > 1 || conv->dilation[1] > 1;

    if (conv->padding != PLAIT_VALID && conv->padding != PLAIT_SAME) {
        node_fail(graph, node, "padding is %d but must be PLAIT_VALID or PLAIT_SAME", (int)conv->padding);
    } else if (strided && dilated) {
        node_fail(graph, node,
                  "strides {%zu,%zu} and dilation_rate {%zu,%zu} are both above 1, which Keras excludes; set one "
                  "of them to 1",
                  conv->strides[0], conv->strides[1], conv->dilation[0], conv->dilation[1]);
    }
    for (size_t i = 0; i < 2 && !node->poisoned; i++) {
        const struct window window = {conv->kernel.shape.dims[i], 1, conv->dilation[i]};
        const size_t extent = window_extent(window);
        if (extent == 0 || extent > most_cells || conv->strides[i] > most_cells || conv->dilation[i] > most_cells) {
            node_fail(graph, node,
                      "kernel %s with stride %zu and dilation_rate %zu along axis %zu; all must stay below %zu",
                      shape_name(conv->kernel.shape).text, conv->strides[i], conv->dilation[i], i + 1, most_cells);
        }
    }
    return !node->poisoned;
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct conv2d *conv = node->params;
    const plait_shape kernel = conv->kernel.shape;
    const plait_shape x = inputs[0];
    size_t output[2] = {0};

    if (!check_shapes(graph, node, x) || !check_options(graph, node)) {
        return;
    }
    for (size_t i = 0; i < 2; i++) {
        const struct window window = {kernel.dims[i], conv->strides[i], conv->dilation[i]};
        size_t before;
        if (!window_place(window, x.dims[i], conv->padding == PLAIT_SAME, &output[i], &before)) {
            node_fail(graph, node,
                      "kernel %s with dilation_rate %zu spans %zu cells of axis %zu, but the input %s has "
                      "%zu; use PLAIT_SAME or a smaller kernel",
                      shape_name(kernel).text, conv->dilation[i], window_extent(window), i + 1, shape_name(x).text,
                      x.dims[i]);
            return;
        }
    }
    if (!node_weight(graph, node, "kernel", conv->kernel, kernel)) {
        return;
    }
    if (conv->bias.data || conv->bias.shape.rank > 0) {
        (void)node_weight(graph, node, "bias", conv->bias, PLAIT_SHAPE(kernel.dims[3]));
    }
    node->shape = PLAIT_SHAPE(output[0], output[1], kernel.dims[3]);
}

static double flops(const struct node *node, const plait_shape *inputs)
{
    const struct conv2d *conv = node->params;
    const size_t *kernel = conv->kernel.shape.dims;

    (void)inputs;
    return 2.0 * (double)shape_count(node->shape) * (double)(kernel[0] * kernel[1] * kernel[2]);
}

static struct product product_of(const struct step *step, struct operand x, struct operand y)
{
    const struct conv2d *conv = step->params;
    const size_t *kernel = conv->kernel.shape.dims;
    struct product product = {
        .pictures = x.view.dims[0],
        .input = {x.view.dims[1], x.view.dims[2]},
        .kernel = {kernel[0], kernel[1]},
        .strides = {conv->strides[0], conv->strides[1]},
        .dilation = {conv->dilation[0], conv->dilation[1]},
        .groups = conv->groups,
        .channels = kernel[2],
        .filters = kernel[3] / conv->groups,
        .x = product_pixels(&x),
        .y = product_pixels(&y),
    };

    for (size_t i = 0; i < 2; i++) {
        const struct window window = {product.kernel[i], product.strides[i], product.dilation[i]};
        const size_t padded = step->padding.before[i] + product.input[i] + step->padding.after[i];
        (void)window_place(window, padded, conv->padding == PLAIT_SAME, &product.output[i], &product.before[i]);
        product.before[i] += step->padding.before[i];
    }
    return product;
}

struct product conv2d_planned(const struct step *step)
{
    return product_of(step, (struct operand){.view = step->inputs[0]}, (struct operand){.view = step->output});
}

struct product conv2d_running(const struct step *step, const struct run *run)
{
    struct product product = product_of(step, run->inputs[0], run->output);

    if (step->has_residual) {
        product.residual = product_pixels(&run->residual);
    }
    return product;
}

bool conv2d_is_plain(const struct product *product)
{
    return product->groups == 1 && product->strides[0] == 1 && product->strides[1] == 1 && product->dilation[0] == 1 &&
           product->dilation[1] == 1;
}

static bool applicable_fft_cpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = conv2d_planned(step);

    return conv2d_fft_applicable(step, &product, device);
}

static double cost_fft_cpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = conv2d_planned(step);

    (void)device;
    return conv2d_fft_cost(&product);
}

static plait_status plan_fft_cpu(struct step *step, const struct device_traits *device)
{
    const struct product product = conv2d_planned(step);

    return conv2d_fft_plan(step, &product, device);
}

static void pack_fft_cpu(const struct step *step, float *packed)
{
    const struct product product = conv2d_planned(step);

    conv2d_fft_pack(step, &product, packed);
}

static plait_status enqueue_fft_cpu(const struct step *step, const struct run *run)
{
    const struct product product = conv2d_running(step, run);

    return conv2d_fft_launch(step, run, &product);
}

/* Small groups leave most of a vector empty, but are still faster so than by the reference. */
static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    (void)step;
    return device->kind == PLAIT_DEVICE_CPU;
}

static double cost_cpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = conv2d_planned(step);

    return product_cpu_cost(&product, device);
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    const struct product product = conv2d_planned(step);

    return product_cpu_plan(step, &product, device);
}

static void pack_cpu(const struct step *step, float *packed)
{
    const struct product product = conv2d_planned(step);

    product_cpu_pack(step, &product, packed);
}

static plait_status enqueue_cpu(const struct step *step, const struct run *run)
{
    const struct product product = conv2d_running(step, run);

    return product_cpu_launch(step, run, &product);
}

static bool applicable_gpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = conv2d_planned(step);

    return product_gpu_applicable(&product, device);
}

static plait_status plan_gpu(struct step *step, const struct device_traits *device)
{
    const struct product product = conv2d_planned(step);

    return product_gpu_plan(step, &product, device);
}

static void pack_gpu(const struct step *step, float *packed)
{
    const struct product product = conv2d_planned(step);

    product_gpu_pack(step, &product, packed);
}

static plait_status enqueue_gpu(const struct step *step, const struct run *run)
{
    const struct product product = conv2d_running(step, run);

    return product_gpu_launch(step, run, &product);
}

static bool applicable_reference(const struct step *step, const struct device_traits *device)
{
    (void)step;
    (void)device;
    return true;
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    const struct product product = conv2d_planned(step);

    step->tile[0] = device->max_work_group < REFERENCE_GROUP ? device->max_work_group : REFERENCE_GROUP;
    activation_options(&step->activation, step_kernel(step, "conv2d_reference"));
    return product_plain_floats(&product, &step->packed_floats);
}

static plait_status enqueue_reference(const struct step *step, const struct run *run)
{
    const struct product product = conv2d_running(step, run);
    const size_t filters = product.groups * product.filters;
    const size_t pixels = product.pictures * product.output[0] * product.output[1];
    struct arg args[PRODUCT_ARGS + 1];

    product_args(&product, run->packed, args);
    args[PRODUCT_ARGS] = arg_int(filters);
    return launch(run->stream, run->kernels[0], (struct range){.global = {pixels * filters}, .local = {step->tile[0]}},
                  args, PRODUCT_ARGS + 1);
}

static const struct variant fft_cpu = {.name = "fft_cpu",
                                       .applicable = applicable_fft_cpu,
                                       .cost = cost_fft_cpu,
                                       .plan = plan_fft_cpu,
                                       .pack = pack_fft_cpu,
                                       .enqueue = enqueue_fft_cpu};
static const struct variant cpu = {.name = "cpu",
                                   .applicable = applicable_cpu,
                                   .cost = cost_cpu,
                                   .plan = plan_cpu,
                                   .pack = pack_cpu,
                                   .enqueue = enqueue_cpu};
static const struct variant gpu = {
    .name = "gpu", .applicable = applicable_gpu, .plan = plan_gpu, .pack = pack_gpu, .enqueue = enqueue_gpu};
static const struct variant reference = {.name = "reference",
                                         .applicable = applicable_reference,
                                         .plan = plan_reference,
                                         .pack = product_plain_pack,
                                         .enqueue = enqueue_reference};

static const struct variant *const variants[] = {&fft_cpu,  &conv2d_winograd4_cpu, &conv2d_winograd2_cpu, &cpu, &gpu,
                                                 &reference};

static const struct op op_conv2d = {
    .name = "conv2d",
    .class_name = "Conv2D",
    .infer = infer,
    .flops = flops,
    .variants = variants,
    .variant_count = sizeof variants / sizeof *variants,
    .takes_affine = true,
    .takes_activation = true,
    .takes_residual = true,
    .takes_padding = true,
};

static size_t or_one(size_t value)
{
    return value ? value : 1;
}

plait_node plait_conv2d(plait_node x, const plait_conv2d_opts *opts)
{
    const plait_conv2d_opts given = opts ? *opts : (plait_conv2d_opts){0};
    const struct conv2d conv = {
        .kernel = given.kernel,
        .bias = given.bias,
        .padding = given.padding,
        .strides = {or_one(given.strides[0]), or_one(given.strides[1])},
        .dilation = {or_one(given.dilation_rate[0]), or_one(given.dilation_rate[1])},
        .groups = or_one(given.groups),
    };

    return layer_activation(graph_add(&op_conv2d, PLAIT_NODES(x), given.name, &conv, sizeof conv), given.activation);
}

static plait_node read(struct source *source, plait_nodes x)
{
    plait_conv2d_opts opts = {
        .name = source->name,
        .padding = source_padding(source),
        .activation = source_activation(source, "activation"),
        .strides = {1, 1},
        .dilation_rate = {1, 1},
        .groups = source_size(source, "groups", 1),
    };
    size_t index = 0;

    (void)source_sizes(source, "strides", opts.strides, 2);
    (void)source_sizes(source, "dilation_rate", opts.dilation_rate, 2);
    source_channels_last(source);
    opts.kernel = source_next_weight(source, true, &index);
    opts.bias = source_next_weight(source, source_flag(source, "use_bias", true), &index);
    source_check_axes(source, "kernel_size", opts.kernel, 0, 2);
    source_check_axes(source, "filters", opts.kernel, 3, 1);
    return plait_conv2d(x.items[0], &opts);
}

const struct layer_reader conv2d_readers[] = {{"Conv2D", read}, {0}};
