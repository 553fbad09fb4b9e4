/* SPDX-License-Identifier: MIT */
/* What the tests of single variants of conv2d share. `variant` is "conv2d=fft_cpu", say. */
#ifndef OPS_CONV2D_TRIALS_H
#define OPS_CONV2D_TRIALS_H

#include "random.h"
#include "trial.h"

struct conv2d_case {
    const char *name;
    size_t batch;
    size_t x[3];      /* rows, cols, channels */
    size_t kernel[3]; /* rows, cols, filters */
    bool same;
    size_t planned;
};

static plait_conv2d_opts conv2d_options(const struct conv2d_case *c, struct random *random, enum data data)
{
    const plait_shape kernel = PLAIT_SHAPE(c->kernel[0], c->kernel[1], c->x[2], c->kernel[2]);

    return (plait_conv2d_opts){
        .kernel = {random_floats(random, data, c->kernel[0] * c->kernel[1] * c->x[2] * c->kernel[2]), kernel},
        .bias = {random_floats(random, data, c->kernel[2]), PLAIT_SHAPE(c->kernel[2])},
        .padding = c->same ? PLAIT_SAME : PLAIT_VALID,
    };
}

static struct twin conv2d_input(const struct conv2d_case *c, struct random *random, enum data data)
{
    return twin_input(twin_graph(), PLAIT_SHAPE(c->x[0], c->x[1], c->x[2]), c->batch,
                      random_floats(random, data, c->batch * c->x[0] * c->x[1] * c->x[2]));
}

static struct trial conv2d_trial(const char *variant, const struct conv2d_case *c)
{
    return (struct trial){.name = c->name, .gate = GATE_FAST, .run = {.variants = variant, .planned = c->planned}};
}

static void conv2d_run(const char *variant, const struct conv2d_case *c, struct random *random, enum data data)
{
    const plait_conv2d_opts opts = conv2d_options(c, random, data);
    const struct twin x = conv2d_input(c, random, data);
    const struct twin y = twin_conv2d(x, &opts);
    struct trial trial = conv2d_trial(variant, c);

    trial.inputs = &x;
    trial.input_count = 1;
    trial.outputs = &y;
    trial.output_count = 1;
    trial_run(&trial);
    plait_graph_free(x.node.graph);
    scratch_reset();
}

/* From a slice of one joined tensor into a slice of another, with all that a convolution may take along. */
static void conv2d_slices(const char *variant, const struct conv2d_case *c)
{
    struct random random = random_stream("slices");

    for (int axis = 1; axis <= 3; axis++) {
        const plait_conv2d_opts opts = conv2d_options(c, &random, DATA_NORMAL);
        const struct twin x = conv2d_input(c, &random, DATA_NORMAL);
        const struct twin part = twin_relu(x, NULL);
        const struct twin conv = twin_conv2d(part, &opts);
        const struct twin sum = twin_merge(MERGE_ADD, (struct twin[]){part, conv}, 2);
        const struct twin outputs[] = {
            twin_concatenate((struct twin[]){x, part}, 2, axis),
            twin_concatenate((struct twin[]){part, twin_activate(sum, PLAIT_SIGMOID), x}, 3, axis),
        };
        struct trial trial = conv2d_trial(variant, c);
        trial.inputs = &x;
        trial.input_count = 1;
        trial.outputs = outputs;
        trial.output_count = 2;
        trial_run(&trial);
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

/* A folded normalization and no bias. */
static void conv2d_epilogue(const char *variant, const struct conv2d_case *c)
{
    struct random random = random_stream("epilogue");
    const plait_shape shape = PLAIT_SHAPE(c->kernel[2]);

    plait_conv2d_opts opts = conv2d_options(c, &random, DATA_NORMAL);
    opts.bias = (plait_array){0};
    const plait_batch_normalization_opts norm = {
        .gamma = {random_floats(&random, DATA_NORMAL, c->kernel[2]), shape},
        .beta = {random_floats(&random, DATA_NORMAL, c->kernel[2]), shape},
        .moving_mean = {random_floats(&random, DATA_NORMAL, c->kernel[2]), shape},
        .moving_variance = {random_floats(&random, DATA_POSITIVE, c->kernel[2]), shape},
    };
    const struct twin x = conv2d_input(c, &random, DATA_NORMAL);
    const struct twin y = twin_relu(twin_batch_normalization(twin_conv2d(x, &opts), &norm), NULL);
    struct trial trial = conv2d_trial(variant, c);
    trial.inputs = &x;
    trial.input_count = 1;
    trial.outputs = &y;
    trial.output_count = 1;
    trial_run(&trial);
    plait_graph_free(x.node.graph);
    scratch_reset();
}

struct conv2d_refusal {
    const char *message;
    size_t kernel[4];
    plait_conv2d_opts opts;
    plait_accuracy accuracy;
};

/* What a variant refuses when it is forced, and why. */
static void conv2d_check_refusals(const char *variant, const struct conv2d_refusal *cases, size_t count)
{
    static const float data[5 * 5 * 4 * 4];

    for (size_t i = 0; i < count; i++) {
        plait_graph *graph = twin_graph();
        plait_conv2d_opts opts = cases[i].opts;
        const size_t *kernel = cases[i].kernel;
        opts.kernel = (plait_array){data, PLAIT_SHAPE(kernel[0], kernel[1], kernel[2], kernel[3])};
        opts.padding = PLAIT_SAME;
        const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(8, 8, 4));
        const plait_node y = plait_conv2d(x, &opts);
        const plait_model_opts model_opts = {.variants = variant, .accuracy = cases[i].accuracy};
        plait_model *model = NULL;
        check_message(plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y), &model_opts, &model),
                      PLAIT_ERR_UNSUPPORTED, cases[i].message);
        plait_graph_free(graph);
    }
}

#endif
