/* SPDX-License-Identifier: MIT */
/* Keras's operations that ask something of each element, and those that go by the answers: 1 for True, 0 for False;
 * whatever is not 0, NaN too, counts as True. */
#include "graph/source.h"
#include "ops/merge.h"
#include "ops/reduce.h"

#include <plait/reshaping.h>
#include <string.h>

#define LOGIC(keras_name, keras_class)                                                                               \
    {                                                                                                                \
        .name = (keras_name), .class_name = (keras_class), .infer = merge_infer_aligned, .variants = merge_variants, \
        .variant_count = MERGE_VARIANTS, .takes_activation = true,                                                   \
    }

static const struct op op_equal = LOGIC("equal", "Equal");
static const struct op op_not_equal = LOGIC("not_equal", "NotEqual");
static const struct op op_less = LOGIC("less", "Less");
static const struct op op_less_equal = LOGIC("less_equal", "LessEqual");
static const struct op op_greater = LOGIC("greater", "Greater");
static const struct op op_greater_equal = LOGIC("greater_equal", "GreaterEqual");
static const struct op op_and = LOGIC("logical_and", "LogicalAnd");
static const struct op op_or = LOGIC("logical_or", "LogicalOr");
static const struct op op_xor = LOGIC("logical_xor", "LogicalXor");
static const struct op op_not = LOGIC("logical_not", "LogicalNot");
static const struct op op_zeros_like = LOGIC("zeros_like", "ZerosLike");
static const struct op op_ones_like = LOGIC("ones_like", "OnesLike");
static const struct op op_where = LOGIC("where", "Where");

plait_node plait_ops_equal(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_equal, "OPERATION_EQUAL", a, b, opts);
}

plait_node plait_ops_not_equal(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_not_equal, "OPERATION_NOT_EQUAL", a, b, opts);
}

plait_node plait_ops_less(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_less, "OPERATION_LESS", a, b, opts);
}

plait_node plait_ops_less_equal(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_less_equal, "OPERATION_LESS_EQUAL", a, b, opts);
}

plait_node plait_ops_greater(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_greater, "OPERATION_LESS", b, a, opts);
}

plait_node plait_ops_greater_equal(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_greater_equal, "OPERATION_LESS_EQUAL", b, a, opts);
}

plait_node plait_ops_logical_and(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_and, "OPERATION_AND", a, b, opts);
}

plait_node plait_ops_logical_or(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_or, "OPERATION_OR", a, b, opts);
}

plait_node plait_ops_logical_xor(plait_operand a, plait_operand b, const plait_layer_opts *opts)
{
    return merge_operate(&op_xor, "OPERATION_XOR", a, b, opts);
}

plait_node plait_ops_logical_not(plait_node x, const plait_layer_opts *opts)
{
    return merge_operate(&op_not, "OPERATION_EQUAL", plait_of(x), plait_number(0), opts);
}

/* ---- Going by the answers --------------------------------------------------------------------------- */

static const struct op op_elsewhere = {
    .name = "where",
    .class_name = "Where",
    .infer = merge_infer_aligned,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .repeats_inputs = true, /* the condition */
};

static const struct op op_both = {
    .name = "where",
    .class_name = "Where",
    .infer = merge_infer_aligned,
    .variants = merge_variants,
    .variant_count = MERGE_VARIANTS,
    .takes_activation = true,
    .is_sum = true,
};

/* Two parts, each 0 where the other one counts, and their sum. */
plait_node plait_ops_where(plait_node condition, plait_operand x, plait_operand y, const plait_layer_opts *opts)
{
    const plait_node seen = merge_operate(&op_where, "OPERATION_WHERE", plait_of(condition), x, opts);

    if (y.kind == PLAIT_OPERAND_NUMBER && y.number == 0) {
        return seen;
    }
    const plait_node other = merge_extend(seen, &op_elsewhere, "OPERATION_ELSEWHERE", plait_of(condition), y);
    return merge_extend(other, &op_both, "OPERATION_ADD", plait_of(seen), plait_of(other));
}

#define ANSWERS(keras_name, keras_class)                                                                       \
    {                                                                                                          \
        .name = (keras_name), .class_name = (keras_class), .infer = reduce_infer, .variants = reduce_variants, \
        .variant_count = REDUCE_VARIANTS,                                                                      \
    }

static const struct op op_any_answer = LOGIC("any", "Any");
static const struct op op_all_answer = LOGIC("all", "All");
static const struct op op_any = ANSWERS("any", "Any");
static const struct op op_all = ANSWERS("all", "All");

static plait_node ask_all(const struct op *answer, const struct op *op, plait_node x, const struct reduce *params,
                          const plait_reduce_opts *opts)
{
    const plait_layer_opts layer = {.name = opts ? opts->name : NULL};
    const plait_node answers = merge_operate(answer, "OPERATION_NOT_EQUAL", plait_of(x), plait_number(0), &layer);

    return graph_extend(answers, op, params, sizeof *params);
}

plait_node plait_ops_any(plait_node x, plait_axes axes, const plait_reduce_opts *opts)
{
    const struct reduce params = {.reduction = "REDUCE_MAX", .axes = axes, .keeps = opts && opts->keepdims};

    return ask_all(&op_any_answer, &op_any, x, &params, opts);
}

plait_node plait_ops_all(plait_node x, plait_axes axes, const plait_reduce_opts *opts)
{
    const struct reduce params = {.reduction = "REDUCE_MIN", .axes = axes, .keeps = opts && opts->keepdims};

    return ask_all(&op_all_answer, &op_all, x, &params, opts);
}

/* ---- From files ------------------------------------------------------------------------------------- */

static const struct {
    const char *class_name;
    plait_node (*make)(plait_operand a, plait_operand b, const plait_layer_opts *opts);
} binaries[] = {
    {"Equal", plait_ops_equal},
    {"NotEqual", plait_ops_not_equal},
    {"Less", plait_ops_less},
    {"LessEqual", plait_ops_less_equal},
    {"Greater", plait_ops_greater},
    {"GreaterEqual", plait_ops_greater_equal},
    {"LogicalAnd", plait_ops_logical_and},
    {"LogicalOr", plait_ops_logical_or},
    {"LogicalXor", plait_ops_logical_xor},
};

static plait_node read_binary(struct source *source, plait_nodes x)
{
    size_t next = 0;
    const plait_operand a = source_operand(source, 0, x, &next);
    const plait_operand b = source_operand(source, 1, x, &next);

    for (size_t i = 0; next > 0 && i < sizeof binaries / sizeof binaries[0]; i++) {
        if (strcmp(binaries[i].class_name, source->class_name) == 0) {
            return binaries[i].make(a, b, &(plait_layer_opts){.name = source->name});
        }
    }
    source_refuse(source, "none of its two operands is a tensor");
    return x.items[0];
}

static plait_node read_not(struct source *source, plait_nodes x)
{
    return plait_ops_logical_not(x.items[0], &(plait_layer_opts){.name = source->name});
}

static plait_node read_any(struct source *source, plait_nodes x)
{
    return reduce_read(source, x, plait_ops_any);
}

static plait_node read_all(struct source *source, plait_nodes x)
{
    return reduce_read(source, x, plait_ops_all);
}

static plait_node read_where(struct source *source, plait_nodes x)
{
    size_t next = 0;
    const plait_operand condition = source_operand(source, 0, x, &next);

    if (next == 0 || source->calls->kind(source, "args[1]") == SOURCE_MISSING) {
        source_unsupported(source, "it is called without a condition that is a tensor, or without values to choose");
        return x.items[0];
    }
    const plait_operand values = source_operand(source, 1, x, &next);
    const plait_operand others = source_operand(source, 2, x, &next);
    return plait_ops_where(condition.node, values, others, &(plait_layer_opts){.name = source->name});
}

/* With a number that makes the answer the same for every x. */
static plait_node read_zeros(struct source *source, plait_nodes x)
{
    return merge_operate(&op_zeros_like, "OPERATION_AND", plait_of(x.items[0]), plait_number(0),
                         &(plait_layer_opts){.name = source->name});
}

static plait_node read_ones(struct source *source, plait_nodes x)
{
    return merge_operate(&op_ones_like, "OPERATION_OR", plait_of(x.items[0]), plait_number(1),
                         &(plait_layer_opts){.name = source->name});
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* plait has float32 alone: what is made bool becomes 1 or 0; to cut numbers to whole ones is no layer of it. */
static plait_node read_cast(struct source *source, plait_nodes x)
{
    const char *to = source_text(source, "dtype", "float32");
    const char *from = source_text(source, "args[0].config.dtype", "float32");
    const plait_layer_opts opts = {.name = source->name};

    if (strcmp(to, "bool") == 0) {
        return plait_ops_not_equal(plait_of(x.items[0]), plait_number(0), &opts);
    }
    if (!begins_with(to, "float") && strcmp(to, "bfloat16") != 0 && begins_with(from, "float")) {
        source_unsupported(source, "option dtype is %.64s, of numbers that are %.64s; plait cuts none to whole ones",
                           to, from);
    }
    return plait_identity(x.items[0], NULL, &opts);
}

const struct layer_reader logic_readers[] = {
    {"ops.Equal", read_binary},
    {"ops.NotEqual", read_binary},
    {"ops.Less", read_binary},
    {"ops.LessEqual", read_binary},
    {"ops.Greater", read_binary},
    {"ops.GreaterEqual", read_binary},
    {"ops.LogicalAnd", read_binary},
    {"ops.LogicalOr", read_binary},
    {"ops.LogicalXor", read_binary},
    {"ops.LogicalNot", read_not},
    {"ops.Any", read_any},
    {"ops.All", read_all},
    {"ops.Where", read_where},
    {"ops.ZerosLike", read_zeros},
    {"ops.OnesLike", read_ones},
    {"ops.Cast", read_cast},
    {0},
};
