/* SPDX-License-Identifier: MIT */
/* y = the mean, sum, maximum or minimum of x along some axes: Keras's operations of these names. */
#include "ops/reduce.h"

#include "ops/axis.h"
#include "ops/lines.h"
#include "shape/shape.h"

enum { OPERANDS = 2 }; /* x and y */

void reduce_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct reduce *params = node->params;
    unsigned mask;

    if (!node_axes(graph, node, params->axes, inputs[0], &mask)) {
        return;
    }
    for (size_t i = 0; i < inputs[0].rank; i++) {
        const bool reduced = mask >> (i + 1) & 1U;
        if (!reduced || params->keeps) {
            node->shape.dims[node->shape.rank++] = reduced ? 1 : inputs[0].dims[i];
        }
    }
}

static unsigned mask_of(const struct step *step)
{
    const struct reduce *params = step->params;

    return axes_mask(params->axes, step->inputs[0].rank);
}

/* y as if it stretched along the lines of x. */
static struct lines result_of(const struct step *step, struct operand y, const struct lines *x)
{
    const struct reduce *params = step->params;
    struct lines lines = lines_of(y, params->keeps ? mask_of(step) : 0);

    lines.line = x->line;
    return lines;
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    const struct reduce *params = step->params;
    const bool along_last = lines_along_last(mask_of(step), step->inputs[0].rank);
    const char *name = form == WALK_REFERENCE ? "reduce_reference" : along_last ? "reduce_cpu" : "reduce_abreast_cpu";
    struct text *options = walk_kernel(step, name, form, device);

    text_add(options, " -D REDUCTION=%s", params->reduction);
    activation_options(&step->activation, options);
    step->tile[LINES_ABREAST] = form == WALK_CPU && !along_last;
    return PLAIT_OK;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_CPU, device);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_REFERENCE, device);
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const struct lines x = lines_of(run->inputs[0], mask_of(step));
    const struct lines lines[OPERANDS] = {x, result_of(step, run->output, &x)};

    return lines_launch(step, run, lines, OPERANDS, NULL);
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, NULL, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, NULL, enqueue};

const struct variant *const reduce_variants[REDUCE_VARIANTS] = {&cpu, &reference};

#define REDUCTION(keras_name, keras_class)                                                                     \
    {                                                                                                          \
        .name = (keras_name), .class_name = (keras_class), .infer = reduce_infer, .variants = reduce_variants, \
        .variant_count = REDUCE_VARIANTS, .takes_activation = true,                                            \
    }

static const struct op op_mean = REDUCTION("mean", "Mean");
static const struct op op_sum = REDUCTION("sum", "Sum");
static const struct op op_max = REDUCTION("max", "Max");
static const struct op op_min = REDUCTION("min", "Min");

static plait_node reduce(const struct op *op, const char *reduction, plait_node x, plait_axes axes,
                         const plait_reduce_opts *opts)
{
    const struct reduce params = {.reduction = reduction, .axes = axes, .keeps = opts && opts->keepdims};

    return graph_add(op, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

plait_node plait_ops_mean(plait_node x, plait_axes axes, const plait_reduce_opts *opts)
{
    return reduce(&op_mean, "REDUCE_MEAN", x, axes, opts);
}

plait_node plait_ops_sum(plait_node x, plait_axes axes, const plait_reduce_opts *opts)
{
    return reduce(&op_sum, "REDUCE_SUM", x, axes, opts);
}

plait_node plait_ops_max(plait_node x, plait_axes axes, const plait_reduce_opts *opts)
{
    return reduce(&op_max, "REDUCE_MAX", x, axes, opts);
}

plait_node plait_ops_min(plait_node x, plait_axes axes, const plait_reduce_opts *opts)
{
    return reduce(&op_min, "REDUCE_MIN", x, axes, opts);
}

plait_node reduce_read(struct source *source, plait_nodes x, reducer *reduce_it)
{
    const plait_axes axes = source_axes(source, "axis");

    if (source->calls->kind(source, "axis") == SOURCE_MISSING) {
        source_unsupported(source, "it is over all axes, the batch's included; name those of a sample");
        return x.items[0];
    }
    if (source->calls->kind(source, "initial") != SOURCE_MISSING) {
        source_unsupported(source, "option initial is not one that plait has");
    }
    return reduce_it(x.items[0], axes,
                     &(plait_reduce_opts){.name = source->name, .keepdims = source_flag(source, "keepdims", false)});
}

static plait_node read_mean(struct source *source, plait_nodes x)
{
    return reduce_read(source, x, plait_ops_mean);
}

static plait_node read_sum(struct source *source, plait_nodes x)
{
    return reduce_read(source, x, plait_ops_sum);
}

static plait_node read_max(struct source *source, plait_nodes x)
{
    return reduce_read(source, x, plait_ops_max);
}

static plait_node read_min(struct source *source, plait_nodes x)
{
    return reduce_read(source, x, plait_ops_min);
}

const struct layer_reader reduce_readers[] = {
    {"ops.Mean", read_mean},
    {"ops.Sum", read_sum},
    {"ops.Max", read_max},
    {"ops.Min", read_min},
    {"ops.Amax", read_max},
    {"ops.Amin", read_min},
    {0},
};
