/* SPDX-License-Identifier: MIT */
#include "model/trial.h"

#include "base/clock.h"
#include "base/memory.h"
#include "device/buffer.h"
#include "model/model.h"
#include "plan/variant.h"

#include <float.h>
#include <math.h>

enum {
    ALIGN_FLOATS = 64, /* as the memory plan aligns tensors */
    FAIR_ROUNDS = 12,  /* of timing, before a variant is given up: something else may have slowed the first ones down */
};

static const double round_seconds = 5e-4;  /* a round is at least so long: shorter runs are repeated, without a sweep */
static const double timing_seconds = 0.25; /* all rounds together are not much longer */
static const double hopeless = 2;          /* times what it is worth: given up */

static struct planned_step *step_of(const struct trial *trial)
{
    return &trial->plan.steps[0];
}

/* ---- The plan of a single step ---------------------------------------------------------------------- */

/* Gives a tensor's memory, which the step may have met already, its part of the arena. */
static void lay(struct trial *trial, const struct place *place)
{
    struct storage *storage = &trial->plan.storages[place->storage];

    if (storage->first == NONE) {
        storage->kind = STORAGE_ARENA;
        storage->first = 0;
        storage->last = 0;
        storage->offset = trial->floats;
        trial->floats += (storage->floats + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    }
}

/* One storage more than in the whole plan is there, for scratch. */
static plait_status isolate(const struct plan *plan, size_t index, struct trial *trial)
{
    plait_status status = PLAIT_OK;
    struct planned_step *planned = &plan->steps[index];

    trial->plan = (struct plan){.batch = plan->batch, .steps = planned, .step_count = 1};
    TRY(mem_alloc(&trial->plan.storages, plan->storage_count + 1, sizeof *plan->storages));
    for (size_t i = 0; i < plan->storage_count; i++) {
        trial->plan.storages[i] = plan->storages[i];
        trial->plan.storages[i].first = NONE;
    }
    trial->plan.storage_count = plan->storage_count + 1;
    planned->scratch = plan->storage_count;
    for (size_t i = 0; i < planned->step.input_count; i++) {
        lay(trial, &planned->inputs[i]);
    }
    lay(trial, &planned->output);
    if (planned->step.has_residual) {
        lay(trial, &planned->residual);
    }
    const struct storage *output = &trial->plan.storages[planned->output.storage];
    trial->output_at = output->offset;
    trial->output_size = output->floats;
    trial->plan.storages[planned->scratch].offset = trial->floats;
out:
    return status;
}

/* Numbers in [-1, 1), the same each time. */
static void fill(float *data, size_t count)
{
    uint32_t state = 1;

    for (size_t i = 0; i < count; i++) {
        state ^= state << 13; /* Marsaglia's xorshift */
        state ^= state >> 17;
        state ^= state << 5;
        data[i] = (float)(state >> 8) * 0x1p-23F - 1;
    }
}

plait_status trial_create(plait_context *context, struct plan *plan, size_t index, struct trial *out)
{
    plait_status status = PLAIT_OK;

    *out = (struct trial){.context = context};
    TRY(isolate(plan, index, out));
    TRY(mem_alloc(&out->data, out->floats, sizeof *out->data));
    TRY(mem_alloc(&out->wanted, out->output_size, sizeof *out->wanted));
    TRY(mem_alloc(&out->got, out->output_size, sizeof *out->got));
    fill(out->data, out->floats);
out:
    return status;
}

void trial_free(struct trial *trial)
{
    mem_free(trial->plan.storages);
    mem_free(trial->data);
    mem_free(trial->wanted);
    mem_free(trial->got);
}

/* ---- Running ---------------------------------------------------------------------------------------- */

/* Plans the step with a variant and makes a model of it, with the trial's data. Freed with model_release if it has a
 * plan. */
static plait_status begin(struct trial *trial, const struct variant *variant, plait_model *model)
{
    plait_status status = PLAIT_OK;
    struct step *step = &step_of(trial)->step;

    *model = (plait_model){.context = trial->context};
    TRY(plan_variant(step, variant, context_traits(trial->context)));
    trial->plan.arena_floats = trial->floats + step->scratch_floats;
    model->plan = &trial->plan;
    TRY(model_realize(model, NULL));
    TRY(buffer_write(model->arena, 0, trial->data, trial->floats * sizeof(float)));
out:
    return status;
}

static void end(plait_model *model)
{
    if (model->plan) {
        model_release(model);
    }
}

static plait_status read_output(const struct trial *trial, const plait_model *model, float *output)
{
    return buffer_read(model->arena, trial->output_at * sizeof(float), output, trial->output_size * sizeof(float));
}

static plait_status time_run(plait_model *model, size_t first, size_t batch, size_t times, double *seconds)
{
    const double begun = clock_seconds();
    const plait_status status = model_repeat(model, first, batch, times);

    *seconds = (clock_seconds() - begun) / (double)times;
    return status;
}

plait_status trial_reference(struct trial *trial, double *seconds)
{
    plait_status status = PLAIT_OK;
    const struct op *op = step_of(trial)->step.op;
    plait_model model;

    TRY(begin(trial, op->variants[op->variant_count - 1], &model));
    TRY(model_repeat(&model, 0, 1, 1)); /* drivers compile now, or bring in what they need: no time counts */
    TRY(time_run(&model, trial->plan.batch - 1, 1, 1, seconds));
    TRY(read_output(trial, &model, trial->wanted));
out:
    end(&model);
    return status;
}

/* ---- Values ----------------------------------------------------------------------------------------- */

/* Squares of what is compared. */
struct squares {
    double difference;
    double wanted;
};

static void compare_value(double got, double wanted, struct squares *sum)
{
    const double difference = got - wanted;

    if (isfinite(got) && isfinite(wanted)) {
        sum->difference += difference * difference;
        sum->wanted += wanted * wanted;
    } else if (!(isnan(got) && isnan(wanted)) && got != wanted) {
        sum->difference = INFINITY;
    }
}

/* Compares a sample of the output, or the first of those that stand for it, of which the arrays hold the memory. */
static void compare_sample(const struct trial *trial, size_t number, struct squares *sum)
{
    const struct place *place = &step_of(trial)->output;
    const struct view *view = &place->view;
    const size_t sample = number * (view->dims[0] / trial->plan.batch);
    size_t count = 1;

    for (size_t i = 1; i < view->rank; i++) {
        count *= view->dims[i];
    }
    for (size_t i = 0; i < count; i++) {
        size_t at = place->offset + sample * view->strides[0];
        size_t rest = i;
        for (size_t axis = view->rank; axis-- > 1;) {
            at += rest % view->dims[axis] * view->strides[axis];
            rest /= view->dims[axis];
        }
        compare_value(trial->got[at], trial->wanted[at], sum);
    }
}

/* The reference has computed the first and the last sample only: it is slow. */
static double error_of(const struct trial *trial)
{
    struct squares sum = {.wanted = FLT_MIN};

    compare_sample(trial, 0, &sum);
    compare_sample(trial, trial->plan.batch - 1, &sum);
    return sqrt(sum.difference / sum.wanted);
}

/* ---- Timing ----------------------------------------------------------------------------------------- */

/* Times a batch, `times` over. */
static plait_status time_round(const struct trial *trial, plait_model *model, size_t times, double *seconds)
{
    plait_status status = PLAIT_OK;

    TRY(sweep_run(trial->sweep));
    TRY(time_run(model, 0, trial->plan.batch, times, seconds));
out:
    return status;
}

/* The least time of a batch. */
static plait_status time_batches(const struct trial *trial, plait_model *model, struct trial_limits limits,
                                 double *seconds)
{
    plait_status status = PLAIT_OK;
    const double stop = fmin(limits.end, clock_seconds() + timing_seconds);
    double taken = 0;
    size_t times = 1; /* a second run would find what the first left in the caches */

    TRY(time_round(trial, model, 1, seconds));
    if (!trial->sweep && *seconds < round_seconds) {
        times = (size_t)(round_seconds / fmax(*seconds, 1e-6)) + 1;
    }
    for (size_t i = 0; clock_seconds() < stop && (i < FAIR_ROUNDS || *seconds < hopeless * limits.worth); i++) {
        TRY(time_round(trial, model, times, &taken));
        *seconds = fmin(*seconds, taken);
    }
out:
    return status;
}

plait_status trial_variant(struct trial *trial, const struct variant *variant, struct trial_limits limits,
                           struct measurement *out)
{
    plait_status status = PLAIT_OK;
    plait_model model;

    *out = (struct measurement){.error = INFINITY};
    TRY(begin(trial, variant, &model));
    TRY(model_repeat(&model, 0, trial->plan.batch, 1));
    TRY(read_output(trial, &model, trial->got));
    out->error = error_of(trial);
    if (out->error <= limits.most_error) {
        TRY(time_batches(trial, &model, limits, &out->seconds));
    }
out:
    end(&model);
    return status;
}
