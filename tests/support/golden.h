/* SPDX-License-Identifier: MIT */
/* What Keras computed, from files: the oracle must agree with it, and plait with the oracle. So the oracle,
 * which all other tests compare with, is itself held to Keras. */
#ifndef SUPPORT_GOLDEN_H
#define SUPPORT_GOLDEN_H

#include "twin.h"

#include <plait/model.h>

/* The array in tests/golden/data/<name>.npy (printf-like), in scratch memory; no data if there is no such file. */
__attribute__((format(printf, 1, 2))) plait_array golden_array(const char *name, ...);

/* An input with the samples of x, whose batch is its first axis. */
struct twin golden_input(plait_graph *graph, plait_array x);

enum { GOLDEN_INPUTS = 3 };

/* One case: a graph's twin, and Keras's values. */
struct golden {
    const char *name;
    struct twin inputs[GOLDEN_INPUTS];
    size_t input_count;
    struct twin output;
    plait_array keras;
    bool keras_cancels; /* Keras's formula subtracts numbers of size 1 or of x's: elu as exp(x) - 1 */
};

/* plait's values, in scratch memory. */
const float *golden_run(const struct golden *golden, plait_accuracy accuracy);

/* Both Keras and plait must be right by the oracle, at the strictest gate that holds for any data. */
void golden_check(const struct golden *golden);

#endif
