/* SPDX-License-Identifier: MIT */
/* What a model holds. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "device/profile.h"
#include "model/rows.h"
#include "plan/plan.h"

#include <plait/model.h>

/* What a step needs on the device. */
struct step_objects {
    struct kernel *kernels[STEP_MAX_KERNELS];
    struct buffer *packed; /* NULL: no weights */
};

struct plait_model {
    plait_context *context;
    struct plan *plan;
    struct step_objects *objects; /* one a step */
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

#endif
