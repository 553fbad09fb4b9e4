/* SPDX-License-Identifier: MIT */
/* Tuning: every step of a model in turn, costliest first, and every variant that can compute it. */
#include "base/clock.h"
#include "base/memory.h"
#include "device/tunings.h"
#include "model/model.h"
#include "model/trial.h"
#include "plan/variant.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double default_seconds = 60;

/* A variant that is not the usual one must take less than this part of its time: what is left is noise. */
static const double clearly_less = 0.95;

/* The reference is timed only if it promises to take less than this, or this many times the best one's time. */
static const double short_time = 0.25;
static const double promising = 2;

/* The most that is swept through the caches before a run: more would leave too little time for runs. */
static const uint64_t most_swept = (uint64_t)256 << 20;

enum { TRIES = 3 }; /* more for the usual variant, when another one has beaten it */

/* A step to tune. */
struct task {
    size_t step;
    double flops;
    char *key;
};

struct tuner {
    plait_context *context;
    struct plan *plan;
    struct sweep *sweep; /* NULL: none */
    plait_tune_opts opts;
    double end; /* of the budget */
    struct tunings known;
    struct task *tasks;
    size_t task_count;
    plait_tune_report report;
};

/* What came of a step's variants so far. */
struct contest {
    const struct variant *usual;
    double usual_seconds; /* 0: not measured */
    const struct variant *best;
    double best_seconds;
    struct text wrong;
};

/* ---- What there is to tune -------------------------------------------------------------------------- */

/* Whether there is a choice, and a reference to check it by. */
static bool is_tunable(const struct step *step, const struct device_traits *device)
{
    size_t count = 0;

    for (size_t i = 0; i < step->op->variant_count; i++) {
        count += variant_suits(step, step->op->variants[i], device);
    }
    return count > 1 && variant_suits(step, step->op->variants[step->op->variant_count - 1], device);
}

static bool is_listed(const struct tuner *tuner, const char *key)
{
    for (size_t i = 0; i < tuner->task_count; i++) {
        if (strcmp(tuner->tasks[i].key, key) == 0) {
            return true;
        }
    }
    return false;
}

static plait_status list_step(struct tuner *tuner, size_t index)
{
    plait_status status = PLAIT_OK;
    const struct step *step = &tuner->plan->steps[index].step;
    struct text key = {0};

    step_key(step, &key);
    TRY(key.status);
    if (!is_listed(tuner, key.data)) {
        struct task *task = &tuner->tasks[tuner->task_count];
        TRY(mem_text(&task->key, key.data));
        task->step = index;
        task->flops = step->flops;
        tuner->task_count++;
    }
out:
    text_free(&key);
    return status;
}

/* Most arithmetic first, then in the order of the plan. */
static int compare_tasks(const void *left, const void *right)
{
    const struct task *a = left;
    const struct task *b = right;

    return a->flops != b->flops ? (a->flops < b->flops) - (a->flops > b->flops)
                                : (a->step > b->step) - (a->step < b->step);
}

static plait_status list_tasks(struct tuner *tuner)
{
    plait_status status = PLAIT_OK;
    const struct device_traits *device = context_traits(tuner->context);

    TRY(mem_alloc(&tuner->tasks, tuner->plan->step_count, sizeof *tuner->tasks));
    for (size_t i = 0; i < tuner->plan->step_count; i++) {
        if (is_tunable(&tuner->plan->steps[i].step, device)) {
            TRY(list_step(tuner, i));
        }
    }
    qsort(tuner->tasks, tuner->task_count, sizeof *tuner->tasks, compare_tasks);
out:
    return status;
}

/* ---- One step --------------------------------------------------------------------------------------- */

/* What keeps a single variant from running, and nothing else. */
static bool rules_out(plait_status status)
{
    return status == PLAIT_ERR_UNSUPPORTED || status == PLAIT_ERR_TOO_LARGE || status == PLAIT_ERR_DEVICE_MEMORY ||
           status == PLAIT_ERR_BUILD || status == PLAIT_ERR_OPENCL;
}

/* Relative, in L2 norm: each of the two that are compared may be off by half of it. */
static double most_error(plait_accuracy accuracy)
{
    return accuracy == PLAIT_STRICT ? 5e-6 : 1e-5;
}

static plait_status measure(const struct tuner *tuner, struct trial *trial, const struct variant *variant,
                            struct contest *contest)
{
    plait_status status = PLAIT_OK;
    const struct trial_limits limits = {.most_error = most_error(trial->plan.steps[0].step.accuracy),
                                        .worth = contest->best ? contest->best_seconds : INFINITY,
                                        .end = tuner->end};
    struct measurement measurement;

    status = trial_variant(trial, variant, limits, &measurement);
    if (rules_out(status)) {
        return PLAIT_OK;
    }
    TRY(status);
    if (!(measurement.error <= limits.most_error)) {
        text_add(&contest->wrong, "%s%s", contest->wrong.length ? ", " : "", variant->name);
        return contest->wrong.status;
    }
    if (!contest->best || measurement.seconds < contest->best_seconds) {
        contest->best = variant;
        contest->best_seconds = measurement.seconds;
    }
    if (variant == contest->usual && (contest->usual_seconds == 0 || measurement.seconds < contest->usual_seconds)) {
        contest->usual_seconds = measurement.seconds;
    }
out:
    return status;
}

static bool beats_usual(const struct contest *contest)
{
    return contest->usual_seconds == 0 || contest->best_seconds < clearly_less * contest->usual_seconds;
}

/* The usual variant gets more tries against one that beats it, as something else may have slowed it down, and keeps its
 * place unless it is clearly slower. */
static plait_status settle(const struct tuner *tuner, struct trial *trial, struct contest *contest)
{
    plait_status status = PLAIT_OK;

    for (int i = 0; i < TRIES && contest->usual_seconds > 0 && beats_usual(contest); i++) {
        TRY(measure(tuner, trial, contest->usual, contest));
    }
    if (!beats_usual(contest)) {
        contest->best = contest->usual;
        contest->best_seconds = contest->usual_seconds;
    }
out:
    return status;
}

/* Measures all variants that are applicable; *complete is false if the time did not suffice. */
static plait_status hold(const struct tuner *tuner, struct trial *trial, struct contest *contest, bool *complete)
{
    plait_status status = PLAIT_OK;
    const struct step *step = &trial->plan.steps[0].step;
    const size_t last = step->op->variant_count - 1;
    const struct device_traits *device = context_traits(tuner->context);
    double sample = 0;

    *complete = false;
    status = trial_reference(trial, &sample);
    if (rules_out(status)) {
        return PLAIT_OK; /* then nothing can be checked */
    }
    TRY(status);
    for (size_t i = 0; i <= last; i++) {
        const struct variant *variant = step->op->variants[i];
        const bool needless = i == last && contest->best && variant != contest->usual &&
                              sample * (double)trial->plan.batch > fmax(short_time, promising * contest->best_seconds);
        if (needless || !variant_suits(step, variant, device)) {
            continue;
        }
        if (clock_seconds() >= tuner->end) {
            return PLAIT_OK;
        }
        TRY(measure(tuner, trial, variant, contest));
    }
    *complete = contest->best != NULL;
    TRY(settle(tuner, trial, contest));
out:
    return status;
}

static plait_status keep(struct tuner *tuner, const struct task *task, const struct contest *contest)
{
    plait_status status = PLAIT_OK;
    const struct planned_step *planned = &tuner->plan->steps[task->step];
    plait_tuned tuned = {.layer = planned->layer,
                         .kind = planned->step.op->name,
                         .output = {.rank = planned->step.output.rank - 1},
                         .variant = contest->best->name,
                         .seconds = contest->best_seconds,
                         .usual = contest->usual->name,
                         .usual_seconds = contest->usual_seconds,
                         .wrong = text_string(&contest->wrong)};

    for (size_t i = 0; i < tuned.output.rank; i++) {
        tuned.output.dims[i] = planned->step.output.dims[i + 1];
    }
    TRY(tunings_keep(tuner->context, task->key, tuned.variant, tuned.seconds));
    tuner->report.measured++;
    if (tuner->opts.result) {
        tuner->opts.result(tuner->opts.user, &tuned);
    }
out:
    return status;
}

static plait_status tune_step(struct tuner *tuner, const struct task *task)
{
    plait_status status = PLAIT_OK;
    struct contest contest = {.usual = tuner->plan->steps[task->step].step.variant};
    struct trial trial;
    bool complete = false;

    TRY(trial_create(tuner->context, tuner->plan, task->step, &trial));
    trial.sweep = tuner->sweep;
    TRY(hold(tuner, &trial, &contest, &complete));
    tuner->report.wrong += contest.wrong.length > 0;
    if (complete) {
        TRY(keep(tuner, task, &contest));
    } else {
        tuner->report.left++;
    }
out:
    trial_free(&trial);
    text_free(&contest.wrong);
    return status;
}

/* ---- All of them ------------------------------------------------------------------------------------ */

static plait_status tune_all(struct tuner *tuner)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < tuner->task_count; i++) {
        const struct task *task = &tuner->tasks[i];
        if (tuner->opts.progress) {
            tuner->opts.progress(tuner->opts.user, i, tuner->task_count);
        }
        if (!tuner->opts.again && tunings_find(&tuner->known, task->key)) {
            tuner->report.known++;
        } else if (clock_seconds() >= tuner->end) {
            tuner->report.left++;
        } else {
            TRY(tune_step(tuner, task));
        }
    }
out:
    return status;
}

/* Between two runs of a step the others pass their weights and values through the caches, and so does the sweep. On
 * devices other than CPUs a single run is too short to be timed from here. */
static plait_status make_sweep(struct tuner *tuner)
{
    const plait_memory memory = plan_memory(tuner->plan);
    const uint64_t half = context_free_bytes(tuner->context) / 2; /* trials need some, too */
    uint64_t bytes = memory.weights_bytes + memory.arena_bytes;

    if (context_traits(tuner->context)->kind != PLAIT_DEVICE_CPU) {
        return PLAIT_OK;
    }
    bytes = bytes < most_swept ? bytes : most_swept;
    return sweep_create(tuner->context, bytes < half ? bytes : half, &tuner->sweep);
}

static plait_status prepare(struct tuner *tuner, plait_nodes inputs, plait_nodes outputs, const plait_model_opts *opts)
{
    plait_status status = PLAIT_OK;
    plait_model_opts usual = opts ? *opts : (plait_model_opts){0};

    usual.variants = NULL;
    TRY(model_plan(tuner->context, inputs, outputs, &usual, NULL, &tuner->plan));
    TRY(tunings_prepare(tuner->context));
    TRY(tunings_load(tuner->context, &tuner->known));
    TRY(list_tasks(tuner));
    TRY(make_sweep(tuner));
out:
    return status;
}

plait_status plait_tune(plait_context *context, plait_nodes inputs, plait_nodes outputs, const plait_model_opts *opts,
                        const plait_tune_opts *tune, plait_tune_report *report)
{
    plait_status status = PLAIT_OK;
    struct tuner tuner = {.context = context, .opts = tune ? *tune : (plait_tune_opts){0}};

    if (!context) {
        return error_set(PLAIT_ERR_INVALID, "plait_tune: context is NULL");
    }
    if (!(tuner.opts.seconds >= 0)) {
        return error_set(PLAIT_ERR_INVALID, "plait_tune: seconds is %g; it must be at least 0", tuner.opts.seconds);
    }
    tuner.end = clock_seconds() + (tuner.opts.seconds > 0 ? tuner.opts.seconds : default_seconds);
    TRY(prepare(&tuner, inputs, outputs, opts));
    TRY(tune_all(&tuner));
out:
    if (report) {
        *report = tuner.report;
    }
    for (size_t i = 0; i < tuner.task_count; i++) {
        mem_free(tuner.tasks[i].key);
    }
    mem_free(tuner.tasks);
    tunings_free(&tuner.known);
    sweep_free(tuner.sweep);
    plan_free(tuner.plan);
    return status;
}
