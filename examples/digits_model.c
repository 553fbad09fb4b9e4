/* SPDX-License-Identifier: MIT */
/* The model, as Keras saved it (tools/make_digits.py):
 *
 *     left  - conv1 - bn - ReLU - conv2 -+
 *                                        +- merge - flatten - dense1 - dense2 - flatten
 *     right - conv1 - bn - ReLU - conv2 -+
 */
#include "digits.h"

plait_model *digits_model_create(plait_context *context, const char *merge)
{
    char path[1024];
    plait_graph *graph = NULL;
    plait_keras *keras = NULL;
    plait_model *model = NULL;

    (void)snprintf(path, sizeof path, "%s/%s.keras", DIGITS_FOLDER, merge);
    check(plait_graph_create(&graph));
    check(plait_load_keras(graph, path, NULL, &keras));
    check(plait_model_create(context, plait_keras_inputs(keras), plait_keras_outputs(keras), NULL, &model));

    plait_keras_free(keras); /* the model has its own copy of the weights */
    plait_graph_free(graph);
    return model;
}
