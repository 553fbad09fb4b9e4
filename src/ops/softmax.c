/* SPDX-License-Identifier: MIT */
/* Along one or more axes together, with m = max of x and s = sum of exp(x - m):
 *     y = exp(x - m) / s, or for log_softmax y = x - m - log(s) */
#include "ops/softmax.h"

#include "graph/source.h"
#include "ops/axis.h"
#include "ops/lines.h"

enum { OPERANDS = 2 }; /* x and y */

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct softmax *params = node->params;
    unsigned mask;

    (void)node_axes(graph, node, params->axes, inputs[0], &mask);
    node->shape = inputs[0];
}

static unsigned mask_of(const struct step *step)
{
    const struct softmax *params = step->params;

    return axes_mask(params->axes, step->output.rank);
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    const struct softmax *params = step->params;
    const bool abreast = !lines_along_last(mask_of(step), step->output.rank);
    const char *name = form == WALK_REFERENCE ? "softmax_reference" : abreast ? "softmax_abreast_cpu" : "softmax_cpu";

    text_add(walk_kernel(step, name, form, device), " -D LOG=%d", params->log);
    step->tile[LINES_ABREAST] = form == WALK_CPU && abreast;
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
    const unsigned mask = mask_of(step);
    const struct lines lines[OPERANDS] = {lines_of(run->inputs[0], mask), lines_of(run->output, mask)};

    return lines_launch(step, run, lines, OPERANDS, NULL);
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, NULL, enqueue};
static const struct variant reference = {"reference", walk_reference_applicable, plan_reference, NULL, enqueue};
static const struct variant *const variants[] = {&cpu, &reference};

enum { VARIANTS = sizeof variants / sizeof variants[0] };

static const struct op op_softmax = {
    .name = "softmax",
    .class_name = "Softmax",
    .infer = infer,
    .variants = variants,
    .variant_count = VARIANTS,
};

const struct op op_softmax_activation = {
    .name = "softmax",
    .class_name = "Activation",
    .infer = infer,
    .variants = variants,
    .variant_count = VARIANTS,
};

plait_node plait_softmax(plait_node x, const plait_softmax_opts *opts)
{
    struct softmax params = {.axes = PLAIT_AXES(opts && opts->axis ? opts->axis : -1)};

    if (opts && opts->axes.count > 0) {
        params.axes = opts->axes;
    }
    return graph_add(&op_softmax, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_softmax(x.items[0], &(plait_softmax_opts){.name = source->name, .axes = source_axes(source, "axis")});
}

const struct layer_reader softmax_readers[] = {{"Softmax", read}, {"ops.Softmax", read}, {0}};
