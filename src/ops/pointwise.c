/* SPDX-License-Identifier: MIT */
#include "ops/pointwise.h"

plait_status pointwise_plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "pointwise_cpu", [WALK_REFERENCE] = "pointwise_reference"};

    activation_options(&step->activation, walk_kernel(step, names[form], form, device));
    return PLAIT_OK;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    return pointwise_plan(step, WALK_CPU, device);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return pointwise_plan(step, WALK_REFERENCE, device);
}

plait_status pointwise_enqueue(const struct step *step, const struct run *run)
{
    const struct operand operands[] = {run->inputs[0], run->output};

    return walk_launch(step, run, 0, operands, 2);
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, NULL, pointwise_enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, NULL, pointwise_enqueue};

const struct variant *const pointwise_variants[POINTWISE_VARIANTS] = {&cpu, &reference};

bool pointwise_activation(const struct node *node, struct activation *activation)
{
    *activation = *(const struct activation *)node->params;
    return true;
}
