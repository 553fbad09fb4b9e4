/* SPDX-License-Identifier: MIT */
#include "cli/model_file.h"

#include <stdlib.h>
#include <string.h>

plait_status model_file_open(const char *path, const plait_keras_size *sizes, size_t size_count,
                             struct model_file *out)
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
    char *equals = strchr(text, '=');
    char *digits = equals ? equals + 1 : text;

    *size = (plait_keras_size){.input = equals ? text : NULL};
    if (equals) {
        *equals = 0;
    }
    for (char *end = digits; *end != 0 || end == digits; digits = end + (*end == ',')) {
        const unsigned long long dim = strtoull(digits, &end, 10);
        if (end == digits || (*end != ',' && *end != 0) || dim == 0 || size->shape.rank == PLAIT_MAX_RANK) {
            return 0;
        }
        size->shape.dims[size->shape.rank++] = (size_t)dim;
        if (*end == 0) {
            return 1;
        }
    }
    return 0;
}

void model_file_free(struct model_file *file)
{
    plait_keras_free(file->keras);
    plait_graph_free(file->graph);
}
