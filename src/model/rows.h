/* SPDX-License-Identifier: MIT */
/* The layers of a model as summaries and pictures show them. */
#ifndef MODEL_ROWS_H
#define MODEL_ROWS_H

#include "base/text.h"

#include <plait/graph.h>
#include <stdbool.h>

/* One layer. */
struct layer_row {
    char *name;
    char *class_name;
    size_t level;        /* of models that it is in: 0 for the model's own layers. An inner model's follow it */
    plait_shape *shapes; /* of the samples that its last call gives */
    size_t shape_count;
    size_t params;        /* numbers in its weights, */
    size_t frozen_params; /* how many of them are not trained, */
    size_t whole_params;  /* and how many of these are whole numbers of 8 bytes */
    bool frozen;          /* the layer as a whole */
    char *connected;      /* "conv2d[0][0], input_layer[0][0]" of all its calls; "-" for inputs */
    size_t *inputs;       /* rows of the layers it reads, of its own level */
    size_t input_count;
    plait_shape *input_shapes; /* of the samples that its last call reads */
    size_t input_shape_count;
};

/* The rows of the inputs and of all layers that the outputs depend on, in Keras's order; freed with
 * rows_free. The nodes must have been checked, as plan_create does. */
plait_status rows_create(plait_nodes inputs, plait_nodes outputs, struct layer_row **rows, size_t *count);
void rows_free(struct layer_row *rows, size_t count);

/* The same after checking the nodes as plan_create does. */
plait_status rows_of_graph(plait_nodes inputs, plait_nodes outputs, struct layer_row **rows, size_t *count);

/* The summary of rows, as plait_graph_summary. */
plait_status rows_summary(const struct layer_row *rows, size_t count, const plait_summary_opts *opts, struct text *out);

/* The picture of rows, as plait_graph_dot. */
plait_status rows_dot(const struct layer_row *rows, size_t count, struct text *out);

#endif
