/* SPDX-License-Identifier: MIT */
/* The recurrence of SimpleRNN, LSTM and GRU: the steps of time, on what a matrix product has made of all steps
 * of the input before. */
#ifndef OPS_RECURRENCE_H
#define OPS_RECURRENCE_H

#include "graph/op.h"

enum cell { CELL_SIMPLE_RNN, CELL_LSTM, CELL_GRU, CELL_GRU_BEFORE, CELLS };

enum { RECURRENCE_VARIANTS = 2 };

/* Gates of a cell: the arrays for them lie side by side along the last axis. */
size_t cell_gates(enum cell cell);

/* Steps whose input does not count: the state stays as it is, and the step's row is that of the step before, or 0. */
enum recurrence_mask { RECURRENCE_UNMASKED, RECURRENCE_MASK_REPEATS, RECURRENCE_MASK_ZEROS };

/* The parameters. The inputs are the products {time, gates * units}, then the first h and c, {units} each, and a mask
 * {time}, if there are such. The output has a row for each step or for the last one, then those for the last c and the
 * last h: {rows, units}, or {units} if that is one row. */
struct recurrence {
    enum cell cell;
    plait_array kernel; /* {units, gates * units} */
    plait_array bias;   /* {gates * units}; none: no bias */
    plait_activation activation;
    plait_activation recurrent_activation;
    bool has_h;
    bool has_c;
    bool sequences;
    bool backwards; /* the steps are taken from the last on, */
    bool in_order;  /* but the rows stand in the order of the input's */
    bool gives_c;
    bool gives_h;
    enum recurrence_mask mask;
};

/* Members of its `struct op`. */
void recurrence_infer(plait_graph *graph, struct node *node, const plait_shape *inputs);
double recurrence_flops(const struct node *node, const plait_shape *inputs);
extern const struct variant *const recurrence_variants[RECURRENCE_VARIANTS];

#endif
