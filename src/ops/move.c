/* SPDX-License-Identifier: MIT */
/* y[i] = ACTIVATE(x[f(i)]) with f expressed by strides, so that the kernels of pointwise.c do it.
 *
 * Unlike other views, this one of x may have any stride along the last axis, and negative ones: size_t
 * arithmetic wraps around, and the kernels get the numbers as signed ones again. */
#include "ops/move.h"

#include "ops/walk.h"

enum {
    OPERANDS = 2, /* x and y */
    BLOCK = 16,   /* rows that are transposed together */
};

/* x as y runs through it. */
static struct operand source_of(const struct step *step, struct operand x, const struct view *y)
{
    const struct move *move = step->params;
    struct operand source = {x.buffer, x.offset, {.rank = y->rank}};

    for (size_t i = 0; i < x.view.rank; i++) {
        source.offset += (size_t)move->begin[i] * x.view.strides[i];
    }
    for (size_t i = 0; i < y->rank; i++) {
        const struct move_axis *axis = &move->axes[i];
        source.view.dims[i] = y->dims[i];
        source.view.strides[i] = axis->repeats ? 0 : (size_t)axis->step * x.view.strides[axis->axis];
    }
    return source;
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "pointwise_cpu", [WALK_REFERENCE] = "pointwise_reference"};
    const struct operand source = source_of(step, (struct operand){.view = step->inputs[0]}, &step->output);
    struct text *options = walk_kernel(step, names[form], form, device);

    activation_options(&step->activation, options);
    if (form == WALK_CPU && source.view.strides[source.view.rank - 1] > 1) {
        text_add(options, " -D STRIDED -D LEAST_ROWS=%d", BLOCK);
        step->tile[WALK_LEAST_ROWS] = BLOCK;
    }
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
    const struct operand operands[OPERANDS] = {source_of(step, run->inputs[0], &run->output.view), run->output};

    return walk_launch(step, run, 0, operands, OPERANDS);
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, NULL, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, NULL, enqueue};

const struct variant *const move_variants[MOVE_VARIANTS] = {&cpu, &reference};
