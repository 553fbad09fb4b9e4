/* SPDX-License-Identifier: MIT */
/* A 1x1 convolution goes into the depthwise one that alone reads it, and both into another 1x1 one behind them. */
#include "layer.h"
#include "oracle_convolution.h"
#include "oracle_resizing.h"
#include "weights.h"

#include <stdio.h>
#include <string.h>

struct pair_case {
    const char *name;
    size_t batch;
    size_t x[3];      /* rows, cols, channels */
    size_t filters;   /* of both */
    size_t kernel[2]; /* of the depthwise one */
    bool same;
    size_t strides; /* 0: 1 */
    size_t dilation;
    size_t zeros[2]; /* rows and cols of padding before, and one more after */
    size_t narrow;   /* filters of a 1x1 convolution behind both; 0: none */
    plait_activation activation;
    plait_activation last; /* of the 1x1 convolution behind */
    bool residual;         /* only where the shape stays */
    bool joined;           /* the input is a part of a joined tensor, and so is the output */
};

static struct twin expand(struct random *random, struct twin x, const struct pair_case *c)
{
    const size_t channels = x.ref.shape.dims[3];
    const plait_conv2d_opts opts = {.kernel =
                                        random_array(random, DATA_NORMAL, PLAIT_SHAPE(1, 1, channels, c->filters)),
                                    .bias = random_array(random, DATA_NORMAL, PLAIT_SHAPE(c->filters))};
    const plait_batch_normalization_opts norm = random_batch_normalization(random, c->filters);

    return twin_activate(twin_batch_normalization(twin_conv2d(x, &opts), &norm), c->activation);
}

static struct twin deepen(struct random *random, struct twin x, const struct pair_case *c)
{
    const plait_depthwise_conv2d_opts opts = {
        .kernel = random_array(random, DATA_NORMAL, PLAIT_SHAPE(c->kernel[0], c->kernel[1], c->filters, 1)),
        .bias = random_array(random, DATA_NORMAL, PLAIT_SHAPE(c->filters)),
        .padding = c->same ? PLAIT_SAME : PLAIT_VALID,
        .strides = {c->strides, c->strides},
        .dilation_rate = {c->dilation, c->dilation},
    };
    const plait_batch_normalization_opts norm = random_batch_normalization(random, c->filters);

    return twin_batch_normalization(twin_depthwise_conv2d(x, &opts), &norm);
}

static struct twin project(struct random *random, struct twin x, const struct pair_case *c)
{
    const plait_conv2d_opts opts = {.kernel =
                                        random_array(random, DATA_NORMAL, PLAIT_SHAPE(1, 1, c->filters, c->narrow)),
                                    .bias = random_array(random, DATA_NORMAL, PLAIT_SHAPE(c->narrow))};
    const plait_batch_normalization_opts norm = random_batch_normalization(random, c->narrow);

    return twin_batch_normalization(twin_conv2d(x, &opts), &norm);
}

static void check(const struct pair_case *c, const struct twin *x, const struct twin *outputs, size_t count,
                  const char *variants, const char *steps)
{
    const struct run_opts run = {.variants = variants, .planned = c->batch > 1 ? c->batch - 1 : 1};
    plait_device_info info;
    plait_node nodes[2];

    for (size_t i = 0; i < count; i++) {
        nodes[i] = outputs[i].node;
    }
    assert_int_equal(plait_context_device(fixture_context(false), &info), PLAIT_OK);
    /* Only CPUs have kernels for several, and what is worth while is known for cores that share the work. */
    if (info.kind == PLAIT_DEVICE_CPU && info.compute_units > 1 && steps) {
        const char *ran = fixture_steps(PLAIT_NODES(x->node), (plait_nodes){nodes, count}, &run);
        if (strcmp(ran, steps) != 0) {
            fail_msg("%s: steps are \"%s\"; they should be \"%s\"", c->name, ran, steps);
        }
    }
    trial_run(&(struct trial){
        .name = c->name,
        .inputs = x,
        .input_count = 1,
        .outputs = outputs,
        .output_count = count,
        .gate = GATE_ANY,
        .run = run,
    });
    plait_graph_free(x->node.graph);
    scratch_reset();
}

static struct twin input(struct random *random, const struct pair_case *c)
{
    return twin_input(twin_graph(), PLAIT_SHAPE(c->x[0], c->x[1], c->x[2]), c->batch,
                      random_floats(random, DATA_NORMAL, c->batch * c->x[0] * c->x[1] * c->x[2]));
}

static void try_case(const struct pair_case *c)
{
    const char *step = c->narrow ? "conv2d" : "depthwise_conv2d";
    struct random random = random_stream(c->name);
    const struct twin x = input(&random, c);
    const struct twin part = c->joined ? twin_relu(x, NULL) : x;
    struct twin wide = expand(&random, part, c);

    if (c->zeros[0] + c->zeros[1] > 0) {
        wide = twin_zero_padding2d(wide, PLAIT_ENDS(c->zeros[0], c->zeros[0] + 1),
                                   PLAIT_ENDS(c->zeros[1], c->zeros[1] + 1));
    }
    struct twin y = deepen(&random, wide, c);
    if (c->narrow) {
        y = project(&random, twin_activate(y, c->activation), c);
    }
    if (c->residual) {
        y = twin_merge(MERGE_ADD, (struct twin[]){part, y}, 2);
    }
    y = twin_activate(y, c->narrow ? c->last : c->activation);
    if (c->joined) {
        char steps[64];
        (void)snprintf(steps, sizeof steps, "relu %s copy relu", step);
        check(c, &x,
              (struct twin[]){twin_concatenate((struct twin[]){x, part}, 2, 3),
                              twin_concatenate((struct twin[]){y, twin_relu(y, NULL)}, 2, 3)},
              2, NULL, steps);
    } else {
        check(c, &x, &y, 1, NULL, step);
    }
}

static void both_are_one_step(void **state)
{
    static const struct pair_case cases[] = {
        {"one pixel", 1, {1, 1, 1}, 1, {1, 1}},
        {"3 x 3", 2, {7, 7, 5}, 33, {3, 3}, .same = true, .activation = PLAIT_RELU6},
        {"strided", 3, {9, 12, 16}, 40, {3, 3}, .same = true, .strides = 2, .activation = PLAIT_RELU},
        {"5 x 5, strided", 1, {14, 15, 17}, 96, {5, 5}, .same = true, .strides = 2, .activation = PLAIT_SILU},
        {"valid, columns left over", 1, {8, 8, 3}, 16, {3, 2}, .strides = 3},
        {"dilated", 2, {10, 11, 4}, 99, {3, 3}, .same = true, .dilation = 2},
        {"even kernel", 1, {6, 5, 8}, 48, {2, 4}, .same = true, .activation = PLAIT_TANH},
        {"zeros around", 1, {8, 6, 9}, 24, {3, 3}, .strides = 2, .zeros = {0, 0}, .activation = PLAIT_RELU},
        {"uneven zeros", 2, {8, 6, 9}, 24, {3, 3}, .strides = 2, .zeros = {1, 2}, .activation = PLAIT_RELU},
        {"residual", 2, {7, 5, 35}, 35, {3, 3}, .same = true, .residual = true, .activation = PLAIT_RELU},
        {"joined", 2, {7, 5, 35}, 39, {3, 3}, .same = true, .joined = true},
        {"many strips", 1, {70, 50, 8}, 64, {3, 3}, .same = true, .activation = PLAIT_RELU6},
        {"many channels", 1, {5, 4, 300}, 70, {3, 3}, .same = true, .activation = PLAIT_RELU6},
        {"rows that share a window", 1, {3, 40, 6}, 160, {7, 7}, .same = true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        try_case(&cases[i]);
    }
    check_verdict(compare_enough(0.5), "pairs");
}

static void all_three_are_one_step(void **state)
{
    static const struct pair_case cases[] = {
        {"two wide, one narrow", 1, {1, 1, 1}, 2, {1, 1}, .narrow = 1},
        {"narrow", 2, {7, 7, 5}, 33, {3, 3}, .same = true, .narrow = 17, .activation = PLAIT_RELU6},
        {"two blocks", 1, {9, 9, 8}, 64, {3, 3}, .same = true, .narrow = 40, .activation = PLAIT_RELU6},
        {"three and a half, strided", 3, {9, 12, 16}, 99, {3, 3}, .same = true, .strides = 2, .narrow = 33},
        {"5 x 5", 1, {14, 15, 17}, 96, {5, 5}, .same = true, .strides = 2, .narrow = 24, .activation = PLAIT_SILU},
        {"all activated",
         3,
         {6, 11, 3},
         70,
         {3, 3},
         .same = true,
         .narrow = 16,
         .activation = PLAIT_TANH,
         .last = PLAIT_TANH},
        {"all short", 1, {6, 11, 3}, 70, {3, 3}, .narrow = 16, .activation = PLAIT_RELU, .last = PLAIT_RELU},
        {"valid and dilated", 2, {10, 11, 4}, 100, {2, 3}, .dilation = 2, .narrow = 3, .activation = PLAIT_RELU},
        {"zeros", 2, {8, 6, 9}, 24, {3, 3}, .strides = 2, .zeros = {1, 2}, .narrow = 8, .activation = PLAIT_RELU6},
        {"shortcut",
         3,
         {7, 5, 35},
         80,
         {3, 3},
         .same = true,
         .narrow = 35,
         .residual = true,
         .activation = PLAIT_RELU6},
        {"shortcut, activated",
         1,
         {7, 5, 24},
         80,
         {3, 3},
         .same = true,
         .narrow = 24,
         .residual = true,
         .activation = PLAIT_RELU,
         .last = PLAIT_RELU},
        {"in slices", 2, {7, 5, 35}, 39, {3, 3}, .same = true, .narrow = 34, .joined = true},
        {"shortcut in slices",
         2,
         {7, 5, 35},
         39,
         {3, 3},
         .same = true,
         .narrow = 35,
         .joined = true,
         .residual = true,
         .activation = PLAIT_RELU6},
        {"bands", 1, {40, 50, 8}, 96, {3, 3}, .same = true, .narrow = 24, .activation = PLAIT_RELU6},
        {"strips of unlike size", 5, {29, 30, 8}, 64, {3, 3}, .same = true, .narrow = 12, .activation = PLAIT_RELU},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        try_case(&cases[i]);
    }
    check_verdict(compare_enough(0.5), "triples");
}

/* Whole numbers have exact sums, in whatever order. */
static void integers_stay_exact(void **state)
{
    static const struct pair_case c = {"integers", 2, {9, 11, 24}, 40, {3, 3}, .same = true};
    struct random random = random_stream(c.name);
    const plait_conv2d_opts wide = {.kernel =
                                        random_array(&random, DATA_INTEGERS, PLAIT_SHAPE(1, 1, c.x[2], c.filters))};
    const plait_depthwise_conv2d_opts deep = {
        .kernel = random_array(&random, DATA_INTEGERS, PLAIT_SHAPE(3, 3, c.filters, 1)), .padding = PLAIT_SAME};

    (void)state;
    const struct twin x = twin_input(twin_graph(), PLAIT_SHAPE(c.x[0], c.x[1], c.x[2]), c.batch,
                                     random_floats(&random, DATA_INTEGERS, c.batch * c.x[0] * c.x[1] * c.x[2]));
    const plait_conv2d_opts narrow = {.kernel = random_array(&random, DATA_INTEGERS, PLAIT_SHAPE(1, 1, c.filters, 8))};
    const struct twin y = twin_depthwise_conv2d(twin_conv2d(x, &wide), &deep);
    const struct twin z = twin_conv2d(twin_depthwise_conv2d(twin_conv2d(x, &wide), &deep), &narrow);
    const struct twin ends[] = {y, z};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        trial_run(&(struct trial){.name = c.name,
                                  .inputs = &x,
                                  .input_count = 1,
                                  .outputs = &ends[i],
                                  .output_count = 1,
                                  .gate = GATE_INTEGERS});
    }
    plait_graph_free(x.node.graph);
    scratch_reset();
}

static void sequences_are_one_step_too(void **state)
{
    static const struct pair_case c = {"sequences", 3};
    enum { STEPS = 19, CHANNELS = 8, WIDE = 40, NARROW = 12 };
    struct random random = random_stream(c.name);
    const plait_conv1d_opts wide = {.kernel = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(1, CHANNELS, WIDE))};
    const plait_depthwise_conv1d_opts deep = {.kernel = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(3, WIDE, 1)),
                                              .padding = PLAIT_SAME};
    const plait_conv1d_opts narrow = {.kernel = random_array(&random, DATA_NORMAL, PLAIT_SHAPE(1, WIDE, NARROW))};
    const struct twin x = twin_input(twin_graph(), PLAIT_SHAPE(STEPS, CHANNELS), c.batch,
                                     random_floats(&random, DATA_NORMAL, c.batch * STEPS * CHANNELS));
    const struct twin y = twin_conv1d(twin_depthwise_conv1d(twin_conv1d(x, &wide), &deep), &narrow);

    (void)state;
    check(&c, &x, &y, 1, NULL, "conv1d");
}

/* Nothing is gained where the third convolution leaves out no channels, its weights are read for too few pixels, or it
 * has an activation of its own. */
static void other_triples_stay_two(void **state)
{
    static const struct pair_case cases[] = {
        {"no channels left out", 2, {6, 7, 5}, 40, {3, 3}, .same = true, .narrow = 40},
        {"few pixels", 1, {3, 3, 200}, 1600, {3, 3}, .same = true, .narrow = 300},
        {"other activation", 2, {6, 7, 5}, 40, {3, 3}, .same = true, .narrow = 8, .last = PLAIT_RELU},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pair_case *c = &cases[i];
        struct random random = random_stream(c->name);
        const struct twin x = input(&random, c);
        const struct twin y = twin_activate(project(&random, deepen(&random, expand(&random, x, c), c), c), c->last);
        check(c, &x, &y, 1, NULL, "depthwise_conv2d conv2d");
    }
}

/* What is between is wanted, has another activation, or a variant is demanded of either: two steps. */
static void other_pairs_stay_two(void **state)
{
    static const struct pair_case c = {"two", 2, {6, 7, 5}, 12, {3, 3}, .same = true};
    struct random random = random_stream(c.name);

    (void)state;
    struct twin x = input(&random, &c);
    struct twin wide = expand(&random, x, &c);
    check(&c, &x, (struct twin[]){deepen(&random, wide, &c), wide}, 2, NULL, "conv2d depthwise_conv2d");

    x = input(&random, &c);
    wide = twin_activate(expand(&random, x, &c), PLAIT_RELU);
    struct twin y = deepen(&random, wide, &c);
    check(&c, &x, &y, 1, NULL, "conv2d depthwise_conv2d");

    x = input(&random, &c);
    y = deepen(&random, expand(&random, x, &c), &c);
    check(&c, &x, &y, 1, "conv2d=reference", "conv2d depthwise_conv2d");

    x = input(&random, &c);
    y = deepen(&random, expand(&random, x, &c), &c);
    check(&c, &x, &y, 1, "depthwise_conv2d=reference", "conv2d depthwise_conv2d");

    static const struct pair_case triple = {"triple", 2, {6, 7, 5}, 40, {3, 3}, .same = true, .narrow = 5};
    x = input(&random, &triple);
    wide = deepen(&random, expand(&random, x, &triple), &triple);
    check(&triple, &x, (struct twin[]){project(&random, wide, &triple), wide}, 2, NULL, "depthwise_conv2d conv2d");

    x = input(&random, &triple);
    y = project(&random, deepen(&random, expand(&random, x, &triple), &triple), &triple);
    check(&triple, &x, &y, 1, "conv2d=reference", "conv2d depthwise_conv2d conv2d");
}

/* A picture of which not even three rows of the wide tensor stay in the cache. */
static void wide_pictures_stay_two(void **state)
{
    static const struct pair_case c = {"wide", 1, {3, 3000, 2}, 32, {3, 3}, .same = true};
    struct random random = random_stream(c.name);

    (void)state;
    const struct twin x = input(&random, &c);
    const struct twin y = deepen(&random, expand(&random, x, &c), &c);
    check(&c, &x, &y, 1, NULL, "conv2d depthwise_conv2d");
}

static void the_variant_needs_a_pair(void **state)
{
    static const float data[9 * 4];
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(8, 8, 4));
    const plait_node y = plait_depthwise_conv2d(
        x, &(plait_depthwise_conv2d_opts){.name = "alone", .kernel = {data, PLAIT_SHAPE(3, 3, 4, 1)}});
    const plait_node z =
        plait_conv2d(x, &(plait_conv2d_opts){.name = "lone", .kernel = {data, PLAIT_SHAPE(1, 1, 4, 2)}});
    plait_model *model = NULL;

    (void)state;
    check_message(
        plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y),
                           &(plait_model_opts){.variants = "depthwise_conv2d=expanded_cpu"}, &model),
        PLAIT_ERR_UNSUPPORTED,
        "depthwise_conv2d \"alone\": variant expanded_cpu: there is no 1x1 convolution in front that it could "
        "compute as well");
    check_message(
        plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(z),
                           &(plait_model_opts){.variants = "conv2d=inverted_cpu"}, &model),
        PLAIT_ERR_UNSUPPORTED,
        "conv2d \"lone\": variant inverted_cpu: there are no 1x1 and depthwise convolutions in front that it could "
        "compute as well");
    plait_graph_free(graph);
}

/* The weights of both count when less memory is wanted; the pair's kernel is the only one there is for it. */
static void a_pair_is_modest(void **state)
{
    enum { NARROW = 64, WIDE = 512 };
    plait_graph *graph = twin_graph();
    plait_model *model = NULL;
    const float *wide = scratch(NARROW * WIDE, sizeof *wide);
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(8, 8, NARROW));
    const plait_node y =
        plait_depthwise_conv2d(plait_conv2d(x, &(plait_conv2d_opts){.kernel = {wide, PLAIT_SHAPE(1, 1, NARROW, WIDE)}}),
                               &(plait_depthwise_conv2d_opts){.kernel = {wide, PLAIT_SHAPE(3, 3, WIDE, 1)}});

    (void)state;
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y),
                                &(plait_model_opts){.less_memory = 1}, &model));
    assert_int_equal(plait_model_step_count(model), 1);
    plait_model_free(model);
    plait_graph_free(graph);
    scratch_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_are_one_step),      cmocka_unit_test(sequences_are_one_step_too),
        cmocka_unit_test(all_three_are_one_step), cmocka_unit_test(other_triples_stay_two),
        cmocka_unit_test(integers_stay_exact),    cmocka_unit_test(other_pairs_stay_two),
        cmocka_unit_test(wide_pictures_stay_two), cmocka_unit_test(the_variant_needs_a_pair),
        cmocka_unit_test(a_pair_is_modest),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
