/* SPDX-License-Identifier: MIT */
/* y = a OP b with NumPy's broadcasting, where one of them may be a constant: Keras's operations. */
#include "graph/source.h"
#include "ops/merge.h"
#include "ops/pointwise.h"

#include <plait/operations.h>
#include <string.h>

#define OPERATION(keras_name, keras_class)                                                                       \
    .name = (keras_name), .class_name = (keras_class), .infer = merge_infer_aligned, .variants = merge_variants, \
    .variant_count = MERGE_VARIANTS, .takes_activation = true

static const struct op op_add = {OPERATION("add", "Add"), .affine = merge_affine, .is_sum = true};
static const struct op op_subtract = {OPERATION("subtract", "Subtract"), .affine = merge_affine};
static const struct op op_multiply = {OPERATION("multiply", "Multiply"), .affine = merge_affine};
static const struct op op_divide = {OPERATION("divide", "Divide"), .affine = merge_affine};
static const struct op op_true_divide = {OPERATION("true_divide", "TrueDivide"), .affine = merge_affine};
static const struct op op_maximum = {OPERATION("maximum", "Maximum")};
static const struct op op_minimum = {OPERATION("minimum", "Minimum")};
static const struct op op_negative = {OPERATION("negative", "Negative"), .affine = merge_affine};

plait_node plait_ops_add(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_add, "OPERATION_ADD", a, b, opts);
}

plait_node plait_ops_subtract(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_subtract, "OPERATION_SUBTRACT", a, b, opts);
}

plait_node plait_ops_multiply(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_multiply, "OPERATION_MULTIPLY", a, b, opts);
}

plait_node plait_ops_divide(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_divide, "OPERATION_DIVIDE", a, b, opts);
}

plait_node plait_ops_true_divide(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_true_divide, "OPERATION_DIVIDE", a, b, opts);
}

plait_node plait_ops_maximum(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_maximum, "OPERATION_MAXIMUM", a, b, opts);
}

plait_node plait_ops_minimum(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_minimum, "OPERATION_MINIMUM", a, b, opts);
}

plait_node plait_ops_negative(plait_node x, const plait_layer_opts *opts)
{
    return merge_operate(&op_negative, "OPERATION_MULTIPLY", plait_of(x), plait_number(-1), opts);
}

/* ---- Functions of every element --------------------------------------------------------------------- */

static void infer_function(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    (void)graph;
    node->shape = inputs[0];
}

static void infer_unknown(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct activation *params = node->params;

    (void)inputs;
    node_fail(graph, node, "activation %d is no operation on single elements", (int)params->kind);
}

#define FUNCTION(keras_class, infer_it)                                                                         \
    {                                                                                                           \
        .name = "activation", .class_name = (keras_class), .infer = (infer_it), .variants = pointwise_variants, \
        .variant_count = POINTWISE_VARIANTS, .activation = pointwise_activation,                                \
    }

static const struct op functions[] = {
    [PLAIT_LINEAR] = FUNCTION("Activation", infer_unknown),
    [PLAIT_RELU] = FUNCTION("Relu", infer_function),
    [PLAIT_RELU6] = FUNCTION("Relu6", infer_function),
    [PLAIT_LEAKY_RELU] = FUNCTION("LeakyRelu", infer_function),
    [PLAIT_ELU] = FUNCTION("Elu", infer_function),
    [PLAIT_SELU] = FUNCTION("Selu", infer_function),
    [PLAIT_CELU] = FUNCTION("Celu", infer_function),
    [PLAIT_GELU] = FUNCTION("Gelu", infer_function),
    [PLAIT_SILU] = FUNCTION("Silu", infer_function),
    [PLAIT_HARD_SILU] = FUNCTION("HardSilu", infer_function),
    [PLAIT_HARD_SIGMOID] = FUNCTION("HardSigmoid", infer_function),
    [PLAIT_SIGMOID] = FUNCTION("Sigmoid", infer_function),
    [PLAIT_TANH] = FUNCTION("Tanh", infer_function),
    [PLAIT_SOFTPLUS] = FUNCTION("Softplus", infer_function),
    [PLAIT_SOFTSIGN] = FUNCTION("Softsign", infer_function),
    [PLAIT_EXPONENTIAL] = FUNCTION("Exp", infer_function),
    [PLAIT_MISH] = FUNCTION("Mish", infer_function),
    [PLAIT_LOG_SIGMOID] = FUNCTION("LogSigmoid", infer_function),
    [PLAIT_TANH_SHRINK] = FUNCTION("TanhShrink", infer_function),
    [PLAIT_HARD_TANH] = FUNCTION("HardTanh", infer_function),
    [PLAIT_SOFT_SHRINK] = FUNCTION("SoftShrink", infer_function),
    [PLAIT_HARD_SHRINK] = FUNCTION("HardShrink", infer_function),
    [PLAIT_SPARSE_PLUS] = FUNCTION("SparsePlus", infer_function),
    [PLAIT_SPARSE_SIGMOID] = FUNCTION("SparseSigmoid", infer_function),
    [PLAIT_SQUAREPLUS] = FUNCTION("Squareplus", infer_function),
    [PLAIT_SOFTMAX] = FUNCTION("Activation", infer_unknown),
    [PLAIT_LOG_SOFTMAX] = FUNCTION("Activation", infer_unknown),
    [PLAIT_GELU_TANH] = FUNCTION("Gelu", infer_function),
};

enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

plait_node plait_ops_activate(plait_node x, plait_activation activation, const plait_layer_opts *opts)
{
    const struct activation params = {.kind = activation};
    const struct op *op = &functions[(unsigned)activation < FUNCTIONS ? activation : PLAIT_LINEAR];

    return graph_add(op, PLAIT_NODES(x), opts ? opts->name : NULL, &params, sizeof params);
}

/* ---- From files ------------------------------------------------------------------------------------- */

typedef plait_node binary(plait_operand a, plait_operand b, const plait_layer_opts *opts);

static plait_node read_binary(struct source *source, plait_nodes x, binary *operation)
{
    size_t next = 0;
    const plait_operand a = source_operand(source, 0, x, &next);
    const plait_operand b = source_operand(source, 1, x, &next);

    if (next == 0) {
        source_refuse(source, "none of its two operands is a tensor");
        return x.items[0];
    }
    return operation(a, b, &(plait_layer_opts){.name = source->name});
}

#define BINARY_READER(operation)                                             \
    static plait_node read_##operation(struct source *source, plait_nodes x) \
    {                                                                        \
        return read_binary(source, x, plait_ops_##operation);                \
    }

BINARY_READER(add)
BINARY_READER(subtract)
BINARY_READER(multiply)
BINARY_READER(divide)
BINARY_READER(true_divide)
BINARY_READER(maximum)
BINARY_READER(minimum)

static plait_node read_negative(struct source *source, plait_nodes x)
{
    return plait_ops_negative(x.items[0], &(plait_layer_opts){.name = source->name});
}

/* Options of functions that are constants in plait. */
static const struct {
    const char *class_name;
    const char *key;
    float value;
} constants[] = {
    {"Celu", "alpha", 1},
    {"HardShrink", "threshold", 0.5F},
    {"SoftShrink", "threshold", 0.5F},
    {"Squareplus", "b", 4},
};

static void check_constants(struct source *source)
{
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        const float value = constants[i].value;
        if (strcmp(constants[i].class_name, source->class_name) == 0 &&
            source_float(source, constants[i].key, value) != value) {
            source_unsupported(source, "option %s is %g; plait has the function with %g alone", constants[i].key,
                               source_number(source, constants[i].key, 0), (double)value);
        }
    }
}

static plait_node read_function(struct source *source, plait_nodes x)
{
    struct activation params = {.kind = PLAIT_LINEAR};

    for (size_t i = 0; i < FUNCTIONS; i++) {
        if (strcmp(functions[i].class_name, source->class_name) == 0) {
            params.kind = (plait_activation)i;
        }
    }
    const struct op *op = &functions[params.kind];
    check_constants(source);
    if (params.kind == PLAIT_LEAKY_RELU) {
        params = (struct activation){.kind = PLAIT_RELU, .slope = source_float(source, "negative_slope", 0.2F)};
    } else if (params.kind == PLAIT_GELU_TANH && !source_flag(source, "approximate", true)) {
        params.kind = PLAIT_GELU; /* of the same class */
    } else if (params.kind == PLAIT_ELU) {
        params.alpha = source_float(source, "alpha", 1);
        params.has_alpha = params.alpha != 1;
    }
    return graph_add(op, x, source->name, &params, sizeof params);
}

const struct layer_reader operations_readers[] = {
    {"ops.Add", read_add},
    {"ops.Subtract", read_subtract},
    {"ops.Multiply", read_multiply},
    {"ops.Divide", read_divide},
    {"ops.TrueDivide", read_true_divide},
    {"ops.Maximum", read_maximum},
    {"ops.Minimum", read_minimum},
    {"ops.Negative", read_negative},
    {"ops.Relu", read_function},
    {"ops.Relu6", read_function},
    {"ops.LeakyRelu", read_function},
    {"ops.Elu", read_function},
    {"ops.Selu", read_function},
    {"ops.Celu", read_function},
    {"ops.Gelu", read_function},
    {"ops.Silu", read_function},
    {"ops.HardSilu", read_function},
    {"ops.HardSigmoid", read_function},
    {"ops.Sigmoid", read_function},
    {"ops.Tanh", read_function},
    {"ops.Softplus", read_function},
    {"ops.Softsign", read_function},
    {"ops.Exp", read_function},
    {"ops.Mish", read_function},
    {"ops.LogSigmoid", read_function},
    {"ops.TanhShrink", read_function},
    {"ops.HardTanh", read_function},
    {"ops.SoftShrink", read_function},
    {"ops.HardShrink", read_function},
    {"ops.SparsePlus", read_function},
    {"ops.SparseSigmoid", read_function},
    {"ops.Squareplus", read_function},
    {0},
};
