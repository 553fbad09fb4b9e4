/* SPDX-License-Identifier: MIT */
/* y[...i...][...j...] = sum over k of x[0][...i...][k] * x[1][...j...][k], k standing for an axis of each input:
 * Keras's Dot layer. With `normalize`, both are brought to length 1 along it before.
 *
 * The last axis of i counts rows, that of j columns; the batch and what is left of i and j are outer axes. If
 * there is no j, the inputs change places, so that columns are the last axis of y.
 *
 * cpu        both inputs side by side along k: 16 products at a time; otherwise 16 columns
 * reference  a work-item an element */
#include "base/sizes.h"
#include "graph/source.h"
#include "ops/axis.h"
#include "ops/unit_normalization.h"
#include "ops/walk.h"
#include "shape/shape.h"

#include <plait/layers.h>

struct dot {
    plait_axes axes; /* one of each input */
};

static bool check_axes(plait_graph *graph, struct node *node, const plait_shape *inputs, size_t axes[2])
{
    const struct dot *params = node->params;

    if (node->input_count != 2) {
        node_fail(graph, node, "it takes exactly 2 inputs but got %zu", node->input_count);
        return false;
    }
    if (params->axes.count != 2) {
        node_fail(graph, node, "it has %zu axes; name one for both inputs, or one for each", params->axes.count);
        return false;
    }
    return node_axis(graph, node, params->axes.items[0], inputs[0], &axes[0]) &&
           node_axis(graph, node, params->axes.items[1], inputs[1], &axes[1]);
}

static void append_others(plait_shape *shape, plait_shape from, size_t axis)
{
    for (size_t i = 0; i < from.rank; i++) {
        if (i != axis) {
            shape->dims[shape->rank++] = from.dims[i];
        }
    }
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    plait_shape shape = {.rank = 0};
    size_t axes[2];

    if (!check_axes(graph, node, inputs, axes)) {
        return;
    }
    if (inputs[0].dims[axes[0]] != inputs[1].dims[axes[1]]) {
        node_fail(graph, node,
                  "axis %zu of input 0 %s has size %zu but axis %zu of input 1 %s has %zu; they must agree",
                  axes[0] + 1, shape_name(inputs[0]).text, inputs[0].dims[axes[0]], axes[1] + 1,
                  shape_name(inputs[1]).text, inputs[1].dims[axes[1]]);
        return;
    }
    if (inputs[0].rank + inputs[1].rank - 2 >= PLAIT_MAX_RANK) {
        node_fail(graph, node, "inputs %s and %s give %zu axes; besides the batch there may be %d",
                  shape_name(inputs[0]).text, shape_name(inputs[1]).text, inputs[0].rank + inputs[1].rank - 2,
                  PLAIT_MAX_RANK - 1);
        return;
    }
    append_others(&shape, inputs[0], axes[0]);
    append_others(&shape, inputs[1], axes[1]);
    node->shape = shape.rank > 0 ? shape : PLAIT_SHAPE(1);
}

static double flops(const struct node *node, const plait_shape *inputs)
{
    const struct dot *params = node->params;
    size_t axis = 0;

    (void)axis_in_sample(params->axes.items[0], inputs[0].rank, &axis);
    return 2.0 * (double)shape_count(node->shape) * (double)inputs[0].dims[axis];
}

/* ---- Geometry --------------------------------------------------------------------------------------- */

/* One launch: kernels/dot.clh. */
struct product {
    struct operand a, b, y; /* views of the outer axes */
    size_t extent[3];       /* M, C, K */
    size_t steps[6];        /* as dot.clh */
};

enum { A_M, A_K, B_C, B_K, Y_M, Y_C };

/* An input, the axis k of it and the first of y's axes that are its others. */
struct side {
    struct operand x;
    size_t k;
    size_t first;
    size_t count; /* of others */
};

/* The axis of an input, the batch counted, that is its i-th other one. */
static size_t other(const struct side *side, size_t i)
{
    return i + 1 < side->k ? i + 1 : i + 2;
}

/* Appends an outer axis: strides for a, b, y. */
static void append(struct product *product, size_t size, const size_t strides[3])
{
    struct view *const views[] = {&product->a.view, &product->b.view, &product->y.view};

    for (size_t i = 0; i < 3; i++) {
        views[i]->dims[views[i]->rank] = size;
        views[i]->strides[views[i]->rank] = strides[i];
        views[i]->rank++;
    }
}

/* All but the last of a side's others. */
static void append_side(struct product *product, const struct side *side, const struct view *y, bool is_a)
{
    for (size_t i = 0; i + 1 < side->count; i++) {
        const size_t stride = side->x.view.strides[other(side, i)];
        const size_t strides[3] = {is_a ? stride : 0, is_a ? 0 : stride, y->strides[side->first + i]};
        append(product, y->dims[side->first + i], strides);
    }
}

/* Size and strides in x and y of the last of a side's others; one element if it has none. */
static size_t last_of(const struct side *side, const struct view *y, size_t *x_step, size_t *y_step)
{
    if (side->count == 0) {
        *x_step = 0;
        *y_step = 1;
        return 1;
    }
    *x_step = side->x.view.strides[other(side, side->count - 1)];
    *y_step = y->strides[side->first + side->count - 1];
    return y->dims[side->first + side->count - 1];
}

static size_t axis_of(const struct step *step, size_t input, const struct view *x)
{
    const struct dot *params = step->params;
    size_t axis = 0;

    (void)axis_in_sample(params->axes.items[input], x->rank - 1, &axis);
    return axis + 1;
}

static struct product product_of(const struct step *step, const struct operand *x, struct operand y)
{
    struct side left = {x[0], axis_of(step, 0, &x[0].view), 1, x[0].view.rank - 2};
    struct side right = {x[1], axis_of(step, 1, &x[1].view), 1 + left.count, x[1].view.rank - 2};
    const bool swapped = right.count == 0;
    const struct side *a = swapped ? &right : &left;
    const struct side *b = swapped ? &left : &right;
    struct product product = {
        .a = {a->x.buffer, a->x.offset, {.rank = 0}},
        .b = {b->x.buffer, b->x.offset, {.rank = 0}},
        .y = {y.buffer, y.offset, {.rank = 0}},
        .steps = {[A_K] = a->x.view.strides[a->k], [B_K] = b->x.view.strides[b->k]},
    };
    const size_t batch[3] = {a->x.view.strides[0], b->x.view.strides[0], y.view.strides[0]};

    append(&product, y.view.dims[0], batch);
    append_side(&product, b, &y.view, false);
    append_side(&product, a, &y.view, true);
    product.extent[0] = last_of(a, &y.view, &product.steps[A_M], &product.steps[Y_M]);
    product.extent[1] = last_of(b, &y.view, &product.steps[B_C], &product.steps[Y_C]);
    product.extent[2] = a->x.view.dims[a->k];
    return product;
}

/* ---- Variants --------------------------------------------------------------------------------------- */

/* What is remembered in step->tile: the work-items' rows and columns, and how many of them form a group. */
enum { TILE_ROWS, TILE_COLUMNS, TILE_GROUP };

static plait_status plan_kernel(struct step *step, const char *name, size_t rows, size_t columns, size_t group)
{
    activation_options(&step->activation, step_kernel(step, name));
    step->tile[TILE_ROWS] = rows;
    step->tile[TILE_COLUMNS] = columns;
    step->tile[TILE_GROUP] = group;
    return PLAIT_OK;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    const struct operand x[] = {{.view = step->inputs[0]}, {.view = step->inputs[1]}};
    const struct product product = product_of(step, x, (struct operand){.view = step->output});
    const bool inner = product.steps[A_K] == 1 && product.steps[B_K] == 1;

    (void)device;
    return inner ? plan_kernel(step, "dot_inner_cpu", 4, 4, 1) : plan_kernel(step, "dot_cpu", 8, 16, 1);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return plan_kernel(step, "dot_reference", 1, 1, device->max_work_group < 64 ? device->max_work_group : 64);
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const struct product product = product_of(step, run->inputs, run->output);
    struct operand outer[] = {product.a, product.b, product.y};
    size_t places = 1;

    walk_align(outer, 3);
    for (size_t i = 0; i < WALK_AXES; i++) {
        places *= outer[0].view.dims[i];
    }
    const struct range range = {
        .global = {divide_up(product.extent[1], step->tile[TILE_COLUMNS]),
                   divide_up(product.extent[0], step->tile[TILE_ROWS]), places},
        .local = {step->tile[TILE_GROUP], 1, 1},
    };
    return launch(run->stream, run->kernels[0], range,
                  ARGS(ARG_OPERAND(product.a), ARG_OPERAND(product.b), ARG_OPERAND(product.y),
                       arg_int8(outer[0].view.dims, WALK_AXES), arg_int8(outer[0].view.strides, WALK_AXES),
                       arg_int8(outer[1].view.strides, WALK_AXES), arg_int8(outer[2].view.strides, WALK_AXES),
                       arg_int8(product.extent, 3), arg_int8(product.steps, 6)));
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, NULL, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, NULL, enqueue};
static const struct variant *const variants[] = {&cpu, &reference};

static const struct op op_dot = {
    .name = "dot",
    .class_name = "Dot",
    .infer = infer,
    .flops = flops,
    .variants = variants,
    .variant_count = sizeof variants / sizeof variants[0],
    .takes_activation = true,
};

static const struct op op_normalize = {
    .name = "dot",
    .class_name = "Dot",
    .infer = unit_normalization_infer,
    .variants = unit_normalization_variants,
    .variant_count = UNIT_NORMALIZATION_VARIANTS,
};

plait_node plait_dot(plait_nodes x, plait_axes axes, const plait_dot_opts *opts)
{
    struct dot dot = {.axes = axes};
    const char *name = opts ? opts->name : NULL;

    if (axes.count == 1) {
        dot.axes = PLAIT_AXES(axes.items[0], axes.items[0]);
    }
    if (!opts || !opts->normalize || !x.items || x.count != 2 || dot.axes.count != 2) {
        return graph_add(&op_dot, x, name, &dot, sizeof dot);
    }
    const struct unit_normalization left = {.axes = PLAIT_AXES(dot.axes.items[0]), .most = 1e7F};
    const struct unit_normalization right = {.axes = PLAIT_AXES(dot.axes.items[1]), .most = 1e7F};
    const plait_node a = graph_add(&op_normalize, (plait_nodes){x.items, 1}, name, &left, sizeof left);
    const plait_node b = graph_extend_with(a, &op_normalize, (plait_nodes){x.items + 1, 1}, &right, sizeof right);
    return graph_extend_with(b, &op_dot, PLAIT_NODES(a, b), &dot, sizeof dot);
}

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_axes axes = source_axes(source, "axes");

    if (axes.count == 0) {
        source_refuse(source, "option axes is missing");
    }
    return plait_dot(x, axes,
                     &(plait_dot_opts){.name = source->name, .normalize = source_flag(source, "normalize", false)});
}

const struct layer_reader dot_readers[] = {{"Dot", read}, {0}};
