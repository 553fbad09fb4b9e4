/* SPDX-License-Identifier: MIT */
/* y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the moments of each sample's groups of
 * channels: Keras's GroupNormalization layer.
 *
 * cpu        channels last: moments of each channel in parts of the picture, from them one scale and shift a
 *            channel, then y = x * scale + shift
 * reference  a work-item a group, as lines along the pixels and the channels of a group */
#include "base/memory.h"
#include "base/sizes.h"
#include "graph/source.h"
#include "ops/affine.h"
#include "ops/axis.h"
#include "ops/cpu.h"
#include "ops/moments.h"
#include "ops/weight.h"
#include "shape/shape.h"

#include <plait/normalization.h>

/* The parameters are the options, with Keras's defaults in place of 0, and the number of groups for -1. */

enum {
    PIXELS = 256, /* of a part */
};

static bool check_groups(plait_graph *graph, struct node *node, size_t channels)
{
    plait_group_normalization_opts *opts = node->params;

    if (opts->groups == -1) {
        opts->groups = (int)channels;
    }
    if (opts->groups < 1 || channels % (size_t)opts->groups != 0) {
        node_fail(graph, node, "groups is %d; it must divide the %zu channels, or be -1 for one a channel",
                  opts->groups, channels);
        return false;
    }
    return true;
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const plait_group_normalization_opts *opts = node->params;
    size_t axis;

    if (!node_axis(graph, node, opts->axis, inputs[0], &axis) || !check_groups(graph, node, inputs[0].dims[axis])) {
        return;
    }
    const plait_shape wanted = PLAIT_SHAPE(inputs[0].dims[axis]);
    weight_optional(graph, node, "gamma", opts->gamma, wanted);
    weight_optional(graph, node, "beta", opts->beta, wanted);
    node->shape = inputs[0];
}

/* The channels' axis of the tensor with its batch. */
static size_t axis_of(const struct step *step)
{
    const plait_group_normalization_opts *opts = step->params;
    size_t axis = 0;

    (void)axis_in_sample(opts->axis, step->output.rank - 1, &axis);
    return axis + 1;
}

static size_t groups_of(const struct step *step)
{
    const plait_group_normalization_opts *opts = step->params;

    return (size_t)opts->groups;
}

/* ---- reference -------------------------------------------------------------------------------------- */

/* Lines of the elements of a group, counted by sample and group. */
static struct lines groups_in(const struct step *step, struct operand operand)
{
    const size_t axis = axis_of(step);
    const size_t groups = groups_of(step);
    const size_t channels = operand.view.dims[axis] / groups;
    const size_t stride = operand.view.strides[axis];
    struct lines lines = {
        .buffer = operand.buffer,
        .offset = operand.offset,
        .rows = {2, {operand.view.dims[0], groups}, {operand.view.strides[0], stride * channels}},
        .line = operand.view,
    };

    lines.line.dims[axis] = channels;
    lines.line.rank--;
    for (size_t i = 0; i < lines.line.rank; i++) {
        lines.line.dims[i] = lines.line.dims[i + 1];
        lines.line.strides[i] = lines.line.strides[i + 1];
    }
    return lines;
}

/* One gamma a channel. */
static struct lines gamma_of(const struct step *step, const struct view *y)
{
    struct operand gamma = {.view = *y};

    for (size_t i = 0; i < y->rank; i++) {
        gamma.view.strides[i] = i == axis_of(step);
    }
    return groups_in(step, gamma);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    moments_plan(step, WALK_REFERENCE, step->output.dims[axis_of(step)], MOMENTS_CENTRAL, device);
    return PLAIT_OK;
}

static plait_status enqueue_reference(const struct step *step, const struct run *run)
{
    const plait_group_normalization_opts *opts = step->params;
    const struct moments moments = {groups_in(step, run->inputs[0]), groups_in(step, run->output),
                                    gamma_of(step, &run->output.view)};

    return moments_launch(step, run, &moments, opts->epsilon);
}

/* ---- cpu -------------------------------------------------------------------------------------------- */

/* Kernels in step->kernels. */
enum { APPLY, MOMENTS, FACTORS };

/* The pixels of a sample: the axes between the batch and the channels; one pixel if there are none. */
static struct view pixels_of(const struct view *x)
{
    struct view pixels = {.rank = 1, .dims = {1}, .strides = {1}};

    for (size_t i = 1; i + 1 < x->rank; i++) {
        pixels.rank = i;
        pixels.dims[i - 1] = x->dims[i];
        pixels.strides[i - 1] = x->strides[i];
    }
    return pixels;
}

static size_t channels_of(const struct step *step)
{
    return step->output.dims[step->output.rank - 1];
}

static size_t parts_of(const struct step *step)
{
    const struct view pixels = pixels_of(&step->output);

    return divide_up(view_count(&pixels), PIXELS);
}

/* The scratch memory has a sample's moments, by part, for all samples, then their factors. */
static size_t moments_floats(const struct step *step)
{
    return parts_of(step) * 2 * channels_of(step);
}

/* Scales of all samples, at the beginning of the factors; shifts lie likewise. */
static struct view scales_of(const struct step *step, const struct view *y)
{
    struct view view = *y;

    for (size_t i = 0; i < y->rank; i++) {
        view.strides[i] = i == 0 ? 2 * channels_of(step) : i + 1 == y->rank;
    }
    return view;
}

static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_CPU && axis_of(step) + 1 == step->output.rank;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    const size_t floats = moments_floats(step) + 2 * channels_of(step);

    if (axis_of(step) + 1 != step->output.rank) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "it works with channels along the last axis");
    }
    (void)affine_kernel(step, WALK_CPU, device);
    text_add(step_kernel(step, "group_moments_cpu"), "-D PIXELS=%d", PIXELS);
    text_add(step_kernel(step, "group_factors_cpu"), "-D PIXELS=%d", PIXELS);
    step->packed_floats = 2 * channels_of(step);
    if (!size_mul(step->output.dims[0], floats, &step->scratch_floats) || step->scratch_floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "its scratch memory would have too many elements to index");
    }
    return PLAIT_OK;
}

static plait_status launch_moments(const struct step *step, const struct run *run, struct operand x)
{
    const size_t x_stride = x.view.strides[0];
    const size_t channels = channels_of(step);
    struct view pixels = pixels_of(&x.view);
    struct view *const views[] = {&pixels};

    walk_align_views(views, 1);
    return launch(
        run->stream, run->kernels[MOMENTS],
        (struct range){.global = {divide_up(channels, VECTOR), parts_of(step), run->batch}, .local = {1, 1, 1}},
        ARGS(ARG_OPERAND(x), arg_buffer(run->scratch), arg_long(run->scratch_offset), arg_int(x_stride),
             arg_int8(pixels.dims, WALK_AXES), arg_int8(pixels.strides, WALK_AXES), arg_int(channels),
             arg_int(moments_floats(step))));
}

static plait_status launch_factors(const struct step *step, const struct run *run, size_t factors)
{
    const plait_group_normalization_opts *opts = step->params;
    const struct view pixels = pixels_of(&run->output.view);
    const size_t channels = channels_of(step);
    const size_t extent[] = {run->batch, view_count(&pixels), channels, channels / groups_of(step)};

    return launch(run->stream, run->kernels[FACTORS],
                  (struct range){.global = {groups_of(step), run->batch}, .local = {1, 1}},
                  ARGS(arg_buffer(run->scratch), arg_long(run->scratch_offset), arg_buffer(run->scratch),
                       arg_long(factors), arg_buffer(run->packed), arg_long(0), arg_int8(extent, 4),
                       arg_int(moments_floats(step)), arg_float(opts->epsilon)));
}

static plait_status enqueue_cpu(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;
    const size_t factors = run->scratch_offset + step->output.dims[0] * moments_floats(step);
    const struct operand scale = {run->scratch, factors, scales_of(step, &run->output.view)};
    const struct operand shift = {run->scratch, factors + channels_of(step), scale.view};
    const struct operand operands[AFFINE_OPERANDS] = {run->inputs[0], scale, shift, run->output};

    TRY(launch_moments(step, run, run->inputs[0]));
    TRY(launch_factors(step, run, factors));
    TRY(walk_launch(step, run, APPLY, operands, AFFINE_OPERANDS));
out:
    return status;
}

static const struct variant cpu = {"cpu", applicable_cpu, plan_cpu, moments_pack, enqueue_cpu};
static const struct variant reference = {"reference", NULL, plan_reference, moments_pack, enqueue_reference};
static const struct variant *const variants[] = {&cpu, &reference};

static const struct op op_group_normalization = {
    .name = "group_normalization",
    .class_name = "GroupNormalization",
    .infer = infer,
    .variants = variants,
    .variant_count = sizeof variants / sizeof variants[0],
    .takes_activation = true,
};

plait_node plait_group_normalization(plait_node x, const plait_group_normalization_opts *opts)
{
    plait_group_normalization_opts params = opts ? *opts : (plait_group_normalization_opts){0};

    params.epsilon = params.epsilon == 0 ? 1e-3F : params.epsilon;
    params.axis = params.axis == 0 ? -1 : params.axis;
    params.groups = params.groups == 0 ? 32 : params.groups;
    return graph_add(&op_group_normalization, PLAIT_NODES(x), params.name, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    const double groups = source_number(source, "groups", 32);
    plait_group_normalization_opts opts = {
        .name = source->name,
        .axis = source_axis(source, "axis", -1),
        .epsilon = source_epsilon(source, 1e-3F),
    };
    size_t index = 0;

    if (groups != -1 && source_size(source, "groups", 32) == 0) {
        source_refuse(source, "option groups is %g; it must be 1 or more, or -1 for one a channel", groups);
    } else {
        opts.groups = (int)groups;
    }
    opts.gamma = source_next_weight(source, source_flag(source, "scale", true), &index);
    opts.beta = source_next_weight(source, source_flag(source, "center", true), &index);
    return plait_group_normalization(x.items[0], &opts);
}

const struct layer_reader group_normalization_readers[] = {{"GroupNormalization", read, MASKS_PASS}, {0}};
