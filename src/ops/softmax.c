/* SPDX-License-Identifier: MIT */
/* Along one or more axes together, with m = max of x and s = sum of exp(x - m):
 *     y = exp(x - m) / s, or for log_softmax y = x - m - log(s) */
#include "ops/softmax.h"

#include "ops/axis.h"
#include "ops/lines.h"
#include "ops/masks.h"
#include "ops/merge.h"
#include "shape/shape.h"

#include <plait/operations.h>
#include <string.h>

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
static const struct variant reference = {"reference", NULL, plan_reference, NULL, enqueue};
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

/* ---- With a mask ------------------------------------------------------------------------------------ */

static void infer_masked(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    merge_infer_aligned(graph, node, inputs);
    if (!node->poisoned && !shape_equal(node->shape, inputs[1])) {
        node_fail(graph, node, "mask has shape %s, which does not broadcast to that of x, %s",
                  shape_name(inputs[0]).text, shape_name(inputs[1]).text);
    }
}

#define MASKED(infer_it, again)                                                                      \
    {                                                                                                \
        .name = "softmax", .class_name = "Softmax", .infer = (infer_it), .variants = merge_variants, \
        .variant_count = MERGE_VARIANTS, .repeats_inputs = (again),                                  \
    }

static const struct op op_seen = MASKED(infer_masked, false);
static const struct op op_again = MASKED(merge_infer, true);
static const struct op op_both = MASKED(merge_infer, false);

/* As Keras does it: what is masked gets a low number before, and 0 afterwards. */
static plait_node masked_softmax(plait_node x, const struct softmax *params, const plait_softmax_opts *opts)
{
    const plait_operand mask = plait_of(opts->mask);
    const plait_layer_opts layer = {.name = opts->name};
    const plait_node seen = merge_operate(&op_seen, "OPERATION_WHERE", mask, plait_of(x), &layer);
    const plait_node low = merge_extend(seen, &op_again, "OPERATION_ELSEWHERE", mask, plait_number(-1e9F));
    const plait_node both = merge_extend(low, &op_both, "OPERATION_ADD", plait_of(seen), plait_of(low));
    const plait_node soft = graph_extend(both, &op_softmax, params, sizeof *params);

    return merge_extend(soft, &op_again, "OPERATION_WHERE", mask, plait_of(soft));
}

plait_node plait_softmax(plait_node x, const plait_softmax_opts *opts)
{
    struct softmax params = {.axes = PLAIT_AXES(opts && opts->axis ? opts->axis : -1)};

    if (opts && opts->axes.count > 0) {
        params.axes = opts->axes;
    }
    if (opts && opts->mask.graph) {
        return masked_softmax(x, &params, opts);
    }
    return graph_add(&op_softmax, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

/* The call's mask; numbers in it that are no bool count from 0.5 on. */
static plait_node read_mask(struct source *source)
{
    const plait_node mask = source->calls->mask(source, 0);
    const bool first = source->calls->kind(source, "args[1]") == SOURCE_TENSOR;
    const char *type = source_text(source, first ? "args[1].config.dtype" : "kwargs.mask.config.dtype", "bool");
    const struct part_name name = masks_part(source, "mask");

    return mask.graph && strcmp(type, "bool") != 0
               ? plait_ops_greater(plait_of(mask), plait_number(0.5F), &(plait_layer_opts){.name = name.text})
               : mask;
}

static plait_node read(struct source *source, plait_nodes x)
{
    return plait_softmax(
        x.items[0],
        &(plait_softmax_opts){.name = source->name, .axes = source_axes(source, "axis"), .mask = read_mask(source)});
}

static plait_node read_operation(struct source *source, plait_nodes x)
{
    return plait_softmax(x.items[0], &(plait_softmax_opts){.name = source->name, .axes = source_axes(source, "axis")});
}

static const struct op op_log_softmax = {
    .name = "log_softmax",
    .class_name = "LogSoftmax",
    .infer = infer,
    .variants = variants,
    .variant_count = VARIANTS,
};

static plait_node read_log(struct source *source, plait_nodes x)
{
    struct softmax params = {.axes = source_axes(source, "axis"), .log = true};

    params.axes = params.axes.count == 0 ? PLAIT_AXES(-1) : params.axes;
    return graph_add(&op_log_softmax, PLAIT_NODES(x.items[0]), source->name, &params, sizeof params);
}

enum { MASK_PLACE = 1 }; /* call(inputs, mask) */

const struct layer_reader softmax_readers[] = {
    {"Softmax", read, MASKS_PASS, MASK_PLACE},
    {"ops.Softmax", read_operation},
    {"ops.LogSoftmax", read_log},
    {0},
};
