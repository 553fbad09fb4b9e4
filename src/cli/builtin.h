/* SPDX-License-Identifier: MIT */
/* Models to measure without a file. */
#ifndef CLI_BUILTIN_H
#define CLI_BUILTIN_H

#include <plait.h>

/* A graph with its inputs and outputs, and the weights that it borrows. */
struct builtin {
    plait_graph *graph;
    plait_node inputs[2];
    plait_node output;
    float *weights;
};

/* Builds "two_branch_concat" or "two_branch_add": two pictures {32, 32, 3}, each through conv2d (64 filters,
 * 24 x 24, same) - batch_normalization - relu - conv2d; merged; flatten; dense 24 and dense 10, softmax.
 * Weights are random but fixed. PLAIT_ERR_INVALID for another name. Freed with builtin_free, also after a
 * failure. */
plait_status builtin_create(const char *name, struct builtin *out);

void builtin_free(struct builtin *builtin);

#endif
