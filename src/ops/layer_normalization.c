/* SPDX-License-Identifier: MIT */
/* y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with the moments of each sample along some axes:
 * Keras's LayerNormalization layer; and RMSNormalization, without a mean. */
#include "graph/source.h"
#include "ops/axis.h"
#include "ops/moments.h"
#include "ops/weight.h"

#include <plait/normalization.h>

struct layer_normalization {
    plait_layer_normalization_opts opts; /* with Keras's defaults in place of 0 */
    enum moments_kind kind;
};

static const plait_layer_normalization_opts *opts_of(const void *params)
{
    return &((const struct layer_normalization *)params)->opts;
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const plait_layer_normalization_opts *opts = opts_of(node->params);
    plait_shape wanted = {.rank = 0};
    unsigned mask;

    if (!node_axes(graph, node, opts->axes, inputs[0], &mask)) {
        return;
    }
    for (size_t i = 0; i < inputs[0].rank; i++) {
        if (mask >> (i + 1) & 1U) {
            wanted.dims[wanted.rank++] = inputs[0].dims[i];
        }
    }
    weight_optional(graph, node, "gamma", opts->gamma, wanted);
    weight_optional(graph, node, "beta", opts->beta, wanted);
    node->shape = inputs[0];
}

static unsigned mask_of(const struct step *step)
{
    const plait_layer_normalization_opts *opts = opts_of(step->params);

    return axes_mask(opts->axes, step->output.rank);
}

/* One gamma for each element of a line, the same for all lines. */
static struct moments moments_of(const struct step *step, struct operand x, struct operand y)
{
    const unsigned mask = mask_of(step);
    struct moments moments = {lines_of(x, mask), lines_of(y, mask), {.buffer = NULL}};
    size_t stride = 1;

    moments.gamma = moments.y;
    for (size_t i = 0; i < moments.gamma.rows.rank; i++) {
        moments.gamma.rows.strides[i] = 0;
    }
    for (size_t i = moments.gamma.line.rank; i-- > 0;) {
        moments.gamma.line.strides[i] = stride;
        stride *= moments.gamma.line.dims[i];
    }
    moments.gamma.offset = 0;
    return moments;
}

static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_CPU && lines_along_last(mask_of(step), step->output.rank);
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    const struct lines y = lines_of((struct operand){.view = step->output}, mask_of(step));

    moments_plan(step, form, view_count(&y.line), ((const struct layer_normalization *)step->params)->kind, device);
    return PLAIT_OK;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    const plait_status status = lines_check_last(mask_of(step), step->output.rank);

    return status == PLAIT_OK ? plan(step, WALK_CPU, device) : status;
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_REFERENCE, device);
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const plait_layer_normalization_opts *opts = opts_of(step->params);
    const struct moments moments = moments_of(step, run->inputs[0], run->output);

    return moments_launch(step, run, &moments, opts->epsilon);
}

static const struct variant cpu = {"cpu", applicable_cpu, plan_cpu, moments_pack, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, moments_pack, enqueue};
static const struct variant *const variants[] = {&cpu, &reference};

#define NORMALIZATION(keras_name, keras_class)                                                   \
    {                                                                                            \
        .name = (keras_name), .class_name = (keras_class), .infer = infer, .variants = variants, \
        .variant_count = sizeof variants / sizeof variants[0], .takes_activation = true,         \
    }

static const struct op op_layer_normalization = NORMALIZATION("layer_normalization", "LayerNormalization");
static const struct op op_rms_normalization = NORMALIZATION("rms_normalization", "RMSNormalization");

static plait_node make(const struct op *op, plait_node x, const plait_layer_normalization_opts *opts,
                       enum moments_kind kind)
{
    struct layer_normalization params = {.opts = *opts, .kind = kind};

    params.opts.axes = params.opts.axes.count == 0 ? PLAIT_AXES(-1) : params.opts.axes;
    return graph_add(op, PLAIT_NODES(x), params.opts.name, &params, sizeof params);
}

plait_node plait_layer_normalization(plait_node x, const plait_layer_normalization_opts *opts)
{
    plait_layer_normalization_opts complete = opts ? *opts : (plait_layer_normalization_opts){0};

    complete.epsilon = complete.epsilon == 0 ? 1e-3F : complete.epsilon;
    return make(&op_layer_normalization, x, &complete, complete.rms_scaling ? MOMENTS_UNMOVED : MOMENTS_CENTRAL);
}

plait_node plait_rms_normalization(plait_node x, const plait_rms_normalization_opts *opts)
{
    const plait_rms_normalization_opts given = opts ? *opts : (plait_rms_normalization_opts){0};
    const plait_layer_normalization_opts complete = {
        .name = given.name,
        .gamma = given.scale,
        .axes = given.axes,
        .epsilon = given.epsilon == 0 ? 1e-6F : given.epsilon,
    };

    return make(&op_rms_normalization, x, &complete, MOMENTS_ABOUT_0);
}

static plait_node read(struct source *source, plait_nodes x)
{
    plait_layer_normalization_opts opts = {
        .name = source->name,
        .axes = source_axes(source, "axis"),
        .epsilon = source_epsilon(source, 1e-3F),
        .rms_scaling = source_flag(source, "rms_scaling", false),
    };
    size_t index = 0;

    opts.gamma = source_next_weight(source, opts.rms_scaling || source_flag(source, "scale", true), &index);
    opts.beta = source_next_weight(source, !opts.rms_scaling && source_flag(source, "center", true), &index);
    return plait_layer_normalization(x.items[0], &opts);
}

static plait_node read_rms(struct source *source, plait_nodes x)
{
    return plait_rms_normalization(x.items[0],
                                   &(plait_rms_normalization_opts){.name = source->name,
                                                                   .scale = source_weight(source, 0),
                                                                   .axes = source_axes(source, "axis"),
                                                                   .epsilon = source_epsilon(source, 1e-6F)});
}

const struct layer_reader layer_normalization_readers[] = {
    {"LayerNormalization", read, MASKS_PASS},
    {"RMSNormalization", read_rms}, /* which ends masks */
    {0},
};
