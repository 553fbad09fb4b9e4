/* SPDX-License-Identifier: MIT */
#include "plan/plan.h"

#include "base/memory.h"
#include "plan/values.h"
#include "shape/shape.h"

static void free_values(struct values *values)
{
    for (size_t i = 0; i < values->count; i++) {
        value_free(&values->items[i]);
    }
    mem_free(values->items);
    mem_free(values->outputs);
    text_free(&values->free_layers);
}

plait_status plan_create(const struct plan_request *request, struct plan **out)
{
    static plait_status (*const passes[])(struct values *) = {
        pass_select,    pass_fold_affine, pass_fuse_epilogue, pass_fold_padding, pass_fuse_prologue,
        pass_fuse_head, pass_place,       pass_schedule,      pass_memory_plan,  pass_order,
    };
    plait_status status = PLAIT_OK;
    struct values values = {.request = request};

    TRY(mem_alloc(&values.plan, 1, sizeof *values.plan));
    values.plan->batch = request->opts->batch;
    for (size_t i = 0; i < sizeof passes / sizeof *passes; i++) {
        TRY(passes[i](&values));
    }
    *out = values.plan;
    values.plan = NULL; /* now the caller's */
out:
    free_values(&values);
    plan_free(values.plan);
    return status;
}

plait_memory plan_memory(const struct plan *plan)
{
    plait_memory memory = {.arena_bytes = (uint64_t)plan->arena_floats * sizeof(float)};

    for (size_t i = 0; i < plan->step_count; i++) {
        memory.weights_bytes += (uint64_t)plan->steps[i].step.packed_floats * sizeof(float);
    }
    for (size_t i = 0; i < plan->input_count; i++) {
        memory.staging_bytes += (uint64_t)plan->batch * shape_count(plan->inputs[i]) * sizeof(float);
    }
    for (size_t i = 0; i < plan->output_count; i++) {
        memory.staging_bytes += (uint64_t)plan->batch * shape_count(plan->outputs[i]) * sizeof(float);
    }
    return memory;
}

static void free_step(struct planned_step *planned)
{
    for (size_t i = 0; i < planned->step.kernel_count; i++) {
        text_free(&planned->step.kernels[i].options);
    }
    mem_free(planned->step.params);
    mem_free(planned->step.inputs);
    mem_free(planned->inputs);
    mem_free(planned->layer);
    mem_free(planned->fused);
    mem_free(planned->scale);
    mem_free(planned->shift);
    mem_free(planned->input_scale);
    mem_free(planned->input_shift);
    mem_free(planned->waits);
    if (planned->head) {
        free_step(planned->head);
        mem_free(planned->head);
    }
}

void plan_free(struct plan *plan)
{
    if (!plan) {
        return;
    }
    for (size_t i = 0; i < plan->step_count; i++) {
        free_step(&plan->steps[i]);
    }
    mem_free(plan->steps);
    mem_free(plan->storages);
    mem_free(plan->inputs);
    mem_free(plan->outputs);
    mem_free(plan->ends);
    mem_free(plan->free_layers);
    mem_free(plan);
}
