/* SPDX-License-Identifier: MIT */
/* Model files with what Keras computed: CASE.keras or CASE.h5, CASE.x0.npy, ..., CASE.y0.npy, ... */
#ifndef SUPPORT_KERAS_CASE_H
#define SUPPORT_KERAS_CASE_H

#include "keras_file.h"

#include <plait/load.h>

enum { KERAS_MOST_ENDS = 48 };

/* A model file that was loaded. */
struct keras_loaded {
    plait_graph *graph;
    plait_keras *keras;
};

struct keras_loaded keras_load(const char *path, const plait_keras_opts *opts);
void keras_unload(struct keras_loaded *loaded);

/* A case's arrays, and the sizes of its inputs. */
struct keras_golden {
    plait_array x[KERAS_MOST_ENDS];
    plait_array y[KERAS_MOST_ENDS];
    plait_keras_size sizes[KERAS_MOST_ENDS];
    size_t inputs;
    size_t outputs;
};

struct keras_golden keras_golden_read(const char *name);
void keras_golden_free(struct keras_golden *golden);

/* Runs a loaded model on the case's inputs and compares. */
void keras_check_outputs(const char *file, const struct keras_loaded *loaded, const struct keras_golden *golden);

/* All of it, for one file: form is "keras" or "h5". */
void keras_check_case(const char *name, const char *form);

#endif
