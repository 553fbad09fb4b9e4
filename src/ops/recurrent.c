/* SPDX-License-Identifier: MIT */
/* SimpleRNN, LSTM and GRU (recurrent.h has the formulas). What the input adds to the gates is one matrix product
 * for all steps, a node that dense's kernels compute; then comes the recurrence. Where the states are asked for,
 * it writes them as rows of one tensor, and nodes that move values take them out. */
#include "ops/dense.h"
#include "ops/move.h"
#include "ops/recurrence.h"
#include "shape/shape.h"

#include <plait/recurrent.h>

enum { MOST_INPUTS = 4 }; /* of the recurrence */

/* Parameters of the matrix product; the other arrays are here to be checked first. */
struct projection {
    struct dense dense;
    enum cell cell;
    plait_array recurrent_kernel;
    plait_array bias; /* as it was passed */
};

/* Whether the bias has a part for the input and one for the state. */
static bool has_two_biases(enum cell cell)
{
    return cell == CELL_GRU;
}

static bool check_kernels(plait_graph *graph, struct node *node, plait_shape x)
{
    const struct projection *params = node->params;
    const size_t gates = cell_gates(params->cell);
    const plait_shape recurrent = params->recurrent_kernel.shape;
    const plait_shape kernel = params->dense.kernel.shape;
    size_t size = 0;

    if (x.rank != 2) {
        node_fail(graph, node, "input has shape %s but must be a sequence, {time, features}", shape_name(x).text);
    } else if (!params->recurrent_kernel.data) {
        node_fail(graph, node, "recurrent_kernel is missing; it must have shape {units, %zu * units}", gates);
    } else if (recurrent.rank != 2 || recurrent.dims[0] == 0 || recurrent.dims[1] / gates != recurrent.dims[0] ||
               recurrent.dims[1] % gates != 0) {
        node_fail(graph, node, "recurrent_kernel has shape %s but must be {units, %zu * units}",
                  shape_name(recurrent).text, gates);
    } else if (!shape_size(recurrent, &size) || size > SHAPE_MAX_ELEMENTS) {
        node_fail(graph, node, "recurrent_kernel %s has more than %zu elements", shape_name(recurrent).text,
                  SHAPE_MAX_ELEMENTS);
    } else if (kernel.rank == 2 && kernel.dims[1] != recurrent.dims[1]) {
        node_fail(graph, node, "kernel %s and recurrent_kernel %s must have the same number of columns",
                  shape_name(kernel).text, shape_name(recurrent).text);
    }
    return !node->poisoned;
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct projection *params = node->params;
    const plait_array bias = params->bias;

    if (!check_kernels(graph, node, inputs[0])) {
        return;
    }
    const size_t columns = params->recurrent_kernel.shape.dims[1];
    const plait_shape wanted = has_two_biases(params->cell) ? PLAIT_SHAPE(2, columns) : PLAIT_SHAPE(columns);
    if ((bias.data || bias.shape.rank > 0) && (!bias.data || !shape_equal(bias.shape, wanted))) {
        node_fail(graph, node, "bias has shape %s%s but must have %s", shape_name(bias.shape).text,
                  bias.data ? "" : " and no data", shape_name(wanted).text);
        return;
    }
    dense_infer(graph, node, inputs);
}

#define CLASS_SIMPLE_RNN "SimpleRNN"
#define CLASS_LSTM "LSTM"
#define CLASS_GRU "GRU"

#define PROJECTION(op_name, keras)                                                                                  \
    {                                                                                                               \
        .name = (op_name), .class_name = (keras), .infer = infer, .flops = dense_flops, .variants = dense_variants, \
        .variant_count = DENSE_VARIANTS,                                                                            \
    }
#define RECURRENCE(keras)                                                                                  \
    {                                                                                                      \
        .name = "recurrence", .class_name = (keras), .infer = recurrence_infer, .flops = recurrence_flops, \
        .variants = recurrence_variants, .variant_count = RECURRENCE_VARIANTS,                             \
    }

static const struct op projections[CELLS] = {
    [CELL_SIMPLE_RNN] = PROJECTION("simple_rnn", CLASS_SIMPLE_RNN),
    [CELL_LSTM] = PROJECTION("lstm", CLASS_LSTM),
    [CELL_GRU] = PROJECTION("gru", CLASS_GRU),
    [CELL_GRU_BEFORE] = PROJECTION("gru", CLASS_GRU),
};

static const struct op recurrences[CELLS] = {
    [CELL_SIMPLE_RNN] = RECURRENCE(CLASS_SIMPLE_RNN),
    [CELL_LSTM] = RECURRENCE(CLASS_LSTM),
    [CELL_GRU] = RECURRENCE(CLASS_GRU),
    [CELL_GRU_BEFORE] = RECURRENCE(CLASS_GRU),
};

/* ---- Taking states out of the rows ---- */

struct rows {
    struct move move;
    size_t begin;
    size_t count; /* 0: row `begin` alone, and y lacks the axis */
};

static void infer_rows(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct rows *rows = node->params;
    struct move_axis *axes = rows->move.axes;
    const size_t units = inputs[0].dims[1];

    (void)graph;
    rows->move.begin[1] = (int64_t)rows->begin;
    axes[0].step = 1;
    if (rows->count > 0) {
        axes[1] = (struct move_axis){.axis = 1, .step = 1};
    }
    axes[1 + (rows->count > 0)] = (struct move_axis){.axis = 2, .step = 1};
    node->shape = rows->count > 0 ? PLAIT_SHAPE(rows->count, units) : PLAIT_SHAPE(units);
}

static const struct op op_rows = {
    .name = "recurrent_rows",
    .class_name = "RNN",
    .infer = infer_rows,
    .variants = move_variants,
    .variant_count = MOVE_VARIANTS,
    .takes_activation = true,
};

static void infer_same(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    (void)graph;
    node->shape = inputs[0];
}

static const struct op op_same = {.name = "recurrent_rows", .class_name = "RNN", .infer = infer_same, .aliases = true};

/* Continues the layer, whose last node is *last, with rows of its node `states`. */
static plait_node take_rows(plait_node *last, plait_node states, size_t begin, size_t count)
{
    const struct rows rows = {.begin = begin, .count = count};

    *last = graph_extend_with(*last, &op_rows, PLAIT_NODES(states), &rows, sizeof rows);
    return *last;
}

/* The states that were asked for, and then y, which is the layer's last node. */
static plait_node take_states(plait_node states, const struct recurrence *params, const plait_recurrent_opts *opts)
{
    const size_t rows = plait_node_shape(states).rank > 1 ? plait_node_shape(states).dims[0] : 1;
    const size_t steps = rows > 1 ? rows - params->gives_c - params->gives_h : 1;
    const size_t newest = params->backwards && params->in_order ? 0 : steps - 1; /* the row of the last h */
    plait_node last = states;

    if (opts->last_c && params->gives_c) {
        *opts->last_c = take_rows(&last, states, steps, 0);
    }
    if (params->gives_h) {
        *opts->last_h = take_rows(&last, states, rows - 1, 0);
    } else if (opts->last_h && params->sequences) {
        *opts->last_h = take_rows(&last, states, newest, 0);
    }
    if (params->gives_c || params->gives_h) {
        last = take_rows(&last, states, 0, params->sequences ? steps : 0);
    } else if (last.id != states.id) {
        last = graph_extend_with(last, &op_same, PLAIT_NODES(states), NULL, 0);
    }
    if (opts->last_h && !params->sequences && !params->gives_h) {
        *opts->last_h = last;
    }
    return last;
}

/* ---- The layers ---- */

static bool is_node(plait_node node)
{
    return node.graph != NULL;
}

/* The part of the bias that counts among the state's products. */
static plait_array state_bias(enum cell cell, plait_array bias)
{
    const size_t columns = bias.shape.dims[1];

    return bias.data && has_two_biases(cell) ? (plait_array){bias.data + columns, PLAIT_SHAPE(columns)}
                                             : (plait_array){0};
}

static plait_array input_bias(enum cell cell, plait_array bias)
{
    return bias.data && has_two_biases(cell) ? (plait_array){bias.data, PLAIT_SHAPE(bias.shape.dims[1])} : bias;
}

static struct recurrence recurrence_of(enum cell cell, const plait_recurrent_opts *opts)
{
    return (struct recurrence){
        .cell = cell,
        .kernel = opts->recurrent_kernel,
        .bias = state_bias(cell, opts->bias),
        .activation = opts->activation ? *opts->activation : PLAIT_TANH,
        .recurrent_activation = opts->recurrent_activation ? *opts->recurrent_activation : PLAIT_SIGMOID,
        .has_h = is_node(opts->initial_h),
        .has_c = cell == CELL_LSTM && is_node(opts->initial_c),
        .sequences = opts->return_sequences != 0,
        .backwards = opts->go_backwards != 0,
        .in_order = opts->keep_order != 0,
        .gives_c = cell == CELL_LSTM && opts->last_c,
        .gives_h = is_node(opts->mask) && opts->last_h, /* which may be no row of y then */
        .mask = !is_node(opts->mask)         ? RECURRENCE_UNMASKED
                : opts->zero_output_for_mask ? RECURRENCE_MASK_ZEROS
                                             : RECURRENCE_MASK_REPEATS,
    };
}

static plait_node recurrent(plait_node x, enum cell cell, const plait_recurrent_opts *given)
{
    const plait_recurrent_opts opts = given ? *given : (plait_recurrent_opts){0};
    const struct projection projection = {
        .dense = {opts.kernel, input_bias(cell, opts.bias)},
        .cell = cell,
        .recurrent_kernel = opts.recurrent_kernel,
        .bias = opts.bias,
    };
    const struct recurrence params = recurrence_of(cell, &opts);
    plait_node inputs[MOST_INPUTS];
    size_t count = 0;

    const plait_node gates = graph_add(&projections[cell], PLAIT_NODES(x), opts.name, &projection, sizeof projection);
    inputs[count++] = gates;
    if (params.has_h) {
        inputs[count++] = opts.initial_h;
    }
    if (params.has_c) {
        inputs[count++] = opts.initial_c;
    }
    if (params.mask) {
        inputs[count++] = opts.mask;
    }
    const plait_node states =
        graph_extend_with(gates, &recurrences[cell], (plait_nodes){inputs, count}, &params, sizeof params);
    if (opts.last_h) {
        *opts.last_h = states; /* a poisoned node, if it stays */
    }
    if (opts.last_c) {
        *opts.last_c = states;
    }
    return take_states(states, &params, &opts);
}

plait_node plait_simple_rnn(plait_node x, const plait_recurrent_opts *opts)
{
    return recurrent(x, CELL_SIMPLE_RNN, opts);
}

plait_node plait_lstm(plait_node x, const plait_recurrent_opts *opts)
{
    return recurrent(x, CELL_LSTM, opts);
}

plait_node plait_gru(plait_node x, const plait_recurrent_opts *opts)
{
    return recurrent(x, opts && opts->reset_before ? CELL_GRU_BEFORE : CELL_GRU, opts);
}
