/* SPDX-License-Identifier: MIT */
/* The summary is Keras's, byte for byte: the models here are those of tests/golden/make_summaries.py. */
#include "base/memory.h"
#include "check.h"
#include "fixture.h"
#include "model/model.h"

#include <plait/layers.h>
#include <stdio.h>
#include <string.h>

#define DATA PLAIT_SOURCE_DIR "/tests/golden/data/summary"

enum { MOST_NODES = 16 };

struct model {
    plait_graph *graph;
    plait_node inputs[MOST_NODES];
    size_t input_count;
    plait_node outputs[MOST_NODES];
    size_t output_count;
};

/* ---- Models ----------------------------------------------------------------------------------------- */

#define NAMED(layer_name) (&(plait_layer_opts){.name = (layer_name)})

/* Weights that are never read: a summary counts them. */
#define WEIGHTS(...) ((plait_array){.data = &unread, .shape = PLAIT_SHAPE(__VA_ARGS__)})
static const float unread;

static plait_node input(struct model *model, const char *name, plait_shape shape)
{
    return model->inputs[model->input_count++] = plait_input(model->graph, name, shape);
}

static void output(struct model *model, plait_node node)
{
    model->outputs[model->output_count++] = node;
}

static plait_node relu(plait_node x, const char *name)
{
    return plait_relu(x, &(plait_relu_opts){.name = name});
}

static plait_node branch(plait_node x, const char *side)
{
    x = plait_conv2d(x, &(plait_conv2d_opts){.name = scratch_text("%s_conv1", side),
                                             .kernel = WEIGHTS(3, 3, 3, 32),
                                             .bias = WEIGHTS(32),
                                             .padding = PLAIT_SAME});
    x = plait_batch_normalization(x, &(plait_batch_normalization_opts){.name = scratch_text("%s_bn", side),
                                                                       .gamma = WEIGHTS(32),
                                                                       .beta = WEIGHTS(32),
                                                                       .moving_mean = WEIGHTS(32),
                                                                       .moving_variance = WEIGHTS(32)});
    x = plait_relu(x, NULL);
    return plait_conv2d(x, &(plait_conv2d_opts){.name = scratch_text("%s_conv2", side),
                                                .kernel = WEIGHTS(3, 3, 32, 32),
                                                .padding = PLAIT_SAME,
                                                .activation = PLAIT_TANH});
}

static void two_branch(struct model *model)
{
    const plait_node left = input(model, "left", PLAIT_SHAPE(32, 32, 3));
    const plait_node right = input(model, "right", PLAIT_SHAPE(32, 32, 3));
    const plait_nodes branches = PLAIT_NODES(branch(left, "left"), branch(right, "right"));
    const plait_node x = plait_flatten(plait_concatenate(branches, -1, NULL), NULL);

    output(model, plait_dense(x, &(plait_dense_opts){.name = "probabilities",
                                                     .kernel = WEIGHTS(65536, 10),
                                                     .bias = WEIGHTS(10),
                                                     .activation = PLAIT_SOFTMAX}));
}

static void chain(struct model *model)
{
    plait_node x = input(model, NULL, PLAIT_SHAPE(8, 9, 3));

    x = plait_conv2d(x, &(plait_conv2d_opts){
                            .kernel = WEIGHTS(3, 3, 3, 16), .bias = WEIGHTS(16), .activation = PLAIT_RELU});
    x = plait_batch_normalization(x, &(plait_batch_normalization_opts){.beta = WEIGHTS(16),
                                                                       .moving_mean = WEIGHTS(16),
                                                                       .moving_variance = WEIGHTS(16)});
    x = plait_flatten(plait_activate(x, PLAIT_TANH, NULL), NULL);
    x = plait_dense(x, &(plait_dense_opts){.kernel = WEIGHTS(672, 1000), .bias = WEIGHTS(1000)});
    output(model, plait_softmax(x, NULL));
}

static plait_node conv_of_8(plait_node x)
{
    return plait_conv2d(x, &(plait_conv2d_opts){
                               .kernel = WEIGHTS(3, 3, 8, 8), .bias = WEIGHTS(8), .padding = PLAIT_SAME});
}

static void residual(struct model *model)
{
    plait_node x = input(model, NULL, PLAIT_SHAPE(16, 16, 8));

    for (int i = 0; i < 2; i++) {
        const plait_batch_normalization_opts opts = {.gamma = WEIGHTS(8),
                                                     .beta = WEIGHTS(8),
                                                     .moving_mean = WEIGHTS(8),
                                                     .moving_variance = WEIGHTS(8)};
        const plait_node y = plait_relu(plait_batch_normalization(conv_of_8(x), &opts), NULL);
        x = plait_add(PLAIT_NODES(conv_of_8(y), x), NULL);
    }
    output(model, x);
}

static void names(struct model *model)
{
    const plait_node first =
        input(model, "an input whose name is a whole sentence of many short words", PLAIT_SHAPE(4, 5));
    const plait_node x =
        relu(first, "a_single_word_that_is_longer_than_any_column_that_keras_makes_for_it_by_default");
    const plait_node y = relu(first, "über_größe");
    const plait_node z = relu(first, " Σ  two  spaces ");

    output(model, plait_multiply(PLAIT_NODES(x, y, z), NAMED("x")));
}

static void many_inputs(struct model *model)
{
    for (int i = 0; i < 9; i++) {
        (void)input(model, NULL, PLAIT_SHAPE(7));
    }
    const plait_node x = plait_average((plait_nodes){model->inputs, 9}, NULL);
    const plait_node y = plait_minimum((plait_nodes){model->inputs, 2}, NULL);
    output(model, plait_maximum(PLAIT_NODES(x, model->inputs[4], x, y), NULL));
}

static void order(struct model *model)
{
    (void)input(model, "unused_1", PLAIT_SHAPE(6));
    const plait_node b = input(model, "b", PLAIT_SHAPE(6));
    const plait_node a = input(model, "a", PLAIT_SHAPE(6));
    (void)input(model, "unused_2", PLAIT_SHAPE(6));
    const plait_node deep = relu(relu(relu(b, "deep1"), "deep2"), "deep3");
    const plait_node shallow = relu(a, "shallow");
    const plait_node joined = plait_subtract(PLAIT_NODES(shallow, deep), NAMED("joined"));

    output(model, relu(joined, "end2"));
    output(model, shallow);
    output(model, relu(joined, "end1"));
    output(model, shallow);
    output(model, b);
}

static void alone(struct model *model)
{
    output(model, input(model, "only", PLAIT_SHAPE(3, 224, 224)));
}

/* ---- Helpers ---------------------------------------------------------------------------------------- */

static struct model build(void (*add_layers)(struct model *))
{
    struct model model = {0};

    check_ok(plait_graph_create(&model.graph));
    add_layers(&model);
    check_ok(plait_graph_check(model.graph));
    return model;
}

static plait_nodes inputs_of(const struct model *model)
{
    return (plait_nodes){model->inputs, model->input_count};
}

static plait_nodes outputs_of(const struct model *model)
{
    return (plait_nodes){model->outputs, model->output_count};
}

static plait_status summarize(const struct model *model, size_t columns, struct text *out)
{
    plait_status status = PLAIT_OK;
    struct layer_row *rows = NULL;
    size_t count = 0;

    TRY(rows_create(inputs_of(model), outputs_of(model), &rows, &count));
    TRY(rows_summary(rows, count, &(plait_summary_opts){.columns = columns}, out));
out:
    rows_free(rows, count);
    return status;
}

/* The golden text of this name, in scratch memory. */
static const char *golden(const char *name, size_t columns)
{
    enum { BYTES = 64 * 1024 };
    char *text = scratch(BYTES, 1);
    const char *width = columns ? scratch_text("_%zu", columns) : "";
    const char *path = scratch_text(DATA "/%s%s.txt", name, width);
    FILE *file = fopen(path, "rb");

    check_that(file != NULL, "%s is missing", path);
    const size_t bytes = fread(text, 1, BYTES, file);
    assert_in_range(bytes, 1, BYTES - 1);
    assert_int_equal(fclose(file), 0);
    return text;
}

/* Characters in each line of the table; fails if they differ. */
static size_t table_width(const char *summary)
{
    const char *line = strchr(summary, '\n') + 1;
    size_t width = 0;

    while (*line != ' ') {
        size_t length = 0;
        for (; *line != '\n'; line++) {
            length += (*line & 0xC0) != 0x80;
        }
        check_that(width == 0 || length == width, "%zu and %zu characters:\n%s", width, length, summary);
        width = length;
        line++;
    }
    return width;
}

/* ---- Tests ------------------------------------------------------------------------------------------ */

static void summaries_are_those_of_keras(void **state)
{
    static const struct {
        const char *name;
        void (*add_layers)(struct model *);
        size_t columns[4]; /* besides Keras's default */
    } cases[] = {
        {"two_branch", two_branch, {19, 80, 155}},
        {"chain", chain, {16, 40, 101}},
        {"residual", residual, {28, 75}},
        {"names", names, {33, 64, 250}},
        {"many_inputs", many_inputs, {47}},
        {"order", order, {0}},
        {"alone", alone, {0}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct model model = build(cases[i].add_layers);
        size_t columns = 0;
        for (size_t k = 0; k == 0 || columns > 0; k++) {
            struct text text = {0};
            check_ok(summarize(&model, columns, &text));
            assert_string_equal(text_string(&text), golden(cases[i].name, columns));
            text_free(&text);
            columns = cases[i].columns[k];
        }
        plait_graph_free(model.graph);
    }
}

static void a_model_delivers_its_summary(void **state)
{
    const struct model model = build(alone);
    const char *wanted = golden("alone", 0);
    plait_model *made = NULL;
    char text[4096];
    char little[8];
    size_t length = 0;

    (void)state;
    check_ok(plait_model_create(fixture_context(false), inputs_of(&model), outputs_of(&model), NULL, &made));
    plait_graph_free(model.graph);
    check_ok(plait_model_summary(made, 0, NULL, 0, &length));
    assert_int_equal(length, strlen(wanted));
    check_ok(plait_model_summary(made, 0, text, sizeof text, NULL));
    assert_string_equal(text, wanted);
    check_status(plait_model_summary(made, 0, little, sizeof little, &length), PLAIT_ERR_INVALID);
    assert_string_equal(little, "Model: ");
    assert_int_equal(length, strlen(wanted));
    check_status(plait_model_summary(NULL, 0, text, sizeof text, NULL), PLAIT_ERR_INVALID);
    plait_model_free(made);
}

static void any_width_gives_a_table(void **state)
{
    static const size_t asked[] = {1, 2, 18, 19, 20, 21, 9999, 10000, 10001, SIZE_MAX};
    /* Keras, too, takes 19 and refuses 20: its columns are rounded down. */
    static const size_t given[] = {19, 19, 19, 19, 21, 21, 9999, 10000, 10000, 10000};
    const struct model model = build(names);

    (void)state;
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct text text = {0};
        check_ok(summarize(&model, asked[i], &text));
        assert_int_equal(table_width(text_string(&text)), given[i]);
        text_free(&text);
    }
    plait_graph_free(model.graph);
}

static void any_name_gives_printable_text(void **state)
{
    static const char *const cases[][2] = {
        {"", " (ReLU) "},
        {"   ", "    (ReLU) "},
        {"tab\tline\nbell\a", "tab\uFFFDline\uFFFDbell\uFFFD (ReLU) "},
        {"\x1b[31mred\x7f", "\uFFFD[31mred\uFFFD (ReLU) "},
        {"\xc2\x9b[31m", "\uFFFD\uFFFD[31m (ReLU) "},                    /* CSI as a character of its own */
        {"\xff\xfe", "\uFFFD\uFFFD (ReLU) "},                            /* no bytes of UTF-8 */
        {"\xc0\xaf\xe0\x80\xaf", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD (Re"},  /* longer than need be */
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD (ReLU) "},                  /* half of a pair */
        {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD (ReLU) "},        /* beyond the last character */
        {"\xe2\x82", "\uFFFD\uFFFD (ReLU) "},                            /* cut short */
        {"\xe2\x82\xac\xf0\x9f\x98\x80", "\xe2\x82\xac\xf0\x9f\x98\x80 (ReLU) "},
        {"100%s%n", "100%s%n (ReLU) "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = {0};
        char name[32];
        (void)snprintf(name, sizeof name, "%s", cases[i][0]);
        const struct layer_row row = {.name = name, .class_name = "ReLU", .connected = name};
        check_ok(rows_summary(&row, 1, &(plait_summary_opts){.title = "\x1b[2J"}, &text));
        check_has(text_string(&text), "Model: \"\uFFFD[2J\"\n");
        check_has(text_string(&text), scratch_text("│ %s", cases[i][1]));
        assert_int_equal(table_width(text_string(&text)), 88);
        text_free(&text);
    }
}

static void numbers_have_commas_and_units(void **state)
{
    static const struct {
        size_t params;
        const char *text;
    } cases[] = {
        {0, " Total params: 0 (0.00 B)\n"},
        {255, " Total params: 255 (1020.00 B)\n"},
        {256, " Total params: 256 (1.00 KB)\n"},
        {288, " Total params: 288 (1.12 KB)\n"}, /* 1.125: to even */
        {352, " Total params: 352 (1.38 KB)\n"}, /* 1.375 */
        {999, " Total params: 999 (3.90 KB)\n"},
        {1000, " Total params: 1,000 (3.91 KB)\n"},
        {1002003, " Total params: 1,002,003 (3.82 MB)\n"},
        {138357544, " Total params: 138,357,544 (527.79 MB)\n"},
        {2000000000, " Total params: 2,000,000,000 (7.45 GB)\n"},
        {SIZE_MAX, " Total params: 18,446,744,073,709,551,615 (65536.00 PB)\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = {0};
        char name[] = "x";
        const struct layer_row row = {
            .name = name, .class_name = "X", .connected = name, .params = cases[i].params};
        check_ok(rows_summary(&row, 1, &(plait_summary_opts){0}, &text));
        check_has(text_string(&text), cases[i].text);
        text_free(&text);
    }
}

/* A walk that took every way back to the input would never end. */
static void a_ladder_is_climbed_once(void **state)
{
    enum { RUNGS = 300 };
    struct model model = {0};

    (void)state;
    check_ok(plait_graph_create(&model.graph));
    plait_node x = input(&model, NULL, PLAIT_SHAPE(2));
    for (int i = 0; i < RUNGS; i++) {
        x = plait_add(PLAIT_NODES(x, x), NAMED(scratch_text("rung%d", i)));
    }
    output(&model, x);
    struct layer_row *rows = NULL;
    size_t count = 0;
    check_ok(rows_create(inputs_of(&model), outputs_of(&model), &rows, &count));
    assert_int_equal(count, RUNGS + 1);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(rows[i].name, i == 0 ? "input_layer" : scratch_text("rung%zu", i - 1));
    }
    assert_string_equal(rows[RUNGS].connected, "rung298[0][0], rung298[0][0]");
    rows_free(rows, count);
    plait_graph_free(model.graph);
}

static void no_memory_is_an_error(void **state)
{
    const struct model model = build(names);
    size_t failed = 0;

    (void)state;
    for (plait_status status = PLAIT_ERR_HOST_MEMORY; status != PLAIT_OK; failed++) {
        struct text text = {0};
        (void)mem_fail_at(failed + 1, failed % 2 == 1);
        status = summarize(&model, 0, &text);
        const size_t asked = mem_fail_at(0, false);
        const plait_status wanted = asked > failed ? PLAIT_ERR_HOST_MEMORY : PLAIT_OK;
        check_that(status == wanted, "%zu of %zu: %s", failed + 1, asked, plait_status_name(status));
        text_free(&text);
    }
    assert_in_range(failed, 20, 10000);
    plait_graph_free(model.graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(summaries_are_those_of_keras),
        cmocka_unit_test(a_model_delivers_its_summary),
        cmocka_unit_test(any_width_gives_a_table),
        cmocka_unit_test(any_name_gives_printable_text),
        cmocka_unit_test(numbers_have_commas_and_units),
        cmocka_unit_test(a_ladder_is_climbed_once),
        cmocka_unit_test(no_memory_is_an_error),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
