/* SPDX-License-Identifier: MIT */
/* y = x * min(1 / sqrt(sum of x * x), most), the sum along some axes: Keras's UnitNormalization layer. */
#include "ops/unit_normalization.h"

#include "graph/source.h"
#include "ops/axis.h"
#include "ops/lines.h"

#include <plait/normalization.h>

enum { OPERANDS = 2 }; /* x and y */

void unit_normalization_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct unit_normalization *params = node->params;
    unsigned mask;

    (void)node_axes(graph, node, params->axes, inputs[0], &mask);
    node->shape = inputs[0];
}

static unsigned mask_of(const struct step *step)
{
    const struct unit_normalization *params = step->params;

    return axes_mask(params->axes, step->output.rank);
}

static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_CPU && lines_along_last(mask_of(step), step->output.rank);
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {
        [WALK_CPU] = "unit_normalization_cpu", [WALK_REFERENCE] = "unit_normalization_reference"};

    activation_options(&step->activation, walk_kernel(step, names[form], form, device));
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
    const struct unit_normalization *params = step->params;
    const unsigned mask = mask_of(step);
    const struct lines lines[OPERANDS] = {lines_of(run->inputs[0], mask), lines_of(run->output, mask)};
    const struct arg most = arg_float(params->most);

    return lines_launch(step, run, lines, OPERANDS, &most);
}

static const struct variant cpu = {"cpu", applicable_cpu, plan_cpu, NULL, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, NULL, enqueue};

const struct variant *const unit_normalization_variants[UNIT_NORMALIZATION_VARIANTS] = {&cpu, &reference};

static const struct op op_unit_normalization = {
    .name = "unit_normalization",
    .class_name = "UnitNormalization",
    .infer = unit_normalization_infer,
    .variants = unit_normalization_variants,
    .variant_count = UNIT_NORMALIZATION_VARIANTS,
    .takes_activation = true,
};

plait_node plait_unit_normalization(plait_node x, const plait_unit_normalization_opts *opts)
{
    const struct unit_normalization params = {
        .axes = opts && opts->axes.count > 0 ? opts->axes : PLAIT_AXES(-1),
        .most = 1e12F,
    };

    return graph_add(&op_unit_normalization, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_unit_normalization(
        x.items[0], &(plait_unit_normalization_opts){.name = source->name, .axes = source_axes(source, "axis")});
}

const struct layer_reader unit_normalization_readers[] = {{"UnitNormalization", read, MASKS_PASS}, {0}};
