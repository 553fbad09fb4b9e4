/* SPDX-License-Identifier: MIT */
/* y = x * scale + offset: Keras's Rescaling layer. */
#include "graph/source.h"
#include "ops/affine.h"
#include "shape/shape.h"

#include <plait/normalization.h>

struct rescaling {
    struct affine affine;
    plait_operand scale;
    plait_operand offset;
};

/* The shape of a constant, or false after a mistake. */
static bool find_shape(plait_graph *graph, struct node *node, const char *name, const plait_operand *operand,
                       plait_shape *shape)
{
    size_t count;

    *shape = operand->kind == PLAIT_OPERAND_ARRAY ? operand->array.shape : (plait_shape){0};
    if (operand->kind == PLAIT_OPERAND_NODE) {
        node_fail(graph, node, "%s is a node; it must be a number or an array", name);
        return false;
    }
    if (operand->kind == PLAIT_OPERAND_ARRAY && (!operand->array.data || !shape_size(*shape, &count) || count == 0)) {
        node_fail(graph, node, "%s of shape %s has no values", name, shape_name(*shape).text);
        return false;
    }
    return true;
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct rescaling *params = node->params;
    plait_shape *shape = &params->affine.shape;
    plait_shape scale;
    plait_shape offset;

    if (!find_shape(graph, node, "scale", &params->scale, &scale) ||
        !find_shape(graph, node, "offset", &params->offset, &offset)) {
        return;
    }
    if (!shape_broadcast(scale, offset, shape) || !affine_fits(*shape, inputs[0])) {
        node_fail(graph, node,
                  "scale has shape %s and offset %s; both must broadcast with input %s, aligned at the last axis",
                  shape_name(scale).text, shape_name(offset).text, shape_name(inputs[0]).text);
        return;
    }
    node->shape = inputs[0];
}

/* The constant's value for element `index` of the common shape. */
static double value_at(const plait_operand *operand, plait_shape shape, size_t index)
{
    const plait_shape own = operand->array.shape;
    size_t at = 0;
    size_t stride = 1;

    if (operand->kind == PLAIT_OPERAND_NUMBER) {
        return (double)operand->number;
    }
    for (size_t i = 1; i <= own.rank; i++) {
        const size_t size = shape.dims[shape.rank - i];
        at += own.dims[own.rank - i] == 1 ? 0 : index % size * stride;
        stride *= own.dims[own.rank - i];
        index /= size;
    }
    return (double)operand->array.data[at];
}

static void scale_and_offset(const struct affine_source *source, size_t index, double *scale, double *offset)
{
    const struct rescaling *params = source->params;

    *scale = value_at(&params->scale, params->affine.shape, index);
    *offset = value_at(&params->offset, params->affine.shape, index);
}

static const struct op op_rescaling = {
    .name = "rescaling",
    .class_name = "Rescaling",
    .infer = infer,
    .variants = affine_variants,
    .variant_count = AFFINE_VARIANTS,
    .takes_affine = true,
    .takes_activation = true,
    .affine = affine_trait,
};

plait_node plait_rescaling(plait_node x, plait_operand scale, plait_operand offset, const plait_layer_opts *opts)
{
    const struct rescaling params = {.affine.at = scale_and_offset, .scale = scale, .offset = offset};

    return graph_add(&op_rescaling, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

static plait_node read(struct source *source, plait_nodes x)
{
    if (source->calls->kind(source, "scale") == SOURCE_MISSING) {
        source_refuse(source, "option scale is missing");
    }
    return plait_rescaling(x.items[0], source_constant(source, "scale", 1), source_constant(source, "offset", 0),
                           &(plait_layer_opts){.name = source->name});
}

const struct layer_reader rescaling_readers[] = {{"Rescaling", read, MASKS_PASS}, {0}};
