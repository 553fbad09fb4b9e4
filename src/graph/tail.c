/* SPDX-License-Identifier: MIT */
#include "graph/tail.h"

void tail_options(const struct tail *tail, bool fleeting, struct text *options)
{
    static const char *const reductions[] = {[TAIL_LARGEST] = "REDUCE_LARGEST", [TAIL_MEAN] = "REDUCE_MEAN"};

    if (tail->kind != TAIL_NONE) {
        text_add(options, " -D REDUCTION=%s -D TAIL_ROWS=%zu -D TAIL_COLS=%zu%s", reductions[tail->kind],
                 tail->window[0], tail->window[1], fleeting ? " -D FLEETING" : "");
    }
}
