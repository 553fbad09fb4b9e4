/* SPDX-License-Identifier: MIT */
/* Random graphs of all that the planner folds, fuses, joins and shares. */
#ifndef SUPPORT_RANDOM_GRAPH_H
#define SUPPORT_RANDOM_GRAPH_H

#include "random.h"
#include "twin.h"

enum { SAMPLE_VALUES = 24, SAMPLE_OUTPUTS = 3 };

/* The values of a graph that grows. */
struct net {
    plait_graph *graph;
    struct random *random;
    struct twin items[SAMPLE_VALUES];
    size_t count;
    size_t input_count; /* the first items */
};

/* What a random graph is run as. */
struct sample {
    struct net net;
    struct twin outputs[SAMPLE_OUTPUTS];
    plait_node input_nodes[SAMPLE_VALUES];
    plait_node output_nodes[SAMPLE_OUTPUTS];
    plait_nodes inputs;
    plait_nodes outs;
    size_t batch;
};

/* Draws one, in scratch memory; sample->net.graph is to be freed with plait_graph_free. */
void random_sample(struct sample *sample, struct random *random);

/* Its inputs' values, and room for its outputs, in scratch memory. */
const float **sample_inputs(const struct sample *sample);
float **sample_outputs(const struct sample *sample);

#endif
