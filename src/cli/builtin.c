/* SPDX-License-Identifier: MIT */
#include "cli/builtin.h"

#include "cli/supply.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 32, CHANNELS = 3, KERNEL = 24, FILTERS = 64, HIDDEN = 24, CLASSES = 10 };
enum { FLOATS = 8 << 20 }; /* more than the weights of either model */

static plait_node conv2d(plait_node x, struct supply *supply, size_t channels)
{
    const float scale = 1.0F / sqrtf((float)(KERNEL * KERNEL) * (float)channels);
    const plait_conv2d_opts opts = {
        .kernel = take(supply, PLAIT_SHAPE(KERNEL, KERNEL, channels, FILTERS), scale, 0),
        .bias = take(supply, PLAIT_SHAPE(FILTERS), 0.1F, 0),
        .padding = PLAIT_SAME,
    };

    return plait_conv2d(x, &opts);
}

static plait_node branch(plait_node x, struct supply *supply)
{
    const plait_batch_normalization_opts bn = {
        .gamma = take(supply, PLAIT_SHAPE(FILTERS), 0.5F, 1),
        .beta = take(supply, PLAIT_SHAPE(FILTERS), 0.1F, 0),
        .moving_mean = take(supply, PLAIT_SHAPE(FILTERS), 0.1F, 0),
        .moving_variance = take(supply, PLAIT_SHAPE(FILTERS), 0.5F, 1),
    };

    x = plait_relu(plait_batch_normalization(conv2d(x, supply, CHANNELS), &bn), NULL);
    return conv2d(x, supply, FILTERS);
}

static plait_node dense(plait_node x, struct supply *supply, size_t units)
{
    const size_t channels = plait_node_shape(x).dims[0];
    const plait_dense_opts opts = {
        .kernel = take(supply, PLAIT_SHAPE(channels, units), 1.0F / sqrtf((float)channels), 0),
        .bias = take(supply, PLAIT_SHAPE(units), 0.1F, 0),
        .activation = PLAIT_SOFTMAX,
    };

    return plait_dense(x, &opts);
}

plait_status builtin_create(const char *name, struct builtin *out)
{
    *out = (struct builtin){0};
    const int add = strcmp(name, "two_branch_add") == 0;
    if (!add && strcmp(name, "two_branch_concat") != 0) {
        return PLAIT_ERR_INVALID;
    }
    out->weights = malloc(FLOATS * sizeof *out->weights);
    if (!out->weights) {
        return PLAIT_ERR_HOST_MEMORY;
    }
    const plait_status status = plait_graph_create(&out->graph);
    if (status != PLAIT_OK) {
        return status;
    }
    struct supply supply = {.next = out->weights, .left = FLOATS, .state = 1};
    out->inputs[0] = plait_input(out->graph, "left", PLAIT_SHAPE(SIZE, SIZE, CHANNELS));
    out->inputs[1] = plait_input(out->graph, "right", PLAIT_SHAPE(SIZE, SIZE, CHANNELS));
    const plait_node left = branch(out->inputs[0], &supply);
    const plait_node right = branch(out->inputs[1], &supply);
    plait_node x =
        add ? plait_add(PLAIT_NODES(left, right), NULL) : plait_concatenate(PLAIT_NODES(left, right), -1, NULL);
    x = dense(plait_flatten(x, NULL), &supply, HIDDEN);
    out->output = plait_flatten(dense(x, &supply, CLASSES), NULL);
    return PLAIT_OK;
}

void builtin_free(struct builtin *builtin)
{
    plait_graph_free(builtin->graph);
    free(builtin->weights);
}
