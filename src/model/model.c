/* SPDX-License-Identifier: MIT */
/* Making a model: the plan becomes kernels, packed weights and an arena on the device. */
#include "model/model.h"

#include "base/memory.h"
#include "device/profile.h"

enum { DEFAULT_BATCH = 32 }; /* Model.predict's */

static uint64_t needed_bytes(const struct plan *plan)
{
    const plait_memory memory = plan_memory(plan);

    return memory.weights_bytes + memory.arena_bytes;
}

plait_status model_plan(const plait_context *context, plait_nodes inputs, plait_nodes outputs,
                        const plait_model_opts *opts, const struct tunings *tunings, struct plan **plan)
{
    plait_model_opts complete = opts ? *opts : (plait_model_opts){0};
    struct plan_request request = {
        .inputs = inputs, .outputs = outputs, .opts = &complete, .device = context_traits(context), .tunings = tunings};

    if (complete.accuracy != PLAIT_FAST && complete.accuracy != PLAIT_STRICT) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_create: accuracy is %d; it must be PLAIT_FAST or PLAIT_STRICT",
                         (int)complete.accuracy);
    }
    complete.batch = complete.batch ? complete.batch : DEFAULT_BATCH;
    request.without_tails = !tunings;
    if (context_chains(context)) {
        request.overlap = OVERLAP_SOME;
    } else if (context_overlaps(context)) {
        request.overlap = complete.less_memory ? OVERLAP_SOME : OVERLAP_BEST;
    }
    const plait_status status = plan_create(&request, plan);
    if (status != PLAIT_OK || request.overlap != OVERLAP_BEST || needed_bytes(*plan) <= context_free_bytes(context)) {
        return status;
    }
    plan_free(*plan);
    request.overlap = OVERLAP_SOME;
    return plan_create(&request, plan);
}

/* Plans with what was measured on the device, unless the fastest variants need more memory than there is. */
static plait_status make_plan(const plait_context *context, plait_nodes inputs, plait_nodes outputs,
                              const plait_model_opts *opts, struct plan **plan)
{
    plait_status status = PLAIT_OK;
    struct tunings tunings = {0};

    TRY(tunings_load(context, &tunings));
    TRY(model_plan(context, inputs, outputs, opts, &tunings, plan));
    if (tunings.count > 0 && needed_bytes(*plan) > context_free_bytes(context)) {
        plan_free(*plan);
        *plan = NULL;
        TRY(model_plan(context, inputs, outputs, opts, &(struct tunings){0}, plan));
    }
out:
    tunings_free(&tunings);
    return status;
}

/* Refuses a plan that cannot fit, before anything of it is on the device. */
static plait_status check_memory(const plait_context *context, const struct plan *plan)
{
    const plait_memory memory = plan_memory(plan);
    const uint64_t needed = needed_bytes(plan);
    const uint64_t free_bytes = context_free_bytes(context);

    if (needed > free_bytes) {
        return error_set(
            PLAIT_ERR_DEVICE_MEMORY,
            "the model needs %llu bytes on the device (weights %llu, intermediate values for a batch of %zu "
            "%llu), but %llu are free; use a smaller batch",
            (unsigned long long)needed, (unsigned long long)memory.weights_bytes, plan->batch,
            (unsigned long long)memory.arena_bytes, (unsigned long long)free_bytes);
    }
    return PLAIT_OK;
}

static void pack(const void *user, void *memory)
{
    const struct step *step = user;

    step->variant->pack(step, memory);
}

static void tell(const plait_model_opts *opts, size_t done, size_t total)
{
    if (opts && opts->progress) {
        opts->progress(opts->user, done, total);
    }
}

static plait_status within(plait_status status, const struct step *step)
{
    return status == PLAIT_OK ? status : error_within(status, "%s \"%s\": ", step->op->name, step->layer);
}

/* Has the weights packed, which may go on while kernels are built. */
static plait_status pack_weights(plait_model *model)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < model->plan->step_count; i++) {
        const struct step *step = &model->plan->steps[i].step;
        struct buffer **packed = &model->objects[i].packed;
        if (step->packed_floats > 0) {
            TRY(within(buffer_create(model->context, step->packed_floats * sizeof(float), packed), step));
            TRY(within(buffer_fill(*packed, pack, step), step));
        }
    }
out:
    return status;
}

/* Makes the kernels of a step, of the model's chain if it has one. */
static plait_status make_kernels(plait_model *model, size_t index)
{
    plait_status status = PLAIT_OK;
    const struct step *step = &model->plan->steps[index].step;
    struct kernel **kernels = model->objects[index].kernels;

    for (size_t i = 0; i < step->kernel_count; i++) {
        const char *name = step->kernels[i].name;
        const char *options = text_string(&step->kernels[i].options);
        TRY(model->chain ? chain_kernel(model->chain, name, options, &kernels[i])
                         : kernel_create(model->context, name, options, &kernels[i]));
    }
out:
    return within(status, step);
}

static void free_kernels(plait_model *model)
{
    for (size_t i = 0; i < model->plan->step_count; i++) {
        for (size_t k = 0; k < STEP_MAX_KERNELS; k++) {
            kernel_free(model->objects[i].kernels[k]);
            model->objects[i].kernels[k] = NULL;
        }
    }
    chain_free(model->chain);
    model->chain = NULL;
}

static bool step_can_chain(const struct step *step)
{
    bool can = !step->variant->calls_library;

    for (size_t i = 0; i < step->kernel_count; i++) {
        can = can && chain_takes(step->kernels[i].name);
    }
    return can;
}

/* Whether a chain is of use: there is more than one kernel, and every step does nothing but launch them. */
static bool can_chain(const plait_model *model)
{
    size_t kernels = 0;

    for (size_t i = 0; i < model->plan->step_count; i++) {
        const struct step *step = &model->plan->steps[i].step;
        if (!step_can_chain(step)) {
            return false;
        }
        kernels += step->kernel_count;
    }
    return context_chains(model->context) && kernels > 1;
}

static plait_status make_chain(plait_model *model)
{
    plait_status status = PLAIT_OK;
    const struct plan *plan = model->plan;
    size_t buffers = 1 + plan->input_count + plan->output_count; /* the arena, and the ends */

    TRY(chain_create(model->context, &model->chain));
    for (size_t i = 0; i < plan->step_count; i++) {
        TRY(make_kernels(model, i));
        buffers += model->objects[i].packed != NULL;
    }
    TRY(chain_build(model->chain, buffers));
out:
    if (status == PLAIT_ERR_BUILD) { /* a driver may take the kernels one by one all the same */
        free_kernels(model);
        return PLAIT_OK;
    }
    return status;
}

static size_t most_inputs(const struct plan *plan)
{
    size_t most = 0;

    for (size_t i = 0; i < plan->step_count; i++) {
        most = plan->steps[i].step.input_count > most ? plan->steps[i].step.input_count : most;
    }
    return most;
}

plait_status model_realize(plait_model *model, const plait_model_opts *opts)
{
    plait_status status = PLAIT_OK;
    struct plan *plan = model->plan;

    TRY(mem_alloc(&model->objects, plan->step_count, sizeof *model->objects));
    TRY(pack_weights(model));
    if (can_chain(model)) {
        TRY(make_chain(model));
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        tell(opts, i, plan->step_count);
        if (!model->chain) {
            TRY(make_kernels(model, i));
        }
    }
    tell(opts, plan->step_count, plan->step_count);
    TRY(mem_alloc(&model->operands, most_inputs(plan), sizeof *model->operands));
    if (plan->arena_floats > 0) {
        TRY(buffer_create(model->context, plan->arena_floats * sizeof(float), &model->arena));
    }
    TRY(mem_alloc(&model->inputs, plan->input_count, sizeof(struct buffer *)));
    TRY(mem_alloc(&model->outputs, plan->output_count, sizeof(struct buffer *)));
    TRY(profile_create(model->context, &model->profile));
out:
    return buffers_settle(model->context, status);
}

plait_status plait_model_create(plait_context *context, plait_nodes inputs, plait_nodes outputs,
                                const plait_model_opts *opts, plait_model **out)
{
    plait_status status = PLAIT_OK;
    plait_model *model = NULL;

    if (!context || !out) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_create: %s is NULL", !context ? "context" : "out");
    }
    *out = NULL;
    TRY(mem_alloc(&model, 1, sizeof *model));
    model->context = context;
    TRY(make_plan(context, inputs, outputs, opts, &model->plan));
    TRY(check_memory(context, model->plan));
    TRY(rows_create(inputs, outputs, &model->rows, &model->row_count));
    TRY(model_realize(model, opts));
    for (size_t i = 0; i < model->plan->step_count; i++) {
        model->plan->steps[i].step.weights = NULL; /* the caller's again */
    }
    *out = model;
    model = NULL; /* now the caller's */
out:
    plait_model_free(model);
    return status;
}

plait_status plait_model_plan_memory(plait_context *context, plait_nodes inputs, plait_nodes outputs,
                                     const plait_model_opts *opts, plait_memory *memory)
{
    plait_status status = PLAIT_OK;
    struct plan *plan = NULL;

    if (!context || !memory) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_plan_memory: %s is NULL", !context ? "context" : "memory");
    }
    TRY(make_plan(context, inputs, outputs, opts, &plan));
    *memory = plan_memory(plan);
out:
    plan_free(plan);
    return status;
}

plait_status plait_model_memory(const plait_model *model, plait_memory *memory)
{
    if (!model || !memory) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_memory: %s is NULL", !model ? "model" : "memory");
    }
    *memory = plan_memory(model->plan);
    return PLAIT_OK;
}

size_t plait_model_input_count(const plait_model *model)
{
    return model ? model->plan->input_count : 0;
}

size_t plait_model_output_count(const plait_model *model)
{
    return model ? model->plan->output_count : 0;
}

plait_shape plait_model_input_shape(const plait_model *model, size_t index)
{
    return index < plait_model_input_count(model) ? model->plan->inputs[index] : (plait_shape){0};
}

plait_shape plait_model_output_shape(const plait_model *model, size_t index)
{
    return index < plait_model_output_count(model) ? model->plan->outputs[index] : (plait_shape){0};
}

static void free_objects(plait_model *model)
{
    if (model->objects) {
        free_kernels(model);
        for (size_t i = 0; i < model->plan->step_count; i++) {
            buffer_free(model->objects[i].packed);
        }
        mem_free(model->objects);
    }
}

static void free_buffers(struct buffer **buffers, size_t count)
{
    for (size_t i = 0; buffers && i < count; i++) {
        buffer_free(buffers[i]);
    }
    mem_free(buffers);
}

void model_release(plait_model *model)
{
    for (size_t i = 0; i < RECORDINGS; i++) {
        recording_free(model->recordings[i]);
    }
    free_objects(model);
    free_buffers(model->inputs, model->plan->input_count);
    free_buffers(model->outputs, model->plan->output_count);
    buffer_free(model->arena);
    profile_free(model->profile);
    mem_free(model->operands);
}

void plait_model_free(plait_model *model)
{
    if (!model) {
        return;
    }
    if (model->plan) {
        model_release(model);
    }
    rows_free(model->rows, model->row_count);
    plan_free(model->plan);
    mem_free(model);
}
