/* SPDX-License-Identifier: MIT */
/* y = (x - mean) / max(sqrt(variance), 1e-7), or inverted y = x * max(sqrt(variance), 1e-7) + mean: Keras's
 * Normalization layer. */
#include "graph/source.h"
#include "ops/affine.h"
#include "ops/axis.h"
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
        /* for the books only */
        node->weights[node->weight_count++] = (struct weight){.name = "count", .frozen = true, .whole = true};
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

/* The shape of statistics of the axes that are kept, which come in ascending order: as one that broadcasts with
 * a sample, from its first kept axis on. */
static plait_array place(struct source *source, plait_array array, plait_axes kept, plait_shape sample)
{
    bool keeps[PLAIT_MAX_RANK] = {0};
    plait_array placed = {.data = array.data, .shape = {.rank = sample.rank}};
    size_t left = array.shape.rank;
    size_t axis;

    if (left == 0) {
        return array; /* a single number */
    }
    for (size_t i = 0; i < kept.count; i++) {
        if (!axis_in_sample(kept.items[i], sample.rank, &axis)) {
            source_refuse(source, "option axis has axis %d, which is none of an input %s", kept.items[i],
                          shape_name(sample).text);
            return array;
        }
        keeps[axis] = true;
    }
    for (axis = sample.rank; axis-- > 0;) { /* aligned at the last ones */
        placed.shape.dims[axis] = keeps[axis] && left > 0 ? array.shape.dims[--left] : 1;
    }
    if (left > 0) {
        source_refuse(source, "its statistics have shape %s; option axis keeps fewer axes",
                      shape_name(array.shape).text);
    }
    return placed;
}

/* The axes that have statistics of their own; none after axis=None. */
static plait_axes read_axes(struct source *source)
{
    if (source->calls->kind(source, "axis") == SOURCE_LIST && source->calls->length(source, "axis") == 0) {
        return (plait_axes){0};
    }
    return source->calls->kind(source, "axis") == SOURCE_MISSING ? PLAIT_AXES(-1) : source_axes(source, "axis");
}

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_shape sample = plait_node_shape(x.items[0]);
    const bool adapted = source->calls->kind(source, "mean") == SOURCE_MISSING;
    const plait_array mean = adapted ? source_weight(source, 0) : source->calls->array(source, "mean");
    const plait_array variance = adapted ? source_weight(source, 1) : source->calls->array(source, "variance");
    const plait_axes kept = read_axes(source);

    if (adapted) {
        (void)source_weight(source, 2); /* the count of what it saw */
    }
    return plait_normalization(x.items[0], &(plait_normalization_opts){
                                               .name = source->name,
                                               .mean = place(source, mean, kept, sample),
                                               .variance = place(source, variance, kept, sample),
                                               .invert = source_flag(source, "invert", false),
                                               .adapted = adapted,
                                           });
}

const struct layer_reader normalization_readers[] = {{"Normalization", read, MASKS_PASS}, {0}};
