/* SPDX-License-Identifier: MIT */
/* What a model holds. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "device/chain.h"
#include "device/profile.h"
#include "model/rows.h"
#include "plan/plan.h"

#include <plait/model.h>

/* What a step needs on the device. */
struct step_objects {
    struct kernel *kernels[STEP_MAX_KERNELS];
    struct buffer *packed; /* NULL: no weights */
};

/* Memory of an input or output of the model: buffer and first element. */
struct binding {
    const struct buffer *buffer;
    size_t offset;
};

/* One run of up to the planned batch. */
struct chunk {
    struct stream *stream;
    const struct binding *ends; /* the inputs, then the outputs; NULL: all is in the arena */
    size_t first;               /* sample in the views */
    size_t batch;
};

enum { RECORDINGS = 4 }; /* that a model keeps: of callers with two sets of tensors, and a last part of a batch */

struct recording;

struct plait_model {
    plait_context *context;
    struct plan *plan;
    struct step_objects *objects; /* one a step */
    struct chain *chain;          /* that their kernels are of; NULL: each stands alone */
    struct recording *recordings[RECORDINGS];
    size_t next_recording; /* to be replaced */
    struct buffer *arena;         /* NULL: no intermediate values */
    struct buffer **inputs;       /* for runs from host memory; made when the first comes */
    struct buffer **outputs;
    struct operand *operands; /* room for the inputs of any step */
    struct profile *profile;  /* times of the last run; NULL: the context does not profile */
    struct layer_row *rows;
    size_t row_count;
};

/* Plans for the context's device; opts as plait_model_create's. With tunings NULL, all steps are such as can be
 * measured. */
plait_status model_plan(const plait_context *context, plait_nodes inputs, plait_nodes outputs,
                        const plait_model_opts *opts, const struct tunings *tunings, struct plan **plan);

/* Makes what the plan needs on the device; model_release frees it, also after a failure, and nothing else. */
plait_status model_realize(plait_model *model, const plait_model_opts *opts);
void model_release(plait_model *model);

/* Runs `batch` of the planned samples from number `first` on, `times` over, on a plan whose memory is all in the
 * arena, and waits. */
plait_status model_repeat(plait_model *model, size_t first, size_t batch, size_t times);

/* Puts the kernels of a step on the stream. */
plait_status model_enqueue_step(plait_model *model, size_t index, const struct chunk *chunk);

/* Runs a chunk by the model's chain. */
plait_status recording_run(plait_model *model, const struct chunk *chunk);

/* Frees a recording; NULL is allowed. */
void recording_free(struct recording *recording);

#endif
