/* SPDX-License-Identifier: MIT */
/* Layers of sequences: {time, features}, with the steps of time along the first axis. The rules of layers.h hold. */
#ifndef PLAIT_RECURRENT_H
#define PLAIT_RECURRENT_H

#include <plait/layers.h>

PLAIT_EXTERN_C_BEGIN

/* Rows of a table: y[...][c] = embeddings[x[...]][c], for x {...} of numbers cut to whole ones, as Keras does.
 * What is no row of the table - less than 0, the number of rows or more, NaN - gives a row of NaN. (float32
 * holds all whole numbers up to 2^24.)
 *   embeddings  {rows, channels}; required */
PLAIT_API plait_node plait_embedding(plait_node x, plait_array embeddings, const plait_layer_opts *opts);

/* Keras's Masking layer: y is x {..., features} with zeros in the steps of which all features are mask_value.
 *   mask  NULL, or gets 1 for the other steps and 0 for these, {...} */
PLAIT_API plait_node plait_masking(plait_node x, float mask_value, plait_node *mask, const plait_layer_opts *opts);

/* Options of the recurrent layers. `gates` is 1 for SimpleRNN, 4 for LSTM (input, forget, new state, output),
 * 3 for GRU (update, reset, new state); their arrays lie side by side, as Keras has them. */
typedef struct plait_recurrent_opts {
    const char *name;
    plait_array kernel;           /* {features, gates * units}; required */
    plait_array recurrent_kernel; /* {units, gates * units}; required */
    plait_array bias;             /* {gates * units}, but {2, 3 * units} for a GRU that resets after: for the input,
                                     then for the state; none: no bias */
    const plait_activation *activation;           /* of the new state; NULL: PLAIT_TANH. Read during the call */
    const plait_activation *recurrent_activation; /* of the gates; NULL: PLAIT_SIGMOID */
    plait_node initial_h;         /* state before the first step, {units}; all 0 (no node): zeros */
    plait_node initial_c;         /* the same of an LSTM's carry state */
    plait_node *last_h;           /* gets the state after the last step, {units}, Keras's return_state; NULL: not */
    plait_node *last_c;           /* the same of an LSTM's carry state */
    int return_sequences;         /* 1: y has a row for each step */
    int go_backwards;             /* 1: the steps are taken from the last on, and the rows of y stand so, */
    int keep_order;               /* unless this is 1: then they stand as the steps of x */
    int reset_before;             /* of a GRU, 1: Keras's reset_after=False */
    plait_node mask;              /* {time}: a step where it is 0 changes no state; all 0 (no node): all steps count */
    int zero_output_for_mask;     /* 1: y's row of such a step is 0; 0: it is the row of the step before, at first 0 */
    uint64_t reserved[5];         /* 0 */
} plait_recurrent_opts;

/* For each step s of x {time, features}, from the state h = initial_h on:
 *   h = activation(x[s] * kernel + h * recurrent_kernel + bias)
 * y is the h of the last step, {units}, or of all steps, {time, units}.
 *
 * Keras's Bidirectional is two such layers and a merge layer:
 *   forward = plait_lstm(x, &(plait_recurrent_opts){..., .return_sequences = 1});
 *   backward = plait_lstm(x, &(plait_recurrent_opts){..., .return_sequences = 1, .go_backwards = 1, .keep_order = 1});
 *   y = plait_concatenate(PLAIT_NODES(forward, backward), -1, NULL); */
PLAIT_API plait_node plait_simple_rnn(plait_node x, const plait_recurrent_opts *opts);

/* The same with, for the gates i, f, g, o of x[s] * kernel + h * recurrent_kernel + bias,
 *   c = recurrent_activation(f) * c + recurrent_activation(i) * activation(g)
 *   h = recurrent_activation(o) * activation(c) */
PLAIT_API plait_node plait_lstm(plait_node x, const plait_recurrent_opts *opts);

/* The same with, for a = x[s] * kernel + bias[0] and b = h * recurrent_kernel + bias[1], by gates z, r, g,
 *   z = recurrent_activation(a_z + b_z), r = recurrent_activation(a_r + b_r)
 *   h = z * h + (1 - z) * activation(a_g + r * b_g)
 * where with reset_before r * b_g is (r * h) * recurrent_kernel_g, and there is no bias[1]. */
PLAIT_API plait_node plait_gru(plait_node x, const plait_recurrent_opts *opts);

PLAIT_EXTERN_C_END
#endif
