/* SPDX-License-Identifier: MIT */
/* Outputs whose places have the same remainder by the strides see the same taps of the kernel, every stride-th
 * of them, and do so side by side: they are a convolution of x with stride 1 and these taps in reverse. So a layer
 * is one launch of the convolution's kernels for each pair of remainders, a phase, that writes every stride-th
 * pixel of y. */
#include "ops/transpose.h"

#include "base/memory.h"
#include "shape/shape.h"
#include "shape/window.h"

enum {
    PAIR = 2,
    REFERENCE_GROUP = 256, /* work-items of a group, if the device can */
    TILE_GROUP = 0,        /* place in step->tile of how many they are */
    MOST_PHASES = 1024,    /* launches of a step */
};

bool transpose_axis(const struct transpose *params, size_t index, size_t input, struct transpose_axis *axis)
{
    const struct convolution *conv = &params->conv;
    const size_t size = conv->axes == 1 && index == 0 ? 1 : conv->kernel.shape.dims[index + conv->axes - PAIR];
    const size_t stride = conv->strides[index];
    const size_t extent = window_extent((struct window){size, stride, conv->dilation[index]});
    const bool same = conv->padding == PLAIT_SAME;
    const size_t more = params->has_output_padding ? params->output_padding[index] : 0;
    size_t reach; /* outputs without padding */

    *axis = (struct transpose_axis){.input = input, .size = size, .stride = stride, .dilation = conv->dilation[index]};
    if (!size_mul(input - 1, stride, &reach) || !size_add(reach, extent + stride, &reach) ||
        reach > CONVOLUTION_MOST_CELLS) {
        return false;
    }
    const size_t last = (input - 1) * stride;
    if (params->has_output_padding) {
        axis->output = last + (same ? extent % 2 : extent) + more;
    } else {
        axis->output = last + (same || extent < stride ? stride : extent);
    }
    axis->before = same && last + extent > axis->output ? (last + extent - axis->output) / 2 : 0;
    return true;
}

static void find_axes(const struct step *step, const struct view *x, struct transpose_axis *axes)
{
    const struct transpose *params = step->params;

    (void)transpose_axis(params, 0, params->conv.axes == 1 ? 1 : x->dims[1], &axes[0]);
    (void)transpose_axis(params, 1, x->dims[params->conv.axes], &axes[1]);
}

/* Strides of the weights by rows and columns of the kernel, channels and filters. */
static struct taps plain_taps(size_t cols, size_t filters, size_t channels)
{
    return (struct taps){.strides = {cols * filters * channels, filters * channels, 1, channels}};
}

/* The whole layer: not a product, but with the arguments of one. */
static struct product whole(const struct step *step, const struct operand *x, const struct operand *y)
{
    const struct convolution *conv = step->params;
    const size_t *inner = conv->kernel.shape.dims + conv->axes;
    struct transpose_axis axes[PAIR];

    find_axes(step, &x->view, axes);
    return (struct product){
        .pictures = x->view.dims[0],
        .input = {axes[0].input, axes[1].input},
        .output = {axes[0].output, axes[1].output},
        .kernel = {axes[0].size, axes[1].size},
        .strides = {axes[0].stride, axes[1].stride},
        .dilation = {axes[0].dilation, axes[1].dilation},
        .before = {axes[0].before, axes[1].before},
        .groups = 1,
        .channels = inner[1],
        .filters = inner[0],
        .x = product_pixels(x),
        .y = product_pixels(y),
        .taps = plain_taps(axes[1].size, inner[0], inner[1]),
    };
}

static struct product planned_whole(const struct step *step)
{
    const struct operand x = {.view = step->inputs[0]};
    const struct operand y = {.view = step->output};

    return whole(step, &x, &y);
}

static struct product run_whole(const struct step *step, const struct run *run)
{
    struct product product = whole(step, &run->inputs[0], &run->output);

    if (step->has_residual) {
        product.residual = product_pixels(&run->residual);
    }
    return product;
}

/* The pixels of a phase, which begin with number `first` along this axis and are `apart` from each other. */
static void narrow_pixels(struct pixels *pixels, size_t axis, size_t first, size_t apart)
{
    pixels->offset += first * pixels->strides[axis + 1];
    pixels->strides[axis + 1] *= apart;
}

/* Narrows a layer to the outputs `first`, first + stride, ... along an axis. There the input cell under tap a is
 * (first + before - a) / stride, so that the taps are those with the remainder of first + before. */
static void narrow(struct product *product, size_t axis, size_t first)
{
    const size_t stride = product->strides[axis];
    const size_t from = first + product->before[axis];
    const size_t tap = from % stride;
    const size_t count = tap < product->kernel[axis] ? (product->kernel[axis] - 1 - tap) / stride + 1 : 0;
    const size_t step = product->taps.strides[axis];

    product->output[axis] = (product->output[axis] - first - 1) / stride + 1;
    product->strides[axis] = 1;
    product->kernel[axis] = count > 0 ? count : 1;
    if (count > 0) {
        product->before[axis] = (count - 1) * product->dilation[axis] - from / stride;
        product->taps.first += (tap + (count - 1) * stride) * step;
        product->taps.strides[axis] = 0 - stride * step;
    } else { /* no tap: one that lies in the padding of all outputs */
        product->before[axis] = product->output[axis];
    }
    const size_t apart = product->output[axis] > 1 ? stride : 1; /* a huge stride needs no 64 bits */
    narrow_pixels(&product->y, axis, first, apart);
    narrow_pixels(&product->residual, axis, first, apart);
}

static size_t phases_along(const struct product *product, size_t axis)
{
    return product->strides[axis] < product->output[axis] ? product->strides[axis] : product->output[axis];
}

static size_t phases_of(const struct product *product)
{
    size_t phases = 0;

    return size_mul(phases_along(product, 0), phases_along(product, 1), &phases) ? phases : SIZE_MAX;
}

static struct product phase_of(const struct product *product, size_t index)
{
    struct product phase = *product;

    phase.phase = true;
    narrow(&phase, 0, index / phases_along(product, 1));
    narrow(&phase, 1, index % phases_along(product, 1));
    return phase;
}

/* What computes products. */
struct engine {
    plait_status (*plan)(struct step *step, const struct product *product, const struct device_traits *device);
    plait_status (*floats)(const struct step *step, const struct product *product, size_t *packed);
    void (*pack)(const struct step *step, const struct product *product, float *packed);
    plait_status (*launch)(const struct step *step, const struct run *run, const struct product *product);
};

static const struct engine on_cpu = {product_cpu_plan, product_cpu_floats, product_cpu_pack, product_cpu_launch};
static const struct engine on_gpu = {product_gpu_plan, product_gpu_floats, product_gpu_pack, product_gpu_launch};

/* The kernel is built for the first phase, which has as many outputs and taps as any other, or some less. */
static plait_status plan_phases(struct step *step, const struct engine *engine, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;
    const struct product product = planned_whole(step);
    const size_t phases = phases_of(&product);
    const struct product first = phase_of(&product, 0);
    size_t total = 0;

    if (phases > MOST_PHASES) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "strides {%zu,%zu} take %zu launches; this variant makes at most %d",
                         product.strides[0], product.strides[1], phases, MOST_PHASES);
    }
    TRY(engine->plan(step, &first, device));
    for (size_t i = 0; i < phases; i++) {
        const struct product phase = phase_of(&product, i);
        size_t floats = 0;
        TRY(engine->floats(step, &phase, &floats));
        total += floats;
    }
    if (total > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the packed kernels have %zu elements, more than %zu", total,
                         SHAPE_MAX_ELEMENTS);
    }
    step->packed_floats = total;
out:
    return status;
}

static void pack_phases(const struct step *step, const struct engine *engine, float *packed)
{
    const struct product product = planned_whole(step);

    for (size_t i = 0; i < phases_of(&product); i++) {
        const struct product phase = phase_of(&product, i);
        size_t floats = 0;
        engine->pack(step, &phase, packed);
        (void)engine->floats(step, &phase, &floats);
        packed += floats;
    }
}

static plait_status enqueue_phases(const struct step *step, const struct run *run, const struct engine *engine)
{
    plait_status status = PLAIT_OK;
    const struct product product = run_whole(step, run);
    size_t offset = 0;

    for (size_t i = 0; i < phases_of(&product); i++) {
        struct product phase = phase_of(&product, i);
        size_t floats = 0;
        phase.packed_offset = offset;
        TRY(engine->launch(step, run, &phase));
        TRY(engine->floats(step, &phase, &floats));
        offset += floats;
    }
out:
    return status;
}

static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = planned_whole(step);

    return device->kind == PLAIT_DEVICE_CPU && phases_of(&product) <= MOST_PHASES;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    return plan_phases(step, &on_cpu, device);
}

static void pack_cpu(const struct step *step, float *packed)
{
    pack_phases(step, &on_cpu, packed);
}

static plait_status enqueue_cpu(const struct step *step, const struct run *run)
{
    return enqueue_phases(step, run, &on_cpu);
}

static bool applicable_gpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = planned_whole(step);

    return product_gpu_applicable(&product, device) && phases_of(&product) <= MOST_PHASES;
}

static plait_status plan_gpu(struct step *step, const struct device_traits *device)
{
    return plan_phases(step, &on_gpu, device);
}

static void pack_gpu(const struct step *step, float *packed)
{
    pack_phases(step, &on_gpu, packed);
}

static plait_status enqueue_gpu(const struct step *step, const struct run *run)
{
    return enqueue_phases(step, run, &on_gpu);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    const struct product product = planned_whole(step);

    step->tile[TILE_GROUP] = device->max_work_group < REFERENCE_GROUP ? device->max_work_group : REFERENCE_GROUP;
    activation_options(&step->activation, step_kernel(step, "conv2d_transpose_reference"));
    return product_plain_floats(&product, &step->packed_floats);
}

static void pack_reference(const struct step *step, float *packed)
{
    const struct product product = planned_whole(step);

    product_plain_pack(step, &product, packed);
}

static plait_status enqueue_reference(const struct step *step, const struct run *run)
{
    const struct product product = run_whole(step, run);
    const size_t pixels = product.pictures * product.output[0] * product.output[1];
    struct arg args[PRODUCT_ARGS];

    product_args(&product, run->packed, args);
    return launch(run->stream, run->kernels[0],
                  (struct range){.global = {pixels * product.filters}, .local = {step->tile[TILE_GROUP]}}, args,
                  PRODUCT_ARGS);
}

static const struct variant cpu = {"cpu", applicable_cpu, plan_cpu, pack_cpu, enqueue_cpu};
static const struct variant gpu = {"gpu", applicable_gpu, plan_gpu, pack_gpu, enqueue_gpu};
static const struct variant reference = {"reference", NULL, plan_reference, pack_reference, enqueue_reference};
const struct variant *const transpose_variants[TRANSPOSE_VARIANTS] = {&cpu, &gpu, &reference};
