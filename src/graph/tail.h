/* SPDX-License-Identifier: MIT */
/* What an operator makes of a picture, window by window, if another may do that to its own result as it stores it. */
#ifndef GRAPH_TAIL_H
#define GRAPH_TAIL_H

#include "base/text.h"

#include <stdbool.h>

/* Windows lie side by side, the first in the picture's corner. Those that reach beyond its edge are of the cells in it
 * alone, or there are none of them: the sizes of what is made tell. */
enum tail_kind {
    TAIL_NONE,
    TAIL_LARGEST, /* of each window its largest number, as kernels/reduce.clh has it, */
    TAIL_MEAN,    /* or its mean */
};

struct tail {
    enum tail_kind kind;
    size_t window[2]; /* rows, cols */
};

/* Adds the build options that kernels/tail.clh reads; `fleeting` if the picture itself is not to be stored. */
void tail_options(const struct tail *tail, bool fleeting, struct text *options);

#endif
