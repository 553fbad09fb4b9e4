/* SPDX-License-Identifier: MIT */
/* One step of a plan by itself on the device: how long each of its variants takes, and whether its values are right. */
#ifndef MODEL_TRIAL_H
#define MODEL_TRIAL_H

#include "device/sweep.h"
#include "plan/plan.h"

/* The step, and a plan of it alone: its tensors lie as they do in the whole plan, one after the other. */
struct trial {
    plait_context *context;
    struct plan plan;
    size_t floats;      /* of its tensors; scratch lies behind them */
    size_t output_at;   /* where the output's memory begins there, */
    size_t output_size; /* and how much it is */
    float *data;        /* what the tensors hold at first: random values */
    float *wanted;      /* the output's memory, with the first and the last sample as the reference computes them */
    float *got;
    const struct sweep *sweep; /* before each run that is timed, as the rest of a whole model would; NULL: none */
};

/* Begins a trial with step `index` of a plan, which must stand and is planned anew by trial_reference and
 * trial_variant. Freed with trial_free, also after a failure. */
plait_status trial_create(plait_context *context, struct plan *plan, size_t index, struct trial *out);

/* Computes the values that are wanted. *seconds is what a sample takes. */
plait_status trial_reference(struct trial *trial, double *seconds);

/* How a variant did. */
struct measurement {
    double error;   /* of its values, in L2 norm as a part of those wanted; infinite where only one is finite */
    double seconds; /* the least that a batch took */
};

/* Runs a variant. Unless its error is above `most_error` it is timed, until the moment `end`, and not for long
 * if it takes much longer than `worth` seconds. */
struct trial_limits {
    double most_error;
    double worth;
    double end;
};
plait_status trial_variant(struct trial *trial, const struct variant *variant, struct trial_limits limits,
                           struct measurement *out);

void trial_free(struct trial *trial);

#endif
