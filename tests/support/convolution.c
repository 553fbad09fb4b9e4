/* SPDX-License-Identifier: MIT */
#include "convolution.h"

#include "graph/op.h"
#include "shape/shape.h"

#include <math.h>

static bool is_quick(void)
{
    return test_rounds(8) < 8;
}

/* {rows, cols, channels}, or {cols, channels} for a sequence. */
static plait_shape sample_shape(const struct convolution_case *c)
{
    return c->x[0] ? PLAIT_SHAPE(c->x[0], c->x[1], c->x[2]) : PLAIT_SHAPE(c->x[1], c->x[2]);
}

plait_array convolution_kernel(const struct convolution_case *c, struct random *random, enum data data, size_t third,
                               size_t last)
{
    return random_array(random, data,
                        c->kernel[0] ? PLAIT_SHAPE(c->kernel[0], c->kernel[1], third, last)
                                     : PLAIT_SHAPE(c->kernel[1], third, last));
}

plait_array convolution_bias(const struct convolution_case *c, struct random *random, enum data data, size_t filters)
{
    return c->no_bias ? (plait_array){0} : random_array(random, data, PLAIT_SHAPE(filters));
}

struct twin convolution_conv2d(struct twin x, const struct convolution_case *c, struct random *random, enum data data)
{
    return twin_conv2d(
        x, &(plait_conv2d_opts){
               .kernel = convolution_kernel(c, random, data, c->x[2] / (c->groups ? c->groups : 1), c->kernel[2]),
               .bias = convolution_bias(c, random, data, c->kernel[2]),
               .padding = c->padding,
               .activation = c->activation,
               .strides = {c->strides[0], c->strides[1]},
               .dilation_rate = {c->dilation[0], c->dilation[1]},
               .groups = c->groups,
           });
}

static struct twin new_input(plait_graph *graph, plait_shape shape, size_t batch, struct random *random, enum data data)
{
    return twin_input(graph, shape, batch, random_floats(random, data, batch * sample_size(shape)));
}

/* Whether a case takes so many products that a slow checker should see only the default plan. */
static bool is_slow(const struct convolution_test *test, const struct convolution_case *c)
{
    size_t products = c->batch;

    for (size_t i = 0; i < 3; i++) {
        products *= (c->x[i] ? c->x[i] : 1) * (c->kernel[i] ? c->kernel[i] : 1);
    }
    return is_quick() && products > test->slow && !c->thorough;
}

/* Runs the trial with what the test wants; `layer` is the convolution in it. */
static void try_all(struct convolution_test *test, const struct convolution_case *c, struct trial trial,
                    struct twin layer)
{
    check_ok(plait_graph_check(layer.node.graph));
    trial.gate = test->variant ? GATE_FAST : trial.gate;
    trial.limit = 2e-6;
    trial.run = (struct run_opts){
        .planned = c->planned,
        .accuracy = trial.gate == GATE_FAST ? PLAIT_FAST : PLAIT_STRICT,
        .variants = test->variant,
    };
    if (test->variant || is_slow(test, c)) {
        trial_run(&trial);
    } else {
        trial_run_variants(&trial, layer, &test->seen);
    }
}

static void end_trial(struct twin layer)
{
    plait_graph_free(layer.node.graph);
    scratch_reset();
}

static void run_on(struct convolution_test *test, const struct convolution_case *c, struct twin x, struct twin y,
                   enum gate gate)
{
    try_all(
        test, c,
        (struct trial){.name = c->name, .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1, .gate = gate},
        y);
    end_trial(y);
}

void convolution_run(struct convolution_test *test, const struct convolution_case *c, struct random *random,
                     enum data data, enum gate gate)
{
    const struct twin x = new_input(twin_graph(), sample_shape(c), c->batch, random, data);

    run_on(test, c, x, test->make(x, c, random, data), gate);
}

void convolution_windows(struct convolution_test *test, const struct convolution_case *cases, size_t count)
{
    struct random random = random_stream("windows");

    for (size_t i = 0; i < count; i++) {
        convolution_run(test, &cases[i], &random, test->variant && i % 2 ? DATA_POSITIVE : DATA_NORMAL, GATE_HARD);
    }
    if (!test->variant) {
        check_variants(&test->seen, CONVOLUTION_OPTIONAL);
    }
    check_verdict(compare_enough(0.7), "windows");
}

void convolution_integers(struct convolution_test *test, const struct convolution_case *cases, size_t count)
{
    struct random random = random_stream("integers");

    for (size_t i = 0; i < test_rounds(count); i++) {
        convolution_run(test, &cases[i], &random, DATA_INTEGERS, GATE_INTEGERS);
    }
}

void convolution_sums(struct convolution_test *test, const struct convolution_case *cases, size_t count)
{
    struct random random = random_stream("long sums");

    for (size_t i = 0; i < test_rounds(count); i++) {
        convolution_run(test, &cases[i], &random, DATA_POSITIVE, GATE_POSITIVE);
    }
}

/* ---- Random cases ----------------------------------------------------------------------------------- */

/* Sizes along one axis: of the picture, the kernel, the stride and the dilation. */
static void choose_window(struct convolution_case *c, size_t axis, const struct convolution_range *most,
                          struct random *random)
{
    const size_t usual = most->kernel < 5 ? most->kernel : 5;
    const size_t kernel = random_between(random, 1, random_between(random, 0, 3) ? usual : most->kernel);
    const size_t extent = (kernel - 1) * c->dilation[axis] + 1;
    const size_t least = c->padding != PLAIT_VALID || most->is_spread ? 1 : extent;

    c->kernel[axis] = kernel;
    c->x[axis] = random_between(random, least, least + most->size);
}

static struct convolution_case random_case(const struct convolution_range *most, struct random *random)
{
    const size_t form = random_between(random, 0, 2); /* plain, strided, dilated */
    const size_t groups =
        most->groups && random_between(random, 0, 3) == 0 ? random_between(random, 2, most->groups) : 1;
    struct convolution_case c = {.batch = random_between(random, 1, 3), .groups = groups};

    c.padding = (plait_padding)random_between(random, 0, most->is_sequence ? 2 : 1);
    c.x[2] = groups * random_between(random, 1, most->channels);
    c.kernel[2] = groups * random_between(random, 1, most->filters);
    for (size_t i = most->is_sequence; i < 2; i++) {
        c.strides[i] = form == 1 || most->is_free ? random_between(random, 1, most->strides) : 1;
        c.dilation[i] = form == 2 || most->is_free ? random_between(random, 1, most->dilation) : 1;
        choose_window(&c, i, most, random);
    }
    c.name = scratch_text("x {%zu,%zu,%zu,%zu} kernel {%zu,%zu,%zu} padding %d strides {%zu,%zu} dilation {%zu,%zu} "
                          "groups %zu",
                          c.batch, c.x[0], c.x[1], c.x[2], c.kernel[0], c.kernel[1], c.kernel[2], (int)c.padding,
                          c.strides[0], c.strides[1], c.dilation[0], c.dilation[1], groups);
    return c;
}

void convolution_random(struct convolution_test *test, const struct convolution_range *most, size_t rounds)
{
    struct random random = random_stream("random windows");

    for (size_t round = 0; round < test_rounds(rounds); round++) {
        const struct convolution_case c = random_case(most, &random);
        convolution_run(test, &c, &random, round % 2 ? DATA_NORMAL : DATA_INTEGERS,
                        round % 2 ? GATE_HARD : GATE_INTEGERS);
    }
}

/* ---- Neighbours ------------------------------------------------------------------------------------- */

static plait_batch_normalization_opts normalization(struct random *random, plait_shape shape)
{
    const plait_shape channels = PLAIT_SHAPE(shape.dims[shape.rank - 1]);

    return (plait_batch_normalization_opts){
        .gamma = random_array(random, DATA_NORMAL, channels),
        .beta = random_array(random, DATA_NORMAL, channels),
        .moving_mean = random_array(random, DATA_NORMAL, channels),
        .moving_variance = random_array(random, DATA_POSITIVE, channels),
    };
}

enum epilogue { EPILOGUE_BIAS, EPILOGUE_NO_BIAS, EPILOGUE_ACTIVATION, EPILOGUES };

static void try_epilogue(struct convolution_test *test, struct convolution_case *c, enum epilogue kind,
                         struct random *random)
{
    c->no_bias = kind == EPILOGUE_NO_BIAS;
    c->activation = kind == EPILOGUE_ACTIVATION ? PLAIT_TANH : PLAIT_LINEAR;
    const struct twin x = new_input(twin_graph(), sample_shape(c), c->batch, random, DATA_NORMAL);
    const struct twin conv = test->make(x, c, random, DATA_NORMAL);
    const plait_shape shape = plait_node_shape(conv.node);
    const struct twin shortcut = new_input(x.node.graph, shape, c->batch, random, DATA_NORMAL);
    const plait_batch_normalization_opts norm = normalization(random, shape);
    const struct twin normal = c->activation ? conv : twin_batch_normalization(conv, &norm);
    const struct twin sum = twin_merge(MERGE_ADD, (struct twin[]){normal, shortcut}, 2);
    const struct twin y = c->no_bias ? twin_activate(sum, PLAIT_RELU6) : twin_relu(sum, NULL);
    const struct twin inputs[] = {x, shortcut};

    try_all(test, c,
            (struct trial){.name = scratch_text("%s, epilogue %d", c->name, (int)kind),
                           .inputs = inputs,
                           .input_count = 2,
                           .outputs = &y,
                           .output_count = 1,
                           .gate = GATE_HARD},
            conv);
    if (!c->activation && test->seen.op) {
        assert_string_equal(
            fixture_steps(PLAIT_NODES(x.node, shortcut.node), PLAIT_NODES(y.node), &(struct run_opts){0}),
            test->seen.op->name);
    }
    end_trial(conv);
}

void convolution_epilogues(struct convolution_test *test, const struct convolution_case *cases, size_t count)
{
    struct random random = random_stream("epilogues");

    for (size_t i = 0; i < EPILOGUES * count; i++) {
        struct convolution_case c = cases[i / EPILOGUES];
        c.thorough = i == 0;
        try_epilogue(test, &c, (enum epilogue)(i % EPILOGUES), &random);
    }
    check_verdict(compare_enough(0.2), "epilogues");
}

/* Reads a slice along one axis and writes one along another. */
static void try_slice(struct convolution_test *test, const struct convolution_case *c, const int axes[2],
                      struct random *random)
{
    const struct twin x = new_input(twin_graph(), sample_shape(c), c->batch, random, DATA_NORMAL);
    const struct twin part = twin_relu(x, NULL);
    const struct twin conv = test->make(part, c, random, DATA_NORMAL);
    const plait_shape shape = plait_node_shape(conv.node);
    const struct twin other = new_input(x.node.graph, shape, c->batch, random, DATA_NORMAL);
    const struct twin shortcut = shape_equal(shape, sample_shape(c)) ? part : other;
    const struct twin sum = twin_merge(MERGE_ADD, (struct twin[]){shortcut, conv}, 2);
    const struct twin inputs[] = {x, other};
    const struct twin outputs[] = {
        twin_concatenate((struct twin[]){x, part}, 2, axes[0]),
        twin_concatenate((struct twin[]){shortcut, twin_activate(sum, PLAIT_SIGMOID), other}, 3, axes[1]),
    };

    try_all(test, c,
            (struct trial){.name = scratch_text("%s, axes %d and %d", c->name, axes[0], axes[1]),
                           .inputs = inputs,
                           .input_count = 2,
                           .outputs = outputs,
                           .output_count = 2,
                           .gate = GATE_ANY},
            conv);
    end_trial(conv);
}

void convolution_slices(struct convolution_test *test, const struct convolution_case *cases, size_t count)
{
    struct random random = random_stream("slices");

    for (size_t i = 0; i < count; i++) {
        const size_t rank = sample_shape(&cases[i]).rank;
        for (size_t axis = 0; axis < rank; axis++) {
            const int axes[] = {(int)axis + 1, (int)((axis + i) % rank) + 1};
            struct convolution_case c = cases[i];
            c.thorough = i == 0 && axis == 0;
            try_slice(test, &c, axes, &random);
        }
    }
}

void convolution_special(struct convolution_test *test, const struct convolution_case *c)
{
    struct random random = random_stream("special values");
    const size_t count = c->batch * sample_size(sample_shape(c));
    float *values = random_floats(&random, DATA_NORMAL, count);

    values[count / 100] = NAN;
    values[count / 2] = INFINITY;
    values[count * 2 / 3] = -INFINITY;
    const struct twin x = twin_input(twin_graph(), sample_shape(c), c->batch, values);
    run_on(test, c, x, test->make(x, c, &random, DATA_NORMAL), GATE_HARD);
}

/* ---- Single variants -------------------------------------------------------------------------------- */

void convolution_refusals(const char *variant, const struct convolution_refusal *cases, size_t count)
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
