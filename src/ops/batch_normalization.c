/* SPDX-License-Identifier: MIT */
/* y = gamma * (x - moving_mean) / sqrt(moving_variance + epsilon) + beta, as y = scale * x + shift with one
 * scale and shift a channel, computed in double. */
#include "graph/source.h"
#include "ops/axis.h"
#include "ops/walk.h"
#include "shape/shape.h"

#include <math.h>
#include <string.h>

/* The parameters are the options, with Keras's defaults in place of 0. */

enum { OPERANDS = 4 }; /* x, scale, shift, y */

/* Whether an optional array was passed. */
static bool is_given(plait_array array)
{
    return array.data || array.shape.rank > 0;
}

static void add_frozen(plait_graph *graph, struct node *node, const char *name, plait_array array, plait_shape wanted)
{
    if (node_weight(graph, node, name, array, wanted)) {
        node->weights[node->weight_count - 1].frozen = true;
    }
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const plait_batch_normalization_opts *opts = node->params;
    size_t axis;

    if (!node_axis(graph, node, opts->axis, inputs[0], &axis)) {
        return;
    }
    const plait_shape wanted = PLAIT_SHAPE(inputs[0].dims[axis]);
    if (is_given(opts->gamma)) {
        (void)node_weight(graph, node, "gamma", opts->gamma, wanted);
    }
    if (is_given(opts->beta)) {
        (void)node_weight(graph, node, "beta", opts->beta, wanted);
    }
    add_frozen(graph, node, "moving_mean", opts->moving_mean, wanted);
    add_frozen(graph, node, "moving_variance", opts->moving_variance, wanted);
    node->shape = inputs[0];
}

/* The arrays by channel; gamma and beta may be NULL. */
struct statistics {
    const float *gamma;
    const float *beta;
    const float *mean;
    const float *variance;
    double epsilon;
};

static const float *find(const struct weight *weights, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(weights[i].name, name) == 0) {
            return weights[i].array.data;
        }
    }
    return NULL;
}

static struct statistics statistics_of(const struct weight *weights, size_t count, const void *params)
{
    const plait_batch_normalization_opts *opts = params;

    return (struct statistics){find(weights, count, "gamma"), find(weights, count, "beta"),
                               find(weights, count, "moving_mean"), find(weights, count, "moving_variance"),
                               (double)opts->epsilon};
}

/* A variance below -epsilon makes NaN, as in Keras. */
static void affine_of(const struct statistics *s, size_t channel, double *scale, double *shift)
{
    const double gamma = s->gamma ? (double)s->gamma[channel] : 1;
    const double beta = s->beta ? (double)s->beta[channel] : 0;

    *scale = gamma / sqrt((double)s->variance[channel] + s->epsilon);
    *shift = beta - (double)s->mean[channel] * *scale;
}

static bool affine(const struct node *node, size_t channels, double *scale, double *shift)
{
    const plait_batch_normalization_opts *opts = node->params;
    const struct statistics statistics = statistics_of(node->weights, node->weight_count, node->params);
    size_t axis;

    if (!axis_in_sample(opts->axis, node->shape.rank, &axis) || axis + 1 != node->shape.rank) {
        return false;
    }
    for (size_t c = 0; c < channels; c++) {
        affine_of(&statistics, c, &scale[c], &shift[c]);
    }
    return true;
}

/* The channels' axis of the tensor with its batch. */
static size_t axis_of(const struct step *step)
{
    const plait_batch_normalization_opts *opts = step->params;
    size_t axis = 0;

    (void)axis_in_sample(opts->axis, step->output.rank - 1, &axis);
    return axis + 1;
}

/* Scale or shift as an operand of every element of y. */
static struct view channel_view(const struct step *step, const struct view *y)
{
    struct view view = *y;

    memset(view.strides, 0, sizeof view.strides);
    view.strides[axis_of(step)] = 1;
    return view;
}

static void plan(struct step *step, const char *name, enum walk_form form, const struct device_traits *device)
{
    activation_options(&step->activation, walk_kernel(step, name, form, device));
    step->packed_floats = 2 * step->output.dims[axis_of(step)];
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    plan(step, "batch_normalization_cpu", WALK_CPU, device);
    return PLAIT_OK;
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    plan(step, "batch_normalization_reference", WALK_REFERENCE, device);
    return PLAIT_OK;
}

/* All scales, then all shifts. */
static void pack(const struct step *step, float *packed)
{
    const struct statistics statistics = statistics_of(step->weights, step->weight_count, step->params);
    const size_t channels = step->packed_floats / 2;

    for (size_t c = 0; c < channels; c++) {
        double scale;
        double shift;
        affine_of(&statistics, c, &scale, &shift);
        packed[c] = (float)scale;
        packed[channels + c] = (float)shift;
    }
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const struct operand scale = {run->packed, 0, channel_view(step, &run->output.view)};
    const struct operand shift = {run->packed, step->packed_floats / 2, scale.view};
    const struct operand operands[OPERANDS] = {run->inputs[0], scale, shift, run->output};

    return walk_launch(step, run, 0, operands, OPERANDS);
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, pack, enqueue};
static const struct variant reference = {"reference", walk_reference_applicable, plan_reference, pack, enqueue};
static const struct variant *const variants[] = {&cpu, &reference};

static const struct op op_batch_normalization = {
    .name = "batch_normalization",
    .class_name = "BatchNormalization",
    .infer = infer,
    .variants = variants,
    .variant_count = sizeof variants / sizeof variants[0],
    .takes_activation = true,
    .affine = affine,
};

plait_node plait_batch_normalization(plait_node x, const plait_batch_normalization_opts *opts)
{
    plait_batch_normalization_opts params = opts ? *opts : (plait_batch_normalization_opts){0};

    params.epsilon = params.epsilon == 0 ? 1e-3F : params.epsilon;
    params.axis = params.axis == 0 ? -1 : params.axis;
    return graph_add(&op_batch_normalization, PLAIT_NODES(x), params.name, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    plait_batch_normalization_opts opts = {
        .name = source->name,
        .epsilon = (float)source_number(source, "epsilon", 1e-3),
        .axis = source_axis(source, "axis", -1),
    };
    size_t index = 0;

    opts.gamma = source_next_weight(source, source_flag(source, "scale", true), &index);
    opts.beta = source_next_weight(source, source_flag(source, "center", true), &index);
    opts.moving_mean = source_next_weight(source, true, &index);
    opts.moving_variance = source_next_weight(source, true, &index);
    return plait_batch_normalization(x.items[0], &opts);
}

const struct layer_reader batch_normalization_readers[] = {{"BatchNormalization", read}, {0}};
