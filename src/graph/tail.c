/* SPDX-License-Identifier: MIT */
#include "graph/tail.h"

void tail_options(const struct tail *tail, bool fleeting, struct text *options)
{
    static const char *const macros[] = {
        [TAIL_LARGEST] = "TAIL_LARGEST", [TAIL_MEAN] = "TAIL_MEAN", [TAIL_COPIES] = "TAIL_COPIES"};

    if (tail->kind != TAIL_NONE) {
        text_add(options, " -D TAIL=%s -D TAIL_ROWS=%zu -D TAIL_COLS=%zu%s", macros[tail->kind], tail->window[0],
                 tail->window[1], fleeting ? " -D FLEETING" : "");
    }
}
