/* SPDX-License-Identifier: MIT */
#include "ops/merge.h"

#include "ops/pointwise.h"
#include "shape/shape.h"

#include <math.h>
#include <string.h>

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

static bool check_ranks(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    for (size_t i = 1; i < node->input_count; i++) {
        if (inputs[i].rank != inputs[0].rank) {
            node_fail(graph, node,
                      "input %zu has shape %s but input 0 has %s: aligned at their last axes, the batch of one meets "
                      "another axis; give both as many axes (plait_reshape), or use the merge layer",
                      i, shape_name(inputs[i]).text, shape_name(inputs[0]).text);
            return false;
        }
    }
    return true;
}

/* Brings the constant's shape to that of a sample: an axis of size 1 may stand for the batch. */
static bool check_constant(plait_graph *graph, struct node *node, plait_shape input)
{
    struct merge *merge = node->params;
    plait_shape *shape = &merge->array.shape;
    size_t count;

    if (!merge->array.data || !shape_size(*shape, &count) || count == 0) {
        node_fail(graph, node, "the constant array of shape %s has no values", shape_name(*shape).text);
        return false;
    }
    if (shape->rank > input.rank + 1 || (shape->rank == input.rank + 1 && shape->dims[0] != 1)) {
        node_fail(graph, node,
                  "the constant has shape %s but the input %s: aligned at their last axes, the batch meets the axis of "
                  "size %zu; it may have %zu axes, or one more of size 1 in front",
                  shape_name(*shape).text, shape_name(input).text, shape->dims[shape->rank - input.rank - 1],
                  input.rank);
        return false;
    }
    if (shape->rank == input.rank + 1) {
        shape->rank--;
        memmove(shape->dims, shape->dims + 1, shape->rank * sizeof shape->dims[0]);
    }
    if (!shape_broadcast(input, *shape, &node->shape)) {
        node_fail(
            graph, node,
            "the constant has shape %s, which does not broadcast with input %s; the sizes of an axis must be equal "
            "or 1",
            shape_name(*shape).text, shape_name(input).text);
        return false;
    }
    return true;
}

void merge_infer_aligned(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct merge *merge = node->params;

    if (!check_ranks(graph, node, inputs)) {
        return;
    }
    merge_infer(graph, node, inputs);
    if (merge->is_array) {
        (void)check_constant(graph, node, inputs[0]);
    }
}

/* ---- Operands --------------------------------------------------------------------------------------- */

static size_t operand_count(const struct step *step)
{
    const struct merge *merge = step->params;

    return step->input_count + (merge->constant != MERGE_NO_CONSTANT);
}

static bool is_constant(const struct step *step, size_t i)
{
    const struct merge *merge = step->params;

    return (merge->constant == MERGE_CONSTANT_FIRST && i == 0) ||
           (merge->constant == MERGE_CONSTANT_LAST && i == step->input_count);
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

static struct operand operand_at(const struct step *step, const struct run *run, size_t i)
{
    const struct merge *merge = step->params;

    if (is_constant(step, i)) {
        return widen((struct operand){run->packed, 0, view_of(shape_with_batch(merge->array.shape, 1))}, &run->output);
    }
    return widen(run->inputs[i - (merge->constant == MERGE_CONSTANT_FIRST)], &run->output);
}

/* ---- Affine ----------------------------------------------------------------------------------------- */

/* y = scale * x + shift, where x is the only input; false for operations that are not so. */
static bool affine_of(const struct merge *merge, double constant, double *scale, double *shift)
{
    const bool first = merge->constant == MERGE_CONSTANT_FIRST;

    *scale = 1;
    *shift = 0;
    if (strcmp(merge->operation, "OPERATION_ADD") == 0) {
        *shift = constant;
    } else if (strcmp(merge->operation, "OPERATION_SUBTRACT") == 0) {
        *scale = first ? -1 : 1;
        *shift = first ? constant : -constant;
    } else if (strcmp(merge->operation, "OPERATION_MULTIPLY") == 0) {
        *scale = constant;
    } else if (strcmp(merge->operation, "OPERATION_DIVIDE") == 0 && !first) {
        *scale = 1 / constant;
    } else {
        return false;
    }
    return isfinite(*scale) && isfinite(*shift);
}

bool merge_affine(const struct node *node, size_t channels, double *scale, double *shift)
{
    const struct merge *merge = node->params;
    const plait_shape shape = merge->array.shape;
    const size_t count = shape_count(shape);

    /* one number, or one a channel; more would stretch x, or go along other axes */
    if (merge->constant == MERGE_NO_CONSTANT || shape.rank > node->shape.rank ||
        (count > 1 && shape.dims[shape.rank - 1] != count)) {
        return false;
    }
    for (size_t c = 0; c < channels; c++) {
        const float constant = merge->is_array ? merge->array.data[count > 1 ? c : 0] : merge->number;
        if (!affine_of(merge, (double)constant, &scale[c], &shift[c])) {
            return false;
        }
    }
    return true;
}

/* ---- Steps ------------------------------------------------------------------------------------------ */

/* Kernel 0 is for the last launch; kernel 1 for those before it, if there are any. */
static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "merge_cpu", [WALK_REFERENCE] = "merge_reference"};
    static const struct activation none = {.kind = PLAIT_LINEAR};
    const struct merge *merge = step->params;
    const size_t count = operand_count(step);

    if (count == 1) {
        return pointwise_plan(step, form, device);
    }
    struct text *last = walk_kernel(step, names[form], form, device);
    text_add(last, " -D OPERATION=%s", merge->operation);
    if (merge->divides) {
        text_add(last, " -D DIVISOR=%zu.0f", count);
    }
    activation_options(&step->activation, last);
    if (count > 2) {
        struct text *others = walk_kernel(step, names[form], form, device);
        text_add(others, " -D OPERATION=%s", merge->operation);
        activation_options(&none, others);
    }
    step->packed_floats = merge->constant == MERGE_NO_CONSTANT ? 0 : shape_count(merge->array.shape);
    return PLAIT_OK;
}

static void pack(const struct step *step, float *packed)
{
    const struct merge *merge = step->params;
    const float *values = merge->is_array ? merge->array.data : &merge->number;

    memcpy(packed, values, step->packed_floats * sizeof *packed);
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_CPU, device);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_REFERENCE, device);
}

/* Launch i, from 1 on, merges operand i into what was merged before: operand 0, then the output itself. */
static plait_status enqueue(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;
    const size_t count = operand_count(step);

    if (count == 1) {
        return pointwise_enqueue(step, run);
    }
    for (size_t i = 1; i < count; i++) {
        const struct operand first = i == 1 ? operand_at(step, run, 0) : run->output;
        const struct operand operands[] = {first, operand_at(step, run, i), run->output};
        TRY(walk_launch(step, run, i + 1 == count ? 0 : 1, operands, 3));
    }
out:
    return status;
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, pack, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, pack, enqueue};

const struct variant *const merge_variants[MERGE_VARIANTS] = {&cpu, &reference};

plait_node merge_layer(const struct op *op, plait_nodes x, const plait_layer_opts *opts, struct merge merge)
{
    return graph_add(op, x, opts ? opts->name : NULL, &merge, sizeof merge);
}

/* The operands' nodes to nodes[], and the constant to *merge; returns how many nodes there are. */
static size_t take_operands(plait_operand a, plait_operand b, plait_node nodes[2], struct merge *merge)
{
    const bool a_is_node = a.kind == PLAIT_OPERAND_NODE;
    const bool b_is_node = b.kind == PLAIT_OPERAND_NODE;
    const plait_operand *constant = a_is_node ? &b : &a;

    nodes[0] = a_is_node ? a.node : b.node;
    nodes[1] = b.node;
    if (a_is_node == b_is_node) {
        return a_is_node ? 2 : 0;
    }
    merge->constant = a_is_node ? MERGE_CONSTANT_LAST : MERGE_CONSTANT_FIRST;
    merge->number = constant->number;
    merge->is_array = constant->kind == PLAIT_OPERAND_ARRAY;
    merge->array = merge->is_array ? constant->array : (plait_array){0};
    return 1;
}

plait_node merge_operate(const struct op *op, const char *operation, plait_operand a, plait_operand b,
                         const plait_layer_opts *opts)
{
    struct merge merge = {.operation = operation};
    plait_node nodes[2];
    const size_t count = take_operands(a, b, nodes, &merge);

    return count > 0 ? merge_layer(op, (plait_nodes){nodes, count}, opts, merge) : (plait_node){0};
}

plait_node merge_extend(plait_node last, const struct op *op, const char *operation, plait_operand a, plait_operand b)
{
    struct merge merge = {.operation = operation};
    plait_node nodes[2];
    const size_t count = take_operands(a, b, nodes, &merge);

    return count > 0 ? graph_extend_with(last, op, (plait_nodes){nodes, count}, &merge, sizeof merge) : (plait_node){0};
}
