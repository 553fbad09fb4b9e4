/* SPDX-License-Identifier: MIT */
#include "ops/weight.h"

#include <string.h>

void weight_optional(plait_graph *graph, struct node *node, const char *name, plait_array array, plait_shape wanted)
{
    if (array.data || array.shape.rank > 0) {
        (void)node_weight(graph, node, name, array, wanted);
    }
}

void weight_frozen(plait_graph *graph, struct node *node, const char *name, plait_array array, plait_shape wanted)
{
    if (node_weight(graph, node, name, array, wanted)) {
        node->weights[node->weight_count - 1].frozen = true;
    }
}

const float *weight_values(const struct weight *weights, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(weights[i].name, name) == 0) {
            return weights[i].array.data;
        }
    }
    return NULL;
}
