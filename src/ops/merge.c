/* SPDX-License-Identifier: MIT */
#include "ops/merge.h"

#include "ops/pointwise.h"
#include "shape/shape.h"

void merge_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    plait_shape shape = inputs[0];

    for (size_t i = 1; i < node->input_count; i++) {
        if (!shape_broadcast(shape, inputs[i], &shape)) {
            node_fail(graph, node,
                      "input %zu has shape %s, which does not broadcast with %s of the inputs before it; the sizes of "
                      "an axis must be equal or 1",
                      i, shape_name(inputs[i]).text, shape_name(shape).text);
            return;
        }
    }
    node->shape = shape;
}

/* Kernel 0 is for the last launch; kernel 1 for those before it, if there are any. */
static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "merge_cpu", [WALK_REFERENCE] = "merge_reference"};
    static const struct activation none = {.kind = PLAIT_LINEAR};
    const struct merge *merge = step->params;

    if (step->input_count == 1) {
        return pointwise_plan(step, form, device);
    }
    struct text *last = walk_kernel(step, names[form], form, device);
    text_add(last, " -D OPERATION=%s", merge->operation);
    if (merge->divides) {
        text_add(last, " -D DIVISOR=%zu.0f", step->input_count);
    }
    activation_options(&step->activation, last);
    if (step->input_count > 2) {
        struct text *others = walk_kernel(step, names[form], form, device);
        text_add(others, " -D OPERATION=%s", merge->operation);
        activation_options(&none, others);
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

/* The operand as it meets every element of y. */
static struct operand widen(struct operand x, const struct operand *y)
{
    plait_shape shape = {.rank = y->view.rank};

    for (size_t i = 0; i < shape.rank; i++) {
        shape.dims[i] = y->view.dims[i];
    }
    x.view = view_broadcast(&x.view, shape);
    return x;
}

/* Launch i, from 1 on, merges input i into what was merged before: input 0, then the output itself. */
static plait_status enqueue(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;

    if (step->input_count == 1) {
        return pointwise_enqueue(step, run);
    }
    for (size_t i = 1; i < step->input_count; i++) {
        const struct operand operands[] = {i == 1 ? widen(run->inputs[0], &run->output) : run->output,
                                           widen(run->inputs[i], &run->output), run->output};
        TRY(walk_launch(step, run, i + 1 == step->input_count ? 0 : 1, operands, 3));
    }
out:
    return status;
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, NULL, enqueue};
static const struct variant reference = {"reference", walk_reference_applicable, plan_reference, NULL, enqueue};

const struct variant *const merge_variants[MERGE_VARIANTS] = {&cpu, &reference};

plait_node merge_layer(const struct op *op, plait_nodes x, const plait_layer_opts *opts, struct merge merge)
{
    return graph_add(op, x, opts ? opts->name : NULL, &merge, sizeof merge);
}
