/* SPDX-License-Identifier: MIT */
/* Lesson 3: two pictures go through a branch of convolutions each, and meet.
 *
 *     left  - conv2d - batch_normalization - relu - conv2d -+
 *                                                           +- concatenate - flatten - dense - class
 *     right - conv2d - batch_normalization - relu - conv2d -+
 *
 * The weights are made up; examples/digits_model.c reads the same model's from files. What plait makes of
 * the eleven layers is in the report: six launches of kernels, as the normalizations are folded into
 * the convolutions' weights, and the branches write straight into the joined tensor. */
#include "common.h"

enum { SIZE = 16, CHANNELS = 3, FILTERS = 8, WINDOW = 5, CLASSES = 4, WEIGHTS = 32, REPORT_BYTES = 4096 };

/* Arrays stay the caller's: they must live until the model is created. */
struct weights {
    float *values[WEIGHTS];
    size_t count;
};

/* Numbers between `low` and `high` in an array of this shape. */
static plait_array make_up(struct weights *weights, plait_shape shape, float low, float high)
{
    size_t size = 1;

    for (size_t i = 0; i < shape.rank; i++) {
        size *= shape.dims[i];
    }
    float *values = malloc(size * sizeof *values);
    if (!values || weights->count == WEIGHTS) {
        exit(EXIT_FAILURE);
    }
    for (size_t i = 0; i < size; i++) {
        values[i] = low + (high - low) * (float)(i * 7919 % 1000) / 1000.0F;
    }
    weights->values[weights->count++] = values;
    return (plait_array){values, shape};
}

static plait_node convolve(struct weights *weights, plait_node x, size_t channels)
{
    const plait_conv2d_opts opts = {
        .kernel = make_up(weights, PLAIT_SHAPE(WINDOW, WINDOW, channels, FILTERS), -0.1F, 0.1F),
        .bias = make_up(weights, PLAIT_SHAPE(FILTERS), -0.5F, 0.5F),
        .padding = PLAIT_SAME,
    };

    return plait_conv2d(x, &opts);
}

static plait_node branch(struct weights *weights, plait_node x)
{
    const plait_batch_normalization_opts opts = {
        .gamma = make_up(weights, PLAIT_SHAPE(FILTERS), 0.5F, 1.5F),
        .beta = make_up(weights, PLAIT_SHAPE(FILTERS), -0.5F, 0.5F),
        .moving_mean = make_up(weights, PLAIT_SHAPE(FILTERS), -0.1F, 0.1F),
        .moving_variance = make_up(weights, PLAIT_SHAPE(FILTERS), 0.5F, 2.0F),
    };

    x = convolve(weights, x, CHANNELS);
    x = plait_relu(plait_batch_normalization(x, &opts), NULL);
    return convolve(weights, x, FILTERS);
}

static plait_model *create_model(plait_context *context)
{
    struct weights weights = {0};
    plait_graph *graph = NULL;
    plait_model *model = NULL;

    check(plait_graph_create(&graph));
    const plait_node left = plait_input(graph, "left", PLAIT_SHAPE(SIZE, SIZE, CHANNELS));
    const plait_node right = plait_input(graph, "right", PLAIT_SHAPE(SIZE, SIZE, CHANNELS));
    const plait_node ends[] = {branch(&weights, left), branch(&weights, right)};
    const plait_node joined = plait_flatten(plait_concatenate((plait_nodes){ends, 2}, -1, NULL), NULL);
    const plait_dense_opts opts = {
        .kernel = make_up(&weights, PLAIT_SHAPE(SIZE * SIZE * 2 * FILTERS, CLASSES), -0.1F, 0.1F),
        .activation = PLAIT_SOFTMAX,
    };
    const plait_node classes = plait_dense(joined, &opts);
    check(plait_model_create(context, PLAIT_NODES(left, right), PLAIT_NODES(classes), NULL, &model));

    plait_graph_free(graph); /* the model has taken what it needs */
    while (weights.count > 0) {
        free(weights.values[--weights.count]);
    }
    return model;
}

int main(void)
{
    static float left[SIZE * SIZE * CHANNELS];
    static float right[SIZE * SIZE * CHANNELS];
    static char report[REPORT_BYTES];
    float classes[CLASSES];
    plait_context *context = NULL;

    check(plait_context_create(NULL, NULL, &context));
    plait_model *model = create_model(context);
    check(plait_model_report(model, report, sizeof report, NULL));
    printf("%s\n", report);

    for (size_t i = 0; i < SIZE * SIZE * CHANNELS; i++) {
        left[i] = (float)(i % 7) / 7.0F;
        right[i] = (float)(i % 5) / 5.0F;
    }
    check(plait_model_predict(model, 1, (const float *const[]){left, right}, (float *const[]){classes}));
    for (size_t i = 0; i < CLASSES; i++) {
        printf("class %zu: %.3f\n", i, (double)classes[i]);
    }
    plait_model_free(model);
    plait_context_free(context);
    return EXIT_SUCCESS;
}
