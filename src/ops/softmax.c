/* SPDX-License-Identifier: MIT */
/* Along one axis, with m = max of x and s = sum of exp(x - m):
 *     y = exp(x - m) / s, or for log_softmax y = x - m - log(s) */
#include "ops/softmax.h"

#include "graph/source.h"
#include "ops/axis.h"
#include "ops/walk.h"
#include "shape/shape.h"

enum { OPERANDS = 2 }; /* x and y */

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct softmax *params = node->params;
    size_t axis;

    (void)node_axis(graph, node, params->axis, inputs[0], &axis);
    node->shape = inputs[0];
}

/* The axis of the tensor with its batch. */
static size_t axis_of(const struct step *step)
{
    const struct softmax *params = step->params;
    size_t axis = 0;

    (void)axis_in_sample(params->axis, step->output.rank - 1, &axis);
    return axis + 1;
}

/* The first elements of all rows along an axis: the view without the axis. */
static struct view rows_of(const struct view *view, size_t axis)
{
    struct view rows = {.rank = view->rank - 1};

    for (size_t i = 0; i < rows.rank; i++) {
        rows.dims[i] = view->dims[i < axis ? i : i + 1];
        rows.strides[i] = view->strides[i < axis ? i : i + 1];
    }
    return rows;
}

static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_CPU && axis_of(step) == step->output.rank - 1;
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "softmax_cpu", [WALK_REFERENCE] = "softmax_reference"};
    const struct softmax *params = step->params;

    text_add(walk_kernel(step, names[form], form, device), " -D LOG=%d", params->log);
    return PLAIT_OK;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    const size_t axis = axis_of(step);

    if (axis != step->output.rank - 1) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "it works along the last axis alone, not along axis %zu", axis);
    }
    return plan(step, WALK_CPU, device);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_REFERENCE, device);
}

static struct range range_of(const struct step *step, size_t rows, size_t size)
{
    const size_t group = step->tile[WALK_GROUP];
    const size_t rows_each = size < WALK_RUN ? WALK_RUN / size : 1;

    if (group > 0) {
        return (struct range){.global = {rows}, .local = {group}};
    }
    return (struct range){.global = {(rows + rows_each - 1) / rows_each}, .local = {1}};
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const size_t axis = axis_of(step);
    struct operand x = run->inputs[0];
    struct operand y = run->output;
    const size_t size = y.view.dims[axis];
    const size_t x_step = x.view.strides[axis];
    const size_t y_step = y.view.strides[axis];
    size_t rows = 1;

    x.view = rows_of(&x.view, axis);
    y.view = rows_of(&y.view, axis);
    struct operand operands[OPERANDS] = {x, y};
    walk_align(operands, OPERANDS);
    const struct view *first = &operands[0].view;
    for (size_t i = 0; i < first->rank; i++) {
        rows *= first->dims[i];
    }
    const struct arg args[] = {ARG_OPERAND(x),
                               ARG_OPERAND(y),
                               arg_int8(first->dims, first->rank),
                               arg_int8(first->strides, first->rank),
                               arg_int8(operands[1].view.strides, first->rank),
                               arg_int(size),
                               arg_int(x_step),
                               arg_int(y_step)};
    /* the _cpu form has no steps: they are 1 */
    return launch(run->stream, run->kernels[0], range_of(step, rows, size), args, step->tile[WALK_GROUP] ? 10 : 8);
}

static const struct variant cpu = {"cpu", applicable_cpu, plan_cpu, NULL, enqueue};
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
    const struct softmax params = {.axis = opts && opts->axis ? opts->axis : -1};

    return graph_add(&op_softmax, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_softmax(x.items[0],
                         &(plait_softmax_opts){.name = source->name, .axis = source_axis(source, "axis", -1)});
}

const struct layer_reader softmax_readers[] = {{"Softmax", read}, {0}};
