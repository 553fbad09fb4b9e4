/* SPDX-License-Identifier: MIT */
/* y = gamma * (x - moving_mean) / sqrt(moving_variance + epsilon) + beta, as y = scale * x + shift with one
 * scale and shift a channel, computed in double. */
#include "graph/source.h"
#include "ops/affine.h"
#include "ops/axis.h"
#include "ops/weight.h"
#include "shape/shape.h"

#include <math.h>

struct batch_normalization {
    struct affine affine;
    plait_batch_normalization_opts opts; /* with Keras's defaults in place of 0 */
};

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct batch_normalization *params = node->params;
    const plait_batch_normalization_opts *opts = &params->opts;
    size_t axis;

    if (!node_axis(graph, node, opts->axis, inputs[0], &axis)) {
        return;
    }
    const plait_shape wanted = PLAIT_SHAPE(inputs[0].dims[axis]);
    weight_optional(graph, node, "gamma", opts->gamma, wanted);
    weight_optional(graph, node, "beta", opts->beta, wanted);
    weight_frozen(graph, node, "moving_mean", opts->moving_mean, wanted);
    weight_frozen(graph, node, "moving_variance", opts->moving_variance, wanted);
    params->affine.shape = affine_along(inputs[0], axis);
    node->shape = inputs[0];
}

/* A variance below -epsilon makes NaN, as in Keras. */
static void scale_and_shift(const struct affine_source *source, size_t channel, double *scale, double *shift)
{
    const struct batch_normalization *params = source->params;
    const float *gamma = affine_weight(source, "gamma");
    const float *beta = affine_weight(source, "beta");
    const float *mean = affine_weight(source, "moving_mean");
    const float *variance = affine_weight(source, "moving_variance");

    *scale = (gamma ? (double)gamma[channel] : 1) / sqrt((double)variance[channel] + (double)params->opts.epsilon);
    *shift = (beta ? (double)beta[channel] : 0) - (double)mean[channel] * *scale;
}

static const struct op op_batch_normalization = {
    .name = "batch_normalization",
    .class_name = "BatchNormalization",
    .infer = infer,
    .variants = affine_variants,
    .variant_count = AFFINE_VARIANTS,
    .takes_affine = true,
    .takes_activation = true,
    .affine = affine_trait,
};

plait_node plait_batch_normalization(plait_node x, const plait_batch_normalization_opts *opts)
{
    struct batch_normalization params = {.affine.at = scale_and_shift};

    if (opts) {
        params.opts = *opts;
    }
    params.opts.epsilon = params.opts.epsilon == 0 ? 1e-3F : params.opts.epsilon;
    params.opts.axis = params.opts.axis == 0 ? -1 : params.opts.axis;
    return graph_add(&op_batch_normalization, PLAIT_NODES(x), params.opts.name, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    plait_batch_normalization_opts opts = {
        .name = source->name,
        .epsilon = source_epsilon(source, 1e-3F),
        .axis = source_axis(source, "axis", -1),
    };
    size_t index = 0;

    opts.gamma = source_next_weight(source, source_flag(source, "scale", true), &index);
    opts.beta = source_next_weight(source, source_flag(source, "center", true), &index);
    opts.moving_mean = source_next_weight(source, true, &index);
    opts.moving_variance = source_next_weight(source, true, &index);
    return plait_batch_normalization(x.items[0], &opts);
}

enum { MASK_PLACE = 2 }; /* call(inputs, training, mask), of use in training alone */

const struct layer_reader batch_normalization_readers[] = {{"BatchNormalization", read, MASKS_PASS, MASK_PLACE}, {0}};
