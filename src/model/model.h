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

#endif
