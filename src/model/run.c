/* SPDX-License-Identifier: MIT */
/* Running a model: every step's kernels on the queue, with nothing between. */
#include "base/memory.h"
#include "device/stream.h"
#include "device/tensor.h"
#include "model/model.h"
#include "shape/shape.h"

#include <plait/opencl.h>

/* Samples of a tensor for each of the model's. */
static size_t samples_of(const plait_model *model, const struct place *place)
{
    return place->view.dims[0] / model->plan->batch;
}

static struct operand resolve(const plait_model *model, const struct place *place, const struct chunk *chunk)
{
    const struct storage *storage = &model->plan->storages[place->storage];
    struct operand operand = {.offset = place->offset, .view = place->view};
    const struct binding *binding = NULL;

    switch (storage->kind) {
    case STORAGE_ARENA:
        operand.buffer = model->arena;
        operand.offset += storage->offset;
        break;
    case STORAGE_INPUT:
        binding = &chunk->ends[storage->index];
        break;
    case STORAGE_OUTPUT:
        binding = &chunk->ends[model->plan->input_count + storage->index];
        break;
    }
    if (binding) {
        operand.buffer = binding->buffer;
        operand.offset += binding->offset;
    }
    operand.offset += chunk->first * samples_of(model, place) * operand.view.strides[0];
    operand.view.dims[0] = chunk->batch * samples_of(model, place);
    return operand;
}

plait_status model_enqueue_step(plait_model *model, size_t index, const struct chunk *chunk)
{
    const struct planned_step *planned = &model->plan->steps[index];
    const struct step *step = &planned->step;
    struct run run = {
        .stream = chunk->stream,
        .batch = chunk->batch * samples_of(model, &planned->output),
        .inputs = model->operands,
        .output = {.view = planned->output.view},
        .packed = model->objects[index].packed,
        .kernels = model->objects[index].kernels,
    };

    for (size_t i = 0; i < step->input_count; i++) {
        model->operands[i] = resolve(model, &planned->inputs[i], chunk);
    }
    if (step->fleeting) {
        run.output.view.dims[0] = run.batch;
    } else {
        run.output = resolve(model, &planned->output, chunk);
    }
    if (step->tail.kind != TAIL_NONE) {
        run.tail_output = resolve(model, &planned->tail_output, chunk);
    }
    if (step->has_residual) {
        run.residual = resolve(model, &planned->residual, chunk);
    }
    if (step->scratch_floats > 0) {
        run.scratch = model->arena;
        run.scratch_offset = model->plan->storages[planned->scratch].offset;
    }
    const plait_status status = step->variant->enqueue(step, &run);
    return status == PLAIT_OK ? status : error_within(status, "%s \"%s\": ", step->op->name, step->layer);
}

static plait_status enqueue_chunk(plait_model *model, const struct chunk *chunk)
{
    plait_status status = PLAIT_OK;
    const struct plan *plan = model->plan;

    if (model->chain) {
        return recording_run(model, chunk);
    }
    TRY(stream_fork(chunk->stream, plan->step_count));
    for (size_t i = 0; i < plan->step_count; i++) {
        TRY(stream_step(chunk->stream, i, plan->steps[i].waits, plan->steps[i].wait_count));
        TRY(model_enqueue_step(model, i, chunk));
        TRY(stream_step_end(chunk->stream));
    }
    TRY(stream_join(chunk->stream, plan->ends, plan->end_count));
out:
    return status;
}

/* Floats of a sample of one of the inputs and outputs, which are counted together. */
static size_t end_size(const struct plan *plan, size_t index)
{
    return shape_count(index < plan->input_count ? plan->inputs[index] : plan->outputs[index - plan->input_count]);
}

/* Size of the next part of `batch` of which `done` samples are done. */
static size_t next_part(const plait_model *model, size_t batch, size_t done)
{
    const size_t left = batch - done;

    return left < model->plan->batch ? left : model->plan->batch;
}

static plait_status begin(plait_model *model, struct stream *stream, cl_uint wait_count, const cl_event *wait_list)
{
    profile_clear(model->profile);
    const plait_status status = stream_begin(stream, model->context, wait_count, wait_list);
    stream->profile = model->profile;
    return status;
}

/* Checks tensor `index` of the inputs or outputs (`what`) against the model. */
static plait_status check_tensor(const plait_model *model, const char *what, size_t index, const plait_tensor *tensor,
                                 size_t batch)
{
    const bool is_input = what[0] == 'i';
    const plait_shape sample = is_input ? model->plan->inputs[index] : model->plan->outputs[index];

    if (!tensor) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_run: %s %zu is NULL", what, index);
    }
    if (tensor->context != model->context) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_run: %s %zu belongs to another context than the model", what,
                         index);
    }
    const plait_shape wanted = shape_with_batch(sample, tensor->shape.rank > 0 ? tensor->shape.dims[0] : 0);
    if (!shape_equal(tensor->shape, wanted) || tensor->shape.dims[0] < batch) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_run: %s %zu has shape %s but must have %s, or more samples",
                         what, index, shape_name(tensor->shape).text, shape_name(shape_with_batch(sample, batch)).text);
    }
    if (!tensor->readable || (!is_input && !tensor->writable)) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_run: the buffer of %s %zu must be %s", what, index,
                         is_input ? "readable by kernels" : "CL_MEM_READ_WRITE");
    }
    return PLAIT_OK;
}

static plait_status check_overlap(const plait_model *model, const plait_tensor *const *inputs,
                                  plait_tensor *const *outputs)
{
    for (size_t i = 0; i < model->plan->output_count; i++) {
        for (size_t k = 0; k < model->plan->input_count; k++) {
            if (tensors_overlap(outputs[i], inputs[k])) {
                return error_set(PLAIT_ERR_INVALID, "plait_model_run: output %zu overlaps input %zu in memory", i, k);
            }
        }
        for (size_t k = 0; k < i; k++) {
            if (tensors_overlap(outputs[i], outputs[k])) {
                return error_set(PLAIT_ERR_INVALID, "plait_model_run: output %zu overlaps output %zu in memory", i, k);
            }
        }
    }
    return PLAIT_OK;
}

static plait_status check_tensors(const plait_model *model, size_t batch, const plait_tensor *const *inputs,
                                  plait_tensor *const *outputs)
{
    plait_status status = PLAIT_OK;

    if (!model || !inputs || !outputs) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_run: %s is NULL",
                         !model    ? "model"
                         : !inputs ? "inputs"
                                   : "outputs");
    }
    for (size_t i = 0; i < model->plan->input_count; i++) {
        TRY(check_tensor(model, "input", i, inputs[i], batch));
    }
    for (size_t i = 0; i < model->plan->output_count; i++) {
        TRY(check_tensor(model, "output", i, outputs[i], batch));
    }
    TRY(check_overlap(model, inputs, outputs));
out:
    return status;
}

/* Runs a batch in parts. `ends` are the inputs and then the outputs as a whole, and go on to those of the last part. */
static plait_status enqueue_parts(plait_model *model, struct stream *stream, size_t batch, struct binding *ends)
{
    plait_status status = PLAIT_OK;
    const struct plan *plan = model->plan;

    for (size_t done = 0; done < batch;) {
        const struct chunk chunk = {stream, ends, 0, next_part(model, batch, done)};
        TRY(enqueue_chunk(model, &chunk));
        for (size_t i = 0; i < plan->input_count + plan->output_count; i++) {
            ends[i].offset += chunk.batch * end_size(plan, i);
        }
        done += chunk.batch;
    }
out:
    return status;
}

static plait_status enqueue_tensors(plait_model *model, struct stream *stream, size_t batch,
                                    const plait_tensor *const *inputs, plait_tensor *const *outputs)
{
    plait_status status = PLAIT_OK;
    const struct plan *plan = model->plan;
    struct binding *ends = NULL;

    TRY(mem_alloc(&ends, plan->input_count + plan->output_count, sizeof *ends));
    for (size_t i = 0; i < plan->input_count; i++) {
        ends[i] = (struct binding){inputs[i]->buffer, inputs[i]->offset};
    }
    for (size_t i = 0; i < plan->output_count; i++) {
        ends[plan->input_count + i] = (struct binding){outputs[i]->buffer, outputs[i]->offset};
    }
    TRY(enqueue_parts(model, stream, batch, ends));
out:
    mem_free(ends);
    return status;
}

plait_status plait_model_enqueue(plait_model *model, size_t batch, const plait_tensor *const *inputs,
                                 plait_tensor *const *outputs, cl_uint wait_count, const cl_event *wait_list,
                                 cl_event *event)
{
    plait_status status = PLAIT_OK;
    struct stream stream;

    TRY(check_tensors(model, batch, inputs, outputs));
    if ((wait_count > 0) != (wait_list != NULL)) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_enqueue: wait_count is %u but wait_list is %s",
                         (unsigned)wait_count, wait_list ? "not NULL" : "NULL");
    }
    status = begin(model, &stream, wait_count, wait_list);
    if (status == PLAIT_OK) {
        status = enqueue_tensors(model, &stream, batch, inputs, outputs);
    }
    status = stream_end(&stream, status, event);
out:
    return status;
}

plait_status plait_model_run(plait_model *model, size_t batch, const plait_tensor *const *inputs,
                             plait_tensor *const *outputs)
{
    return plait_model_enqueue(model, batch, inputs, outputs, 0, NULL, NULL);
}

/* Makes the device's copies of inputs and outputs, for the planned batch. */
static plait_status make_staging(plait_model *model, struct buffer **buffers, const plait_shape *shapes, size_t count)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; i < count; i++) {
        if (!buffers[i]) {
            TRY(buffer_create(model->context, model->plan->batch * shape_count(shapes[i]) * sizeof(float),
                              &buffers[i]));
        }
    }
out:
    return status;
}

static plait_status check_arrays(const plait_model *model, const float *const *inputs, float *const *outputs)
{
    if (!model || !inputs || !outputs) {
        return error_set(PLAIT_ERR_INVALID, "plait_model_predict: %s is NULL",
                         !model    ? "model"
                         : !inputs ? "inputs"
                                   : "outputs");
    }
    for (size_t i = 0; i < model->plan->input_count; i++) {
        if (!inputs[i]) {
            return error_set(PLAIT_ERR_INVALID, "plait_model_predict: input %zu is NULL", i);
        }
    }
    for (size_t i = 0; i < model->plan->output_count; i++) {
        if (!outputs[i]) {
            return error_set(PLAIT_ERR_INVALID, "plait_model_predict: output %zu is NULL", i);
        }
    }
    return PLAIT_OK;
}

/* Upload, steps and download of the part of a batch after `done` samples. */
static plait_status predict_part(plait_model *model, const struct chunk *chunk, size_t done, const float *const *inputs,
                                 float *const *outputs)
{
    plait_status status = PLAIT_OK;
    const struct plan *plan = model->plan;

    for (size_t i = 0; i < plan->input_count; i++) {
        const size_t size = shape_count(plan->inputs[i]);
        TRY(stream_write(chunk->stream, model->inputs[i], 0, inputs[i] + done * size,
                         chunk->batch * size * sizeof(float)));
    }
    TRY(enqueue_chunk(model, chunk));
    for (size_t i = 0; i < plan->output_count; i++) {
        const size_t size = shape_count(plan->outputs[i]);
        TRY(stream_read(chunk->stream, model->outputs[i], 0, outputs[i] + done * size,
                        chunk->batch * size * sizeof(float)));
    }
out:
    return status;
}

/* Runs a batch by way of the device's copies of inputs and outputs. */
static plait_status predict_staged(plait_model *model, struct stream *stream, size_t batch, const float *const *inputs,
                                   float *const *outputs)
{
    plait_status status = PLAIT_OK;
    const struct plan *plan = model->plan;
    struct binding *bindings = NULL;

    TRY(make_staging(model, model->inputs, plan->inputs, plan->input_count));
    TRY(make_staging(model, model->outputs, plan->outputs, plan->output_count));
    TRY(mem_alloc(&bindings, plan->input_count + plan->output_count, sizeof *bindings));
    for (size_t i = 0; i < plan->input_count; i++) {
        bindings[i].buffer = model->inputs[i];
    }
    for (size_t i = 0; i < plan->output_count; i++) {
        bindings[plan->input_count + i].buffer = model->outputs[i];
    }
    for (size_t done = 0; done < batch;) {
        const struct chunk chunk = {stream, bindings, 0, next_part(model, batch, done)};
        TRY(predict_part(model, &chunk, done, inputs, outputs));
        done += chunk.batch;
    }
out:
    mem_free(bindings);
    return status;
}

static const float *end_memory(const struct plan *plan, size_t index, const float *const *inputs, float *const *outputs)
{
    return index < plan->input_count ? inputs[index] : outputs[index - plan->input_count];
}

/* Whether kernels can work in the arrays themselves: the device does, and no two of them overlap. */
static bool takes_arrays(const plait_model *model, size_t batch, const float *const *inputs, float *const *outputs)
{
    const struct plan *plan = model->plan;

    for (size_t i = 0; i < plan->input_count + plan->output_count; i++) {
        const uintptr_t begin = (uintptr_t)end_memory(plan, i, inputs, outputs);
        const size_t size = end_size(plan, i);
        if (batch > SIZE_MAX / sizeof(float) / size || !buffer_can_wrap(model->context, batch * size * sizeof(float))) {
            return false;
        }
        for (size_t k = 0; k < i; k++) {
            const uintptr_t other = (uintptr_t)end_memory(plan, k, inputs, outputs);
            if (begin < other + batch * end_size(plan, k) * sizeof(float) &&
                other < begin + batch * size * sizeof(float)) {
                return false;
            }
        }
    }
    return true;
}

/* Runs a batch in the arrays; `wrappers` get the buffers that these become, to be freed when the run has ended. */
static plait_status predict_in_place(plait_model *model, struct stream *stream, size_t batch,
                                     const float *const *inputs, float *const *outputs, struct buffer **wrappers)
{
    plait_status status = PLAIT_OK;
    const struct plan *plan = model->plan;
    const size_t count = plan->input_count + plan->output_count;
    struct binding *ends = NULL;

    TRY(mem_alloc(&ends, count, sizeof *ends));
    for (size_t i = 0; i < count; i++) {
        TRY(buffer_wrap(model->context, end_memory(plan, i, inputs, outputs), batch * end_size(plan, i) * sizeof(float),
                        &wrappers[i]));
        ends[i].buffer = wrappers[i];
    }
    TRY(enqueue_parts(model, stream, batch, ends));
out:
    mem_free(ends);
    return status;
}

plait_status plait_model_predict(plait_model *model, size_t batch, const float *const *inputs, float *const *outputs)
{
    plait_status status = PLAIT_OK;
    struct stream stream;
    struct buffer **wrappers = NULL;

    TRY(check_arrays(model, inputs, outputs));
    if (batch == 0) {
        return PLAIT_OK;
    }
    const size_t count = model->plan->input_count + model->plan->output_count;
    TRY(mem_alloc(&wrappers, count, sizeof(struct buffer *)));
    status = begin(model, &stream, 0, NULL);
    if (status == PLAIT_OK) {
        status = takes_arrays(model, batch, inputs, outputs)
                     ? predict_in_place(model, &stream, batch, inputs, outputs, wrappers)
                     : predict_staged(model, &stream, batch, inputs, outputs);
    }
    status = stream_finish(&stream, status);
    for (size_t i = 0; i < count; i++) {
        buffer_free(wrappers[i]);
    }
out:
    mem_free(wrappers);
    return status;
}

plait_status model_repeat(plait_model *model, size_t first, size_t batch, size_t times)
{
    struct stream stream;
    const struct chunk chunk = {.stream = &stream, .first = first, .batch = batch};
    plait_status status = begin(model, &stream, 0, NULL);

    for (size_t i = 0; status == PLAIT_OK && i < times; i++) {
        status = enqueue_chunk(model, &chunk);
    }
    return stream_finish(&stream, status);
}
