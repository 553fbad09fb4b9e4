/* SPDX-License-Identifier: MIT */
/* Runs by way of a chain: what a run launches depends on its batch and on where its ends lie, but not on their buffers,
 * and is recorded when the first of its kind comes. */
#include "base/memory.h"
#include "device/stream.h"
#include "model/model.h"

/* Where an end lies, as far as launches know. */
struct end {
    size_t offset;
    size_t twin; /* the first end that is in the same buffer */
};

/* A kind of run. */
struct recording {
    size_t first;
    size_t batch;
    struct end *ends; /* the model's inputs and outputs; none of a run in the arena */
    size_t end_count;
    struct tape *tape;
};

void recording_free(struct recording *recording)
{
    if (recording) {
        tape_free(recording->tape);
        mem_free(recording->ends);
        mem_free(recording);
    }
}

static struct end end_of(const struct binding *ends, size_t index)
{
    struct end end = {ends[index].offset, 0};

    while (ends[end.twin].buffer != ends[index].buffer) {
        end.twin++;
    }
    return end;
}

static bool holds_for(const struct recording *recording, const struct chunk *chunk, size_t end_count)
{
    if (recording->first != chunk->first || recording->batch != chunk->batch || recording->end_count != end_count) {
        return false;
    }
    for (size_t i = 0; i < end_count; i++) {
        const struct end end = end_of(chunk->ends, i);
        if (recording->ends[i].offset != end.offset || recording->ends[i].twin != end.twin) {
            return false;
        }
    }
    return true;
}

static plait_status record_steps(plait_model *model, const struct chunk *chunk, struct tape *tape)
{
    plait_status status = PLAIT_OK;
    const struct plan *plan = model->plan;
    struct stream stream;
    struct chunk recorded = *chunk;

    recorded.stream = &stream;
    tape_open(tape, &stream);
    for (size_t i = 0; i < plan->step_count; i++) {
        TRY(tape_step(tape, i, plan->steps[i].waits, plan->steps[i].wait_count));
        TRY(model_enqueue_step(model, i, &recorded));
    }
out:
    return status;
}

static plait_status record(plait_model *model, const struct chunk *chunk, const struct buffer *const *buffers,
                           size_t end_count, struct recording **out)
{
    plait_status status = PLAIT_OK;
    struct recording *recording = NULL;

    TRY(mem_alloc(&recording, 1, sizeof *recording));
    recording->first = chunk->first;
    recording->batch = chunk->batch;
    TRY(mem_alloc(&recording->ends, end_count, sizeof *recording->ends));
    for (size_t i = 0; i < end_count; i++) {
        recording->ends[recording->end_count++] = end_of(chunk->ends, i);
    }
    TRY(tape_create(model->chain, &recording->tape));
    TRY(record_steps(model, chunk, recording->tape));
    TRY(tape_close(recording->tape, buffers, end_count));
    *out = recording;
    recording = NULL; /* now the caller's */
out:
    recording_free(recording);
    return status;
}

/* The recording that holds for the chunk, made if there is none, in place of the oldest. */
static plait_status find(plait_model *model, const struct chunk *chunk, const struct buffer *const *buffers,
                         size_t end_count, const struct recording **out)
{
    plait_status status = PLAIT_OK;
    struct recording *made = NULL;

    for (size_t i = 0; i < RECORDINGS; i++) {
        if (model->recordings[i] && holds_for(model->recordings[i], chunk, end_count)) {
            *out = model->recordings[i];
            return PLAIT_OK;
        }
    }
    TRY(record(model, chunk, buffers, end_count, &made));
    recording_free(model->recordings[model->next_recording]);
    model->recordings[model->next_recording] = made;
    model->next_recording = (model->next_recording + 1) % RECORDINGS;
    *out = made;
out:
    return status;
}

plait_status recording_run(plait_model *model, const struct chunk *chunk)
{
    plait_status status = PLAIT_OK;
    const size_t end_count = chunk->ends ? model->plan->input_count + model->plan->output_count : 0;
    const struct recording *recording = NULL;
    const struct buffer **buffers = NULL;

    TRY(mem_alloc(&buffers, end_count, sizeof *buffers));
    for (size_t i = 0; i < end_count; i++) {
        buffers[i] = chunk->ends[i].buffer;
    }
    TRY(find(model, chunk, buffers, end_count, &recording));
    TRY(tape_play(recording->tape, chunk->stream, buffers));
out:
    mem_free(buffers);
    return status;
}
