/* SPDX-License-Identifier: MIT */
/* The oracle's recurrent layers, with plait's at their side. */
#ifndef SUPPORT_ORACLE_RECURRENT_H
#define SUPPORT_ORACLE_RECURRENT_H

#include "twin.h"

#include <plait/recurrent.h>

enum recurrent { SIMPLE_RNN, LSTM, GRU };

/* A layer's inputs and outputs; `h` and `c` only where they are asked for. */
struct recurrent_twins {
    struct twin y;
    struct twin h;
    struct twin c;
};

/* The layer on x, and on initial states unless these are NULL. The options' nodes are filled in here; with
 * `states` the last states are asked for. */
struct recurrent_twins twin_recurrent(enum recurrent kind, struct twin x, const plait_recurrent_opts *opts,
                                      const struct twin *initial, bool states);

/* The same with a mask of steps. */
struct recurrent_twins twin_masked_recurrent(enum recurrent kind, struct twin x, const struct twin *mask,
                                             const plait_recurrent_opts *opts, const struct twin *initial, bool states);

struct twin twin_embedding(struct twin x, plait_array embeddings);

#endif
