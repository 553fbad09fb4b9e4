/* SPDX-License-Identifier: MIT */
/* What a model holds. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "device/profile.h"
#include "plan/plan.h"

#include <plait/model.h>

/* A layer as the summary prints it. */
struct layer_row {
    char *name;
    const char *class_name;
    plait_shape shape;
    size_t params;        /* numbers in its weights, */
    size_t frozen_params; /* and how many of them are not trained */
    char *connected;      /* "conv2d[0][0], input_layer[0][0]"; "-" for inputs */
    size_t *inputs;       /* rows of the layers it reads */
    size_t input_count;
    size_t depth; /* longest way to an output */
};

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

/* The rows of the inputs and of all layers that the outputs depend on, in Keras's order; freed with
 * rows_free. The nodes must have been checked, as plan_create does. */
plait_status rows_create(plait_nodes inputs, plait_nodes outputs, struct layer_row **rows, size_t *count);
void rows_free(struct layer_row *rows, size_t count);

/* The same after checking the nodes as plan_create does. */
plait_status rows_of_graph(plait_nodes inputs, plait_nodes outputs, struct layer_row **rows, size_t *count);

/* The summary of rows, as plait_graph_summary. */
plait_status rows_summary(const struct layer_row *rows, size_t count, const plait_summary_opts *opts,
                          struct text *out);

#endif
