/* SPDX-License-Identifier: MIT */
/* One comparison of a graph's results with the oracle's, with the default plan or with every variant of an
 * operator.
 *
 *     struct variants seen = {0};
 *     for (each case) {
 *         plait_graph *graph = twin_graph();
 *         struct twin x = twin_input(graph, PLAIT_SHAPE(5, 7, 3), 2, random_floats(&random, DATA_NORMAL, 210));
 *         struct twin y = twin_conv2d(x, &opts);
 *         trial_run_variants(&(struct trial){.name = "...", .inputs = &x, .input_count = 1, .outputs = &y,
 *                                            .output_count = 1, .gate = GATE_ZERO_MEAN}, y, &seen);
 *         plait_graph_free(graph);
 *         scratch_reset();
 *     }
 *     check_variants(&seen, "clblast");
 *     check_verdict(compare_enough(0.7), "conv2d");
 */
#ifndef SUPPORT_TRIAL_H
#define SUPPORT_TRIAL_H

#include "fixture.h"
#include "twin.h"

struct trial {
    const char *name;          /* of the case, for messages */
    const struct twin *inputs; /* made by twin_input */
    size_t input_count;
    const struct twin *outputs;
    size_t output_count;
    enum gate gate;
    double limit; /* for GATE_ULP and GATE_L2 */
    double l2;    /* what the relative L2 error of an output with many values may be besides; 0: anything */
    struct run_opts run;
};

/* Runs the trial and compares every output. */
void trial_run(const struct trial *trial);

enum { VARIANTS_MAX = 16 };

/* How often each variant of an operator was tried. All zero before the first trial. */
struct variants {
    const struct op *op;
    size_t ran[VARIANTS_MAX];
    size_t skipped[VARIANTS_MAX];
};

/* trial_run with the default plan, then once for each variant that the operator of `layer` has; `seen` is
 * for one operator. A variant that answers PLAIT_ERR_UNSUPPORTED is skipped. */
void trial_run_variants(const struct trial *trial, struct twin layer, struct variants *seen);

/* Fails if a variant never ran, but for those named in `optional` ("clblast gpu"; NULL: none), which a
 * device or a build may lack. */
void check_variants(const struct variants *seen, const char *optional);

/* Variants of convolutions that are for some devices or layers; those for some layers have tests of their own. */
#define CONVOLUTION_OPTIONAL \
    "cpu gpu inverted_cpu expanded_cpu depthwise_cpu fft_cpu winograd4_cpu winograd2_cpu single_cpu"

#endif
