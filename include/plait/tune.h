/* SPDX-License-Identifier: MIT */
/* Measuring which kernels are the fastest, and the cache that keeps the results.
 *
 * Without a measurement a model takes the kernel variants that plait expects to be the fastest. plait_tune measures
 * those of a model on its device, one step at a time, and keeps each result at once; from then on every
 * plait_model_create on such a device, by the same version of driver and of plait, takes them for equal steps.
 *
 * The cache is one file, $XDG_CACHE_HOME/plait/cache.sqlite or ~/.cache/plait/cache.sqlite, or the one that
 * plait_context_opts names; it is written by the functions below, and by contexts with keep_programs. Processes may
 * share it, and may be killed at any time. Damage, of single rows or the whole file, is noticed and counts as nothing
 * measured. docs/tuning.md tells more. */
#ifndef PLAIT_TUNE_H
#define PLAIT_TUNE_H

#include <plait/model.h>

PLAIT_EXTERN_C_BEGIN

/* A step whose variants were measured. Texts stand during the call that gives it. */
typedef struct plait_tuned {
    const char *layer;    /* name of the first layer with such a step */
    const char *kind;     /* operator, "conv2d" */
    plait_shape output;   /* of a sample */
    const char *variant;  /* the fastest whose values are right; plans take it from now on */
    double seconds;       /* that it takes for the batch */
    const char *usual;    /* the variant that plans take without a measurement */
    double usual_seconds; /* 0: it was not measured, as its values are wrong or it does not run */
    const char *wrong;    /* variants whose values are not the reference's, ", " between; "" for none */
    uint64_t reserved[8];
} plait_tuned;

typedef struct plait_tune_opts {
    double seconds; /* time to spend; a step that it does not suffice for is left. 0: 60 */
    int again;      /* 1: measures steps that the cache has results for, too */
    /* Called before each step, in the same thread, with `done` of `total` steps behind it; NULL: not. */
    void (*progress)(void *user, size_t done, size_t total);
    /* Called after each step that was measured, in the same thread; NULL: not. */
    void (*result)(void *user, const plait_tuned *tuned);
    void *user; /* for both, which must not call plait */
    uint64_t reserved[6]; /* 0 */
} plait_tune_opts;

/* What became of the steps with a choice, equal ones counted once. */
typedef struct plait_tune_report {
    size_t measured;
    size_t known; /* measured earlier */
    size_t left;  /* for lack of time, or of memory to run the step alone */
    size_t wrong; /* with a variant whose values are wrong: a bug to report */
    uint64_t reserved[8];
} plait_tune_report;

/* Measures the variants of the model that plait_model_create would make of the same arguments (opts->variants and
 * opts->progress do not count), the costliest steps first. A variant wins only if its values, for random inputs and
 * the model's weights, are those of the plain reference kernel within the rounding that the model's accuracy class
 * allows, and takes the place of the usual one only if it is clearly faster.
 *   tune    NULL: defaults
 *   report  may be NULL
 * PLAIT_ERR_INVALID if the context has no cache, PLAIT_ERR_IO if it cannot be written, PLAIT_ERR_UNSUPPORTED in a
 * build without one. What was measured before a failure is kept. */
PLAIT_API PLAIT_NODISCARD plait_status plait_tune(plait_context *context, plait_nodes inputs, plait_nodes outputs,
                                                  const plait_model_opts *opts, const plait_tune_opts *tune,
                                                  plait_tune_report *report);

/* A result in the cache. */
typedef struct plait_tuning {
    const char *device;  /* version of plait, platform, device, driver */
    const char *step;    /* operator, accuracy, shapes and what else it was measured for */
    const char *variant;
    double seconds;      /* that it took for the batch */
    uint64_t reserved[8];
} plait_tuning;

/* Calls `visit` for each result in a cache, ordered by device and step; texts stand during the call.
 *   cache  its path; NULL: the default one */
PLAIT_API PLAIT_NODISCARD plait_status plait_tunings_visit(const char *cache,
                                                           void (*visit)(void *user, const plait_tuning *tuning),
                                                           void *user);

/* Writes all results to a text file, which other caches can take in. */
PLAIT_API PLAIT_NODISCARD plait_status plait_tunings_export(const char *cache, const char *path);

/* Takes in the results of such a file, in place of those that there are for the same steps: all of them, or, if the
 * file is not sound throughout (PLAIT_ERR_FORMAT), none. Sets *count, which may be NULL, to their number. */
PLAIT_API PLAIT_NODISCARD plait_status plait_tunings_import(const char *cache, const char *path, size_t *count);

/* Deletes the results for the context's device in a cache, and compiled programs; for NULL those for all devices. */
PLAIT_API PLAIT_NODISCARD plait_status plait_tunings_delete(const char *cache, const plait_context *context);

PLAIT_EXTERN_C_END
#endif
