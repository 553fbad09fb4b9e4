/* SPDX-License-Identifier: MIT */
/* y = (x - mean) / max(sqrt(variance), 1e-7), or inverted y = x * max(sqrt(variance), 1e-7) + mean: Keras's
 * Normalization layer. */
#include "ops/affine.h"
#include "ops/weight.h"
#include "shape/shape.h"

#include <math.h>
#include <plait/normalization.h>

struct normalization {
    struct affine affine;
    plait_normalization_opts opts;
};

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct normalization *params = node->params;
    const plait_array mean = params->opts.mean;
    const plait_array variance = params->opts.variance;

    if (!mean.data || !variance.data) {
        node_fail(graph, node, "%s is missing; it must broadcast with input %s", mean.data ? "variance" : "mean",
                  shape_name(inputs[0]).text);
        return;
    }
    if (!shape_equal(mean.shape, variance.shape) || !affine_fits(mean.shape, inputs[0])) {
        node_fail(graph, node,
                  "mean has shape %s and variance %s; they must be equal and broadcast with input %s, aligned at the "
                  "last axis",
                  shape_name(mean.shape).text, shape_name(variance.shape).text, shape_name(inputs[0]).text);
        return;
    }
    if (params->opts.adapted) {
        weight_frozen(graph, node, "mean", mean, mean.shape);
        weight_frozen(graph, node, "variance", variance, mean.shape);
        node->weights[node->weight_count++] = (struct weight){.name = "count", .frozen = true}; /* for the books only */
    }
    params->affine.shape = mean.shape;
    node->shape = inputs[0];
}

static void mean_and_deviation(const struct affine_source *source, size_t index, double *p, double *q)
{
    const struct normalization *params = source->params;
    const double mean = (double)params->opts.mean.data[index];
    const double root = sqrt((double)params->opts.variance.data[index]);
    const double deviation = root < 1e-7 ? 1e-7 : root; /* NaN stays */

    *p = params->opts.invert ? deviation : mean;
    *q = params->opts.invert ? mean : deviation;
}

static const struct op op_normalization = {
    .name = "normalization",
    .class_name = "Normalization",
    .infer = infer,
    .variants = affine_variants,
    .variant_count = AFFINE_VARIANTS,
    .takes_affine = true,
    .takes_activation = true,
    .affine = affine_trait,
};

plait_node plait_normalization(plait_node x, const plait_normalization_opts *opts)
{
    struct normalization params = {.affine.at = mean_and_deviation};

    if (opts) {
        params.opts = *opts;
    }
    params.affine.divides = !params.opts.invert;
    return graph_add(&op_normalization, PLAIT_NODES(x), params.opts.name, &params, sizeof params);
}
