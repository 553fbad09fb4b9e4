/* SPDX-License-Identifier: MIT */
/* y[i] = ACTIVATE(x[f(i)]) with f expressed by strides, so that the kernels of pointwise.c do it.
 *
 * Unlike other views, this one of x may have any stride along the last axis, and negative ones: size_t
 * arithmetic wraps around, and the kernels get the numbers as signed ones again. */
#include "ops/move.h"

#include "ops/walk.h"

enum { OPERANDS = 2 }; /* x and y */

static void add_axis(struct view *view, size_t dim, size_t stride)
{
    view->dims[view->rank] = dim;
    view->strides[view->rank++] = stride;
}

/* x as y runs through it, and y with the same axes: one that takes elements several times is two. */
static void pair(const struct move *move, struct operand x, struct operand y, struct operand pair[OPERANDS])
{
    struct operand source = {x.buffer, x.offset, {0}};
    struct operand target = {y.buffer, y.offset, {0}};

    for (size_t i = 0; i < x.view.rank; i++) {
        source.offset += (size_t)move->begin[i] * x.view.strides[i];
    }
    for (size_t i = 0; i < y.view.rank; i++) {
        const struct move_axis *axis = &move->axes[i];
        const size_t times = axis->times ? axis->times : 1;
        const size_t stride = y.view.strides[i];
        add_axis(&source.view, y.view.dims[i] / times,
                 axis->repeats ? 0 : (size_t)axis->step * x.view.strides[axis->axis]);
        add_axis(&target.view, y.view.dims[i] / times, stride * times);
        if (times > 1) {
            add_axis(&source.view, times, 0);
            add_axis(&target.view, times, stride);
        }
    }
    pair[0] = source;
    pair[1] = target;
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "pointwise_cpu", [WALK_REFERENCE] = "pointwise_reference"};
    struct text *options = walk_kernel(step, names[form], form, device);
    struct operand operands[OPERANDS];

    pair(step->params, (struct operand){.view = step->inputs[0]}, (struct operand){.view = step->output}, operands);
    const struct view *source = &operands[0].view;
    activation_options(&step->activation, options);
    if (form == WALK_CPU && source->strides[source->rank - 1] > 1) {
        text_add(options, " -D STRIDED");
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
    struct operand operands[OPERANDS];

    pair(step->params, run->inputs[0], run->output, operands);
    return walk_launch(step, run, 0, operands, OPERANDS);
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, NULL, enqueue};
static const struct variant reference = {"reference", walk_reference_applicable, plan_reference, NULL, enqueue};

const struct variant *const move_variants[MOVE_VARIANTS] = {&cpu, &reference};
