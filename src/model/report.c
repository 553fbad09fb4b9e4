/* SPDX-License-Identifier: MIT */
/* What a plan does, as text and step by step. */
#include "base/memory.h"
#include "device/profile.h"
#include "model/model.h"
#include "shape/shape.h"

/* One step: "  left_conv1        conv2d cpu  {32,32,64}  0.226 GFLOP  with left_bn, re_lu". */
static void add_step(struct text *text, const struct planned_step *planned)
{
    const struct step *step = &planned->step;
    plait_shape sample = {.rank = step->output.rank - 1};

    for (size_t i = 0; i < sample.rank; i++) {
        sample.dims[i] = step->output.dims[i + 1];
    }
    text_add(text, "  %-24s %-20s %-10s %-14s %10.6f GFLOP%s%s\n", step->layer, step->op->name, step->variant->name,
             shape_name(sample).text, step->flops * 1e-9, planned->fused[0] ? "  with " : "", planned->fused);
}

plait_status plait_model_report(const plait_model *model, char *text, size_t bytes, size_t *length)
{
    plait_status status = PLAIT_OK;
    struct text report = {0};
    double flops = 0;

    if (!model) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_report: model is NULL");
    }
    const struct plan *plan = model->plan;
    text_add(&report, "steps, planned for a batch of %zu:\n", plan->batch);
    for (size_t i = 0; i < plan->step_count; i++) {
        add_step(&report, &plan->steps[i]);
        flops += plan->steps[i].step.flops;
    }
    text_add(&report, "no kernel runs for: %s\n", plan->free_layers[0] ? plan->free_layers : "-");
    const plait_memory memory = plan_memory(plan);
    text_add(&report, "a sample: %.6f GFLOP\nmemory: weights %llu, intermediate values %llu, staging %llu bytes\n",
             flops * 1e-9, (unsigned long long)memory.weights_bytes, (unsigned long long)memory.arena_bytes,
             (unsigned long long)memory.staging_bytes);
    status = text_deliver(&report, text, bytes, length);
    text_free(&report);
    return status;
}

size_t plait_model_step_count(const plait_model *model)
{
    return model ? model->plan->step_count : 0;
}

/* Those of a sample. */
static size_t moved_floats(const struct step *step)
{
    const size_t output = view_count(&step->output);
    size_t count = (step->fleeting ? 0 : output) + (step->has_residual ? output : 0) +
                   (step->tail.kind != TAIL_NONE ? view_count(&step->tail_output) : 0);

    for (size_t i = 0; i < step->input_count; i++) {
        count += view_count(&step->inputs[i]);
    }
    return count / step->output.dims[0];
}

plait_status plait_model_step(const plait_model *model, size_t index, plait_step_info *info)
{
    plait_status status = PLAIT_OK;

    if (!model || !info) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_step: %s is NULL", !model ? "model" : "info");
    }
    if (index >= model->plan->step_count) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_step: step %zu of %zu; see plait_model_step_count", index,
                         model->plan->step_count);
    }
    const struct step *step = &model->plan->steps[index].step;
    *info = (plait_step_info){
        .layer = step->layer,
        .kind = step->op->name,
        .variant = step->variant->name,
        .gflop = step->flops * 1e-9,
        .sample_bytes = moved_floats(step) * sizeof(float),
        .weights_bytes = step->packed_floats * sizeof(float),
    };
    TRY(profile_seconds(model->profile, index, &info->seconds));
out:
    return status;
}

const char *plait_model_step_variant(const plait_model *model, size_t index, size_t number)
{
    const struct op *op = index < plait_model_step_count(model) ? model->plan->steps[index].step.op : NULL;

    return op && number < op->variant_count ? op->variants[number]->name : NULL;
}
