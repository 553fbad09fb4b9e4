/* SPDX-License-Identifier: MIT */
#include "plan/variant.h"

#include "base/hash.h"
#include "shape/shape.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool named(const struct variant *variant, struct text_range name)
{
    return strlen(variant->name) == name.length && strncmp(variant->name, name.begin, name.length) == 0;
}

static plait_status no_variant(const struct step *step, struct text_range name)
{
    plait_status status = PLAIT_OK;
    struct text names = {0};

    for (size_t i = 0; i < step->op->variant_count; i++) {
        text_add(&names, "%s%s", i ? ", " : "", step->op->variants[i]->name);
    }
    TRY(names.status);
    status = error_set(PLAIT_ERR_INVALID, "%s \"%s\": there is no variant \"%.*s\"; there are: %s", step->op->name,
                       step->layer, (int)name.length, name.begin, text_string(&names));
out:
    text_free(&names);
    return status;
}

/* Takes back what a variant's plan asked for. */
static void reset(struct step *step)
{
    for (size_t i = 0; i < step->kernel_count; i++) {
        text_free(&step->kernels[i].options);
    }
    memset(step->kernels, 0, sizeof step->kernels);
    memset(step->tile, 0, sizeof step->tile);
    step->kernel_count = 0;
    step->packed_floats = 0;
    step->scratch_floats = 0;
}

bool variant_suits(const struct step *step, const struct variant *variant, const struct device_traits *device)
{
    const bool prologue = step->input_scale || step->gated;

    return (variant->takes_prologue || !prologue) && (variant->takes_head || !step->head) &&
           (!variant->applicable || variant->applicable(step, device));
}

plait_status plan_variant(struct step *step, const struct variant *variant, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;

    reset(step);
    step->variant = variant;
    TRY(variant->plan(step, device));
    for (size_t i = 0; i < step->kernel_count; i++) {
        TRY(step->kernels[i].options.status);
    }
out:
    return status == PLAIT_OK
               ? status
               : error_within(status, "%s \"%s\": variant %s: ", step->op->name, step->layer, variant->name);
}

/* The variant of this name; NULL if there is none. */
static const struct variant *find_variant(const struct op *op, struct text_range name)
{
    for (size_t i = 0; i < op->variant_count; i++) {
        if (named(op->variants[i], name)) {
            return op->variants[i];
        }
    }
    return NULL;
}

/* The cheapest applicable variant that is not in `failed`, a bit each; its number. */
static size_t cheapest(const struct step *step, const struct device_traits *device, unsigned failed)
{
    size_t best = NONE;
    double least = INFINITY;

    for (size_t i = 0; i < step->op->variant_count; i++) {
        const struct variant *variant = step->op->variants[i];
        if (failed >> i & 1U || !variant_suits(step, variant, device)) {
            continue;
        }
        const double cost = variant->cost ? variant->cost(step, device) : INFINITY;
        if (best == NONE || cost < least) {
            best = i;
            least = cost;
        }
    }
    return best;
}

/* Floats of the step's weights and its heads'. */
static size_t weights_of(const struct step *step)
{
    size_t floats = 0;

    for (; step; step = step->head) {
        for (size_t i = 0; i < step->weight_count; i++) {
            floats += shape_count(step->weights[i].array.shape);
        }
    }
    return floats;
}

/* Whether the step, as planned, takes no more memory than the plain ways: weights that are at most filled up to whole
 * blocks, and scratch of no more than its values. */
static bool is_modest(const struct step *step)
{
    enum { FILLING = 16 << 10 }; /* floats */
    const size_t weights = FILLING + weights_of(step);
    size_t values = view_count(&step->output);

    for (size_t i = 0; i < step->input_count; i++) {
        values += view_count(&step->inputs[i]);
    }
    return step->packed_floats <= weights + weights / 2 && step->scratch_floats <= values;
}

/* The cheapest variant that is applicable and can be planned: of those that are modest if that is wanted, or, if none
 * is, the plainest. */
static plait_status plan_usual(const plait_model_opts *opts, struct step *step, const struct device_traits *device)
{
    plait_status status = PLAIT_ERR_UNSUPPORTED;
    size_t greedy = NONE;

    for (unsigned failed = 0; status == PLAIT_ERR_UNSUPPORTED;) {
        const size_t best = cheapest(step, device, failed);
        if (best == NONE) {
            break;
        }
        status = plan_variant(step, step->op->variants[best], device);
        if (status == PLAIT_OK && opts->less_memory && !is_modest(step)) {
            status = PLAIT_ERR_UNSUPPORTED;
            greedy = best;
        }
        failed |= 1U << best;
    }
    return status == PLAIT_ERR_UNSUPPORTED && greedy != NONE ? plan_variant(step, step->op->variants[greedy], device)
                                                             : status;
}

/* ---- Measured variants ------------------------------------------------------------------------------ */

static void add_list(struct text *text, const char *separator, const size_t *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        text_add(text, "%s%zu", i ? separator : "", values[i]);
    }
}

/* " input 8x32x32x3", with its strides if there are gaps. */
static void add_view(struct text *text, const char *what, const struct view *view)
{
    text_add(text, " %s ", what);
    add_list(text, "x", view->dims, view->rank);
    if (!view_is_dense(view)) {
        text_add(text, "@");
        add_list(text, ",", view->strides, view->rank);
    }
}

static uint64_t kernels_checksum(const struct step *step)
{
    const size_t sizes[] = {step->packed_floats, step->scratch_floats};
    uint64_t hash = hash_bytes(hash_bytes(HASH_EMPTY, sizes, sizeof sizes), step->tile, sizeof step->tile);

    for (size_t i = 0; i < step->kernel_count; i++) {
        hash = hash_text(hash_text(hash, step->kernels[i].name), text_string(&step->kernels[i].options));
    }
    return hash;
}

void step_key(const struct step *step, struct text *key)
{
    const size_t padding[] = {step->padding.before[0], step->padding.before[1], step->padding.after[0],
                              step->padding.after[1]};

    text_add(key, "%s %s", step->op->name, step->accuracy == PLAIT_STRICT ? "strict" : "fast");
    for (size_t i = 0; i < step->input_count; i++) {
        add_view(key, "input", &step->inputs[i]);
    }
    add_view(key, "output", &step->output);
    if (step->has_residual) {
        add_view(key, "residual", &step->residual);
    }
    if (step->tail.kind != TAIL_NONE) {
        add_view(key, step->fleeting ? "only tail" : "tail", &step->tail_output);
    }
    for (size_t i = 0; i < step->weight_count; i++) {
        const plait_shape shape = step->weights[i].array.shape;
        text_add(key, " %s ", step->weights[i].name);
        add_list(key, "x", shape.dims, shape.rank);
    }
    text_add(key, " padding ");
    add_list(key, ",", padding, sizeof padding / sizeof *padding);
    text_add(key, " flops %.0f%s %s %016" PRIx64, step->flops, step->input_scale ? " prologue" : "",
             step->variant->name, kernels_checksum(step));
}

/* The variant that was measured to be the fastest, if there still is such a one; else NULL. */
static const struct variant *measured(const struct tunings *tunings, const struct step *step, const char *key,
                                      const struct device_traits *device)
{
    const struct tuning *tuning = tunings_find(tunings, key);
    const struct variant *variant =
        tuning ? find_variant(step->op, (struct text_range){tuning->variant, strlen(tuning->variant)}) : NULL;

    return variant && variant_suits(step, variant, device) ? variant : NULL;
}

/* Plans the step, planned as usual, with the measured variant if there is one and it can be planned. */
static plait_status plan_measured(const struct values *values, struct step *step, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;
    const struct tunings *tunings = values->request->tunings;
    struct text key = {0};

    if (!tunings || tunings->count == 0) {
        return PLAIT_OK;
    }
    step_key(step, &key);
    TRY(key.status);
    const struct variant *usual = step->variant;
    const struct variant *best = measured(tunings, step, text_string(&key), device);
    if (best && best != usual) {
        status = plan_variant(step, best, device);
        const bool greedy = status == PLAIT_OK && values->request->opts->less_memory && !is_modest(step);
        status = greedy || status == PLAIT_ERR_UNSUPPORTED ? plan_variant(step, usual, device) : status;
    }
out:
    text_free(&key);
    return status;
}

plait_status choose_variant(const struct values *values, struct step *step)
{
    plait_status status = PLAIT_OK;
    const struct device_traits *device = values->request->device;
    struct text_range name;

    if (variant_forced(values, step->op, &name)) {
        const struct variant *variant = find_variant(step->op, name);
        return variant ? plan_variant(step, variant, device) : no_variant(step, name);
    }
    TRY(plan_usual(values->request->opts, step, device));
    TRY(plan_measured(values, step, device));
out:
    return status;
}
