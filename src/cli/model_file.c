/* SPDX-License-Identifier: MIT */
#include "cli/model_file.h"

#include "cli/cli.h"

#include <string.h>

plait_status model_file_open(const char *path, const plait_keras_size *sizes, size_t size_count, struct model_file *out)
{
    const plait_keras_opts opts = {.sizes = sizes, .size_count = size_count};

    *out = (struct model_file){0};
    plait_status status = plait_graph_create(&out->graph);
    if (status == PLAIT_OK) {
        status = plait_load_keras(out->graph, path, &opts, &out->keras);
    }
    if (status == PLAIT_OK) {
        out->inputs = plait_keras_inputs(out->keras);
        out->outputs = plait_keras_outputs(out->keras);
    }
    return status;
}

int parse_size(char *text, plait_keras_size *size)
{
    *size = (plait_keras_size){0};
    char *digits = split_name(text, &size->input);

    while (size->shape.rank < PLAIT_MAX_RANK) {
        char *comma = strchr(digits, ',');
        if (comma) {
            *comma = 0;
        }
        const size_t dim = parse_count(digits);
        size->shape.dims[size->shape.rank++] = dim;
        if (dim == 0 || !comma) {
            return dim > 0;
        }
        digits = comma + 1;
    }
    return 0;
}

void model_file_free(struct model_file *file)
{
    plait_keras_free(file->keras);
    plait_graph_free(file->graph);
}
