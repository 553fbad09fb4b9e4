/* SPDX-License-Identifier: MIT */
/* Pooling in the store of the convolution before it: the values are the oracle's, and the same bits as those of two
 * steps. */
#include "convolution.h"
#include "oracle_pooling.h"
#include "weights.h"

#include <math.h>
#include <string.h>

static const char *const operators[] = {[POOLING_MAX] = "max_pooling2d", [POOLING_AVERAGE] = "average_pooling2d"};

struct tail_case {
    const char *name;
    size_t x[3]; /* rows, cols, channels */
    size_t filters;
    enum pooling kind;
    size_t window[2]; /* 0: 2 */
    bool same;        /* the tail's windows */
    bool valid;       /* the convolution's */
    size_t kernel[2]; /* 0: 3 */
    size_t batch;     /* 0: 1 */
    plait_activation activation;
    bool residual;
    bool kept;   /* others read what the convolution makes */
    bool joined; /* all are parts of joined tensors */
};

static struct twin tail(struct twin x, const struct tail_case *c)
{
    const plait_pooling2d_opts pool = {.pool_size = {c->window[0], c->window[1]},
                                       .padding = c->same ? PLAIT_SAME : PLAIT_VALID};

    return (struct twin){c->kind == POOLING_MAX ? plait_max_pooling2d(x.node, &pool)
                                                : plait_average_pooling2d(x.node, &pool),
                         oracle_pooling2d(c->kind, x.ref, &pool)};
}

static struct twin convolve(struct random *random, struct twin x, const struct tail_case *c, enum data data)
{
    const size_t rows = c->kernel[0] ? c->kernel[0] : 3;
    const size_t cols = c->kernel[1] ? c->kernel[1] : 3;
    const struct twin y = twin_conv2d(
        x, &(plait_conv2d_opts){
               .kernel = random_array(random, data, PLAIT_SHAPE(rows, cols, x.ref.shape.dims[3], c->filters)),
               .bias = random_array(random, data, PLAIT_SHAPE(c->filters)),
               .padding = c->valid ? PLAIT_VALID : PLAIT_SAME,
           });

    return twin_activate(c->residual ? twin_merge(MERGE_ADD, (struct twin[]){x, y}, 2) : y, c->activation);
}

static plait_nodes nodes_of(const struct twin *twins, size_t count)
{
    plait_node *nodes = scratch(count, sizeof *nodes);

    for (size_t i = 0; i < count; i++) {
        nodes[i] = twins[i].node;
    }
    return (plait_nodes){nodes, count};
}

static bool is_cpu(void)
{
    plait_device_info info;

    check_ok(plait_context_device(fixture_context(false), &info));
    return info.kind == PLAIT_DEVICE_CPU;
}

/* The convolution's variants that take a tail whose windows fill tiles, and how often they had one. */
struct taker {
    const char *variant;
    size_t cells; /* of a tile, along an axis */
    size_t most_channels;
    size_t count;
};

static struct taker takers[] = {
    {"winograd4_cpu", 4, SIZE_MAX}, {"winograd2_cpu", 2, SIZE_MAX}, {"cpu", 4, 15 /* of pixels side by side */}};

enum { TAKERS = sizeof takers / sizeof *takers };

static struct taker *taker_of(const char *variant, const struct tail_case *c)
{
    for (size_t i = 0; i < TAKERS; i++) {
        if (strcmp(variant, takers[i].variant) == 0 && c->window[0] <= takers[i].cells &&
            c->window[1] <= takers[i].cells && c->x[2] <= takers[i].most_channels && !(c->joined && c->x[2] < 16)) {
            return &takers[i];
        }
    }
    return NULL;
}

/* Checks that the tail has no step of its own if the convolution's variant takes one. */
static void check_steps(const struct tail_case *c, plait_nodes inputs, plait_nodes outputs,
                        const plait_model_opts *opts)
{
    plait_model *model = NULL;
    struct taker *taker = NULL;
    bool apart = false;

    check_ok(plait_model_create(fixture_context(false), inputs, outputs, opts, &model));
    for (size_t i = 0; i < plait_model_step_count(model); i++) {
        plait_step_info info;
        check_ok(plait_model_step(model, i, &info));
        taker = strcmp(info.kind, "conv2d") == 0 ? taker_of(info.variant, c) : taker;
        apart = apart || strcmp(info.kind, operators[c->kind]) == 0;
    }
    check_that(apart == !taker, "%s: the tail has %s", c->name, apart ? "a step of its own" : "no step");
    if (taker) {
        taker->count++;
    }
    plait_model_free(model);
}

/* Runs the case as planned, and with a step for the tail, which it has when a variant is demanded of it. */
static void check_bits(const struct tail_case *c, struct twin x, const struct twin *outputs, size_t count,
                       const struct run_opts *opts)
{
    const size_t batch = x.ref.shape.dims[0];
    const float *values = reference_floats(&x.ref);
    struct run_opts apart = *opts;
    float *got[2];
    float *want[2];

    for (size_t i = 0; i < count; i++) {
        got[i] = scratch(outputs[i].ref.count, sizeof *got[i]);
        want[i] = scratch(outputs[i].ref.count, sizeof *want[i]);
    }
    apart.variants = scratch_text("%s=cpu", operators[c->kind]);
    check_ok(fixture_run(PLAIT_NODES(x.node), nodes_of(outputs, count), opts, batch, &values, got));
    check_ok(fixture_run(PLAIT_NODES(x.node), nodes_of(outputs, count), &apart, batch, &values, want));
    for (size_t i = 0; i < count; i++) {
        check_verdict(compare_floats(got[i], want[i], outputs[i].ref.count), "%s, output %zu, against two steps",
                      c->name, i);
    }
}

static struct twin input(struct random *random, const struct tail_case *c, enum data data)
{
    const size_t batch = c->batch ? c->batch : 1;

    return twin_input(twin_graph(), PLAIT_SHAPE(c->x[0], c->x[1], c->x[2]), batch,
                      random_floats(random, data, batch * c->x[0] * c->x[1] * c->x[2]));
}

static void check(const struct tail_case *c, struct twin x, const struct twin *outputs, size_t count,
                  const struct trial *trial)
{
    struct trial complete = *trial;

    complete.name = c->name;
    complete.inputs = &x;
    complete.input_count = 1;
    complete.outputs = outputs;
    complete.output_count = count;
    check_ok(plait_graph_check(x.node.graph));
    if (is_cpu()) {
        const plait_model_opts opts = {.batch = c->batch ? c->batch : 1, .accuracy = trial->run.accuracy};
        check_steps(c, PLAIT_NODES(x.node), nodes_of(outputs, count), &opts);
        check_bits(c, x, outputs, count, &trial->run);
    }
    trial_run(&complete);
    plait_graph_free(x.node.graph);
    scratch_reset();
}

/* Batches are run in parts. */
static void try_case(const struct tail_case *c, enum data data, struct trial trial)
{
    struct random random = random_stream(c->name);
    const struct twin x = input(&random, c, data);
    const struct twin part = c->joined ? twin_relu(x, NULL) : x;
    const struct twin conv = convolve(&random, part, c, data);
    const struct twin y = tail(conv, c);

    trial.run.planned = c->batch > 1 ? c->batch - 1 : 1;
    if (c->joined) {
        const struct twin joined = twin_concatenate((struct twin[]){twin_relu(y, NULL), y}, 2, 3);
        const struct twin beside = twin_concatenate((struct twin[]){part, conv, x}, 3, 3);
        check(c, x, (struct twin[]){joined, c->kept ? beside : twin_concatenate((struct twin[]){part, x}, 2, 3)}, 2,
              &trial);
    } else {
        check(c, x, (struct twin[]){y, conv}, c->kept ? 2 : 1, &trial);
    }
}

static void values_are_those_of_two_steps(void **state)
{
    static const struct tail_case cases[] = {
        {"VGG", {16, 16, 32}, 32, POOLING_MAX, .activation = PLAIT_RELU},
        {"one tile", {4, 4, 16}, 16, POOLING_MAX, .batch = 8},
        {"odd, valid", {15, 13, 17}, 33, POOLING_MAX, .batch = 3},
        {"odd, same", {15, 13, 17}, 33, POOLING_MAX, .same = true, .batch = 3},
        {"odd means, valid", {13, 15, 20}, 5, POOLING_AVERAGE, .activation = PLAIT_TANH},
        {"odd means, same", {13, 15, 20}, 5, POOLING_AVERAGE, .same = true, .batch = 2, .activation = PLAIT_RELU6},
        {"a convolution that is valid", {17, 19, 16}, 31, POOLING_AVERAGE, .valid = true, .same = true},
        {"windows of a tile", {29, 30, 32}, 32, POOLING_MAX, {4, 4}},
        {"columns of pixels", {18, 19, 32}, 30, POOLING_AVERAGE, {2, 1}, .same = true},
        {"pairs of pixels", {18, 19, 32}, 30, POOLING_MAX, {1, 2}, .same = true},
        {"lines", {9, 21, 40}, 24, POOLING_AVERAGE, {1, 2}, .same = true, .kernel = {1, 7}},
        {"columns", {21, 9, 40}, 24, POOLING_MAX, {4, 1}, .kernel = {7, 1}},
        {"U-Net, down", {28, 29, 24}, 24, POOLING_MAX, .kept = true, .activation = PLAIT_RELU},
        {"U-Net, joined", {28, 29, 24}, 24, POOLING_AVERAGE, .kept = true, .joined = true, .batch = 3},
        {"joined", {12, 13, 35}, 40, POOLING_MAX, .joined = true, .batch = 2, .same = true},
        {"residual", {11, 10, 33}, 33, POOLING_MAX, .residual = true, .activation = PLAIT_RELU, .batch = 2},
        {"residual, kept", {11, 10, 33}, 33, POOLING_AVERAGE, .residual = true, .same = true, .kept = true},
        {"small tiles", {8, 8, 64}, 64, POOLING_MAX, .batch = 2},
        {"small tiles, means", {13, 15, 20}, 16, POOLING_AVERAGE, .same = true, .kept = true},
        {"small tiles, joined", {6, 6, 100}, 64, POOLING_MAX, .joined = true, .same = true},
        {"strips", {28, 28, 3}, 32, POOLING_MAX, .activation = PLAIT_RELU},
        {"strips, kept", {20, 22, 4}, 40, POOLING_AVERAGE, .kept = true, .batch = 2, .activation = PLAIT_TANH},
        {"strips, odd", {31, 29, 1}, 33, POOLING_MAX, .batch = 3},
    };

    (void)state;
    const size_t step = test_rounds(5) < 5 ? 5 : 1; /* a slow checker sees some */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i += step) {
        try_case(&cases[i], DATA_NORMAL, (struct trial){.gate = GATE_FAST, .limit = 2e-6});
    }
    check_verdict(compare_enough(0.4), "tails");
    for (size_t i = 0; i < TAKERS && is_cpu() && step == 1; i++) {
        check_that(takers[i].count > 0, "%s had none", takers[i].variant);
    }
}

/* Of whole numbers, sums and the means of 1, 2 or 4 are exact. */
static void integers_stay_exact(void **state)
{
    static const struct tail_case cases[] = {
        {"one pixel", {1, 1, 1}, 1, POOLING_AVERAGE, .same = true},
        {"a column", {9, 1, 2}, 3, POOLING_MAX, .same = true, .batch = 2},
        {"a row", {1, 30, 5}, 17, POOLING_AVERAGE, .same = true, .kept = true},
        {"valid", {13, 15, 3}, 16, POOLING_MAX, .batch = 3},
        {"valid, kept", {13, 15, 3}, 16, POOLING_AVERAGE, .kept = true},
        {"same", {15, 13, 15}, 20, POOLING_AVERAGE, .same = true},
        {"same, kept", {15, 13, 8}, 48, POOLING_MAX, .same = true, .kept = true, .batch = 2},
        {"pairs", {12, 13, 3}, 5, POOLING_AVERAGE, {1, 2}, .same = true, .kept = true},
        {"pairs of rows", {13, 12, 3}, 33, POOLING_AVERAGE, {2, 1}, .same = true},
        {"fours", {5, 23, 3}, 33, POOLING_MAX, {1, 4}, .same = true},
        {"5 x 5", {19, 18, 2}, 32, POOLING_MAX, .kernel = {5, 5}, .valid = true},
        {"residual", {10, 11, 7}, 7, POOLING_MAX, .residual = true, .kept = true, .same = true},
        {"joined", {10, 11, 12}, 7, POOLING_MAX, .joined = true, .kept = true},
        {"many strips", {90, 70, 3}, 16, POOLING_MAX, .activation = PLAIT_RELU},
        {"many channels", {6, 7, 40}, 9, POOLING_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        try_case(&cases[i], DATA_INTEGERS, (struct trial){.gate = GATE_INTEGERS, .run = {.accuracy = PLAIT_STRICT}});
    }
    check_that(!is_cpu() || takers[2].count > 0, "%s had none", takers[2].variant);
}

/* A sequence is a picture of one row. */
static void sequences_are_pooled(void **state)
{
    struct random random = random_stream("sequence");

    (void)state;
    for (size_t channels = 5; channels < 60; channels += 35) {
        const struct twin x = twin_input(twin_graph(), PLAIT_SHAPE(61, channels), 2,
                                         random_floats(&random, DATA_INTEGERS, 122 * channels));
        const struct twin conv = twin_conv1d(
            x, &(plait_conv1d_opts){.kernel = random_array(&random, DATA_INTEGERS, PLAIT_SHAPE(3, channels, 32)),
                                    .padding = PLAIT_SAME});
        const plait_pooling1d_opts opts = {.padding = PLAIT_SAME};
        const struct twin y = {plait_max_pooling1d(conv.node, &opts), oracle_pooling1d(POOLING_MAX, conv.ref, &opts)};
        trial_run(&(struct trial){.name = "sequence",
                                  .inputs = &x,
                                  .input_count = 1,
                                  .outputs = &y,
                                  .output_count = 1,
                                  .gate = GATE_FAST,
                                  .limit = 2e-6});
        if (is_cpu()) {
            assert_string_equal(fixture_steps(PLAIT_NODES(x.node), PLAIT_NODES(y.node), &(struct run_opts){0}),
                                "conv1d");
        }
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

/* NaN and infinities, whatever becomes of them in pooling. */
static void special_values_pass(void **state)
{
    static const struct tail_case cases[] = {
        {"special, largest", {19, 18, 16}, 16, POOLING_MAX, .kept = true},
        {"special, strips", {19, 18, 3}, 16, POOLING_MAX, .kept = true, .same = true},
        {"special, means", {19, 18, 16}, 16, POOLING_AVERAGE, .same = true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases && is_cpu(); i++) {
        const struct tail_case *c = &cases[i];
        struct random random = random_stream(c->name);
        const size_t count = c->x[0] * c->x[1] * c->x[2];
        float *values = random_floats(&random, DATA_NORMAL, count);
        values[count / 100] = NAN;
        values[count / 2] = INFINITY;
        values[count * 2 / 3] = -INFINITY;
        const struct twin x = twin_input(twin_graph(), PLAIT_SHAPE(c->x[0], c->x[1], c->x[2]), 1, values);
        const struct twin conv = convolve(&random, x, c, DATA_NORMAL);
        const struct twin outputs[] = {tail(conv, c), conv};
        check_bits(c, x, outputs, c->kept ? 2 : 1, &(struct run_opts){0});
        plait_graph_free(x.node.graph);
        scratch_reset();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_those_of_two_steps),
        cmocka_unit_test(integers_stay_exact),
        cmocka_unit_test(sequences_are_pooled),
        cmocka_unit_test(special_values_pass),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
