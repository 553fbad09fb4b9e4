/* SPDX-License-Identifier: MIT */
/* A model file, read into a graph of its own. */
#ifndef CLI_MODEL_FILE_H
#define CLI_MODEL_FILE_H

#include <plait.h>

struct model_file {
    plait_graph *graph;
    plait_keras *keras;
    plait_nodes inputs;
    plait_nodes outputs;
};

/* Reads a Keras file; `sizes` are for inputs that it leaves open. Freed with model_file_free, also after a
 * failure. */
plait_status model_file_open(const char *path, const plait_keras_size *sizes, size_t size_count,
                             struct model_file *out);

/* Reads "[NAME=]32,32,3" as the size of an input; 0 if it is none. The text is cut in place. */
int parse_size(char *text, plait_keras_size *size);

void model_file_free(struct model_file *file);

#endif
