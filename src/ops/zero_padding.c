/* SPDX-License-Identifier: MIT */
/* y[i] = x[i - begin] where there is one, else a value: Keras's ZeroPadding1D and ZeroPadding2D layers.
 *
 * The kernels of pointwise.c do it, once for each border, which is the value broadcast, and once for x. */
#include "ops/zero_padding.h"

#include "base/memory.h"
#include "ops/walk.h"
#include "shape/shape.h"

enum { OPERANDS = 2 }; /* x or the value, and a part of y */

void zero_padding_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct zero_padding *params = node->params;
    const plait_shape x = inputs[0];

    if (!cells_check(graph, node, x, params->axes)) {
        return;
    }
    node->shape = x;
    for (size_t i = 0; i < params->axes; i++) {
        const plait_ends ends = params->ends[i];
        if (!size_add(x.dims[i], ends.begin, &node->shape.dims[i]) ||
            !size_add(node->shape.dims[i], ends.end, &node->shape.dims[i])) {
            node_fail(graph, node, "padding of %zu and %zu cells for axis %zu of input %s; pad less", ends.begin,
                      ends.end, i + 1, shape_name(x).text);
            return;
        }
    }
}

static bool padding(const struct node *node, struct padding *out)
{
    const struct zero_padding *params = node->params;

    for (size_t i = 0; i < 2; i++) {
        out->before[i] = params->ends[i].begin;
        out->after[i] = params->ends[i].end;
    }
    return true;
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "pointwise_cpu", [WALK_REFERENCE] = "pointwise_reference"};

    activation_options(&step->activation, walk_kernel(step, names[form], form, device));
    step->packed_floats = 1;
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

static void pack(const struct step *step, float *packed)
{
    const struct zero_padding *params = step->params;

    packed[0] = params->value;
}

static struct operand slice(const struct operand *y, size_t axis, size_t begin, size_t size)
{
    struct operand part = *y;
    size_t offset;

    part.view = view_slice(&y->view, axis, begin, size, &offset);
    part.offset += offset;
    return part;
}

/* Sets a part of y to the value; it may be empty. */
static plait_status fill(const struct step *step, const struct run *run, struct operand part)
{
    struct operand value = {run->packed, 0, part.view};

    for (size_t i = 0; i < value.view.rank; i++) {
        if (part.view.dims[i] == 0) {
            return PLAIT_OK;
        }
        value.view.strides[i] = 0;
    }
    return walk_launch(step, run, 0, (const struct operand[]){value, part}, OPERANDS);
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;
    const struct zero_padding *params = step->params;
    struct operand rest = run->output;

    for (size_t i = 0; i < params->axes; i++) {
        const plait_ends ends = params->ends[i];
        const size_t size = run->inputs[0].view.dims[i + 1];
        TRY(fill(step, run, slice(&rest, i + 1, 0, ends.begin)));
        TRY(fill(step, run, slice(&rest, i + 1, ends.begin + size, ends.end)));
        rest = slice(&rest, i + 1, ends.begin, size);
    }
    status = walk_launch(step, run, 0, (const struct operand[]){run->inputs[0], rest}, OPERANDS);
out:
    return status;
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, pack, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, pack, enqueue};

const struct variant *const zero_padding_variants[ZERO_PADDING_VARIANTS] = {&cpu, &reference};

static const struct op op_zero_padding1d = {
    .name = "zero_padding1d",
    .class_name = "ZeroPadding1D",
    .infer = zero_padding_infer,
    .variants = zero_padding_variants,
    .variant_count = ZERO_PADDING_VARIANTS,
    .takes_activation = true,
};

static const struct op op_zero_padding2d = {
    .name = "zero_padding2d",
    .class_name = "ZeroPadding2D",
    .infer = zero_padding_infer,
    .variants = zero_padding_variants,
    .variant_count = ZERO_PADDING_VARIANTS,
    .takes_activation = true,
    .padding = padding,
};

plait_node plait_zero_padding1d(plait_node x, plait_ends steps, const plait_layer_opts *opts)
{
    const struct zero_padding params = {.axes = 1, .ends = {steps}};

    return graph_add(&op_zero_padding1d, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

plait_node plait_zero_padding2d(plait_node x, plait_ends rows, plait_ends cols, const plait_layer_opts *opts)
{
    const struct zero_padding params = {.axes = 2, .ends = {rows, cols}};

    return graph_add(&op_zero_padding2d, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read1d(struct source *source, plait_nodes x)
{
    plait_ends steps = {1, 1};

    cells_read_ends(source, "padding", 1, &steps);
    source_channels_last(source);
    return plait_zero_padding1d(x.items[0], steps, &(plait_layer_opts){.name = source->name});
}

static plait_node read2d(struct source *source, plait_nodes x)
{
    plait_ends ends[2] = {{1, 1}, {1, 1}};

    cells_read_ends(source, "padding", 2, ends);
    source_channels_last(source);
    return plait_zero_padding2d(x.items[0], ends[0], ends[1], &(plait_layer_opts){.name = source->name});
}

const struct layer_reader zero_padding_readers[] = {{"ZeroPadding1D", read1d}, {"ZeroPadding2D", read2d}, {0}};
