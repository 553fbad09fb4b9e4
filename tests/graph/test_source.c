/* SPDX-License-Identifier: MIT */
/* Readers' questions to a layer's source: options of every kind, right and wrong, and weights. */
#include "check.h"
#include "graph/source.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <plait/reshaping.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One option: a number, a text, or a list of numbers. */
struct option {
    const char *name;
    enum source_kind kind;
    double number;
    const char *text;
    size_t length;
    double items[3];
};

/* A source of the options below, which keeps what is noted. */
struct listed {
    struct source source; /* first */
    char notes[1024];
    plait_status status; /* of the newest note */
};

static const float kernel[6] = {1, 2, 3, 4, 5, 6};

static const struct option options[] = {
    {.name = "half", .kind = SOURCE_NUMBER, .number = 0.5},
    {.name = "three", .kind = SOURCE_NUMBER, .number = 3},
    {.name = "minus", .kind = SOURCE_NUMBER, .number = -1},
    {.name = "huge", .kind = SOURCE_NUMBER, .number = 1e30},
    {.name = "vast", .kind = SOURCE_NUMBER, .number = 1e300},
    {.name = "most", .kind = SOURCE_NUMBER, .number = INT_MAX},
    {.name = "off", .kind = SOURCE_NUMBER, .number = 0},
    {.name = "word", .kind = SOURCE_TEXT, .text = "word"},
    {.name = "pair", .kind = SOURCE_LIST, .length = 2, .items = {4, 5}},
    {.name = "one", .kind = SOURCE_LIST, .length = 1, .items = {3}},
    {.name = "none", .kind = SOURCE_LIST},
    {.name = "odd", .kind = SOURCE_LIST, .length = 2, .items = {1, 0.5}},
    {.name = "thing", .kind = SOURCE_OBJECT},
    {.name = "activation", .kind = SOURCE_OBJECT},
    {.name = "swish", .kind = SOURCE_TEXT, .text = "swish"},
    {.name = "elu", .kind = SOURCE_TEXT, .text = "elu"},
    {.name = "axes", .kind = SOURCE_LIST, .length = 2, .items = {1, -1}},
    {.name = "batch", .kind = SOURCE_LIST, .length = 2, .items = {1, 0}},
    {.name = "table", .kind = SOURCE_LIST},
    {.name = "epsilon", .kind = SOURCE_NUMBER},
    {.name = "kwargs.x1", .kind = SOURCE_NUMBER, .number = 2},
    {.name = "kwargs.x2", .kind = SOURCE_TENSOR},
};

/* "pair[1]" is an item of option "pair". */
static const struct option *find(const char *path, struct option *item)
{
    const size_t length = strcspn(path, "[");

    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        if (strlen(options[i].name) == length && strncmp(options[i].name, path, length) == 0) {
            if (path[length] == 0) {
                return &options[i];
            }
            *item = (struct option){.kind = SOURCE_NUMBER, .number = options[i].items[atoi(path + length + 1)]};
            return item;
        }
    }
    return NULL;
}

static enum source_kind kind(struct source *source, const char *path)
{
    struct option item;
    const struct option *option = find(path, &item);

    (void)source;
    return option ? option->kind : SOURCE_MISSING;
}

static double number(struct source *source, const char *path)
{
    struct option item;

    assert_int_equal(kind(source, path), SOURCE_NUMBER); /* nothing else is asked for its number */
    return find(path, &item)->number;
}

static const char *text(struct source *source, const char *path)
{
    struct option item;

    assert_int_equal(kind(source, path), SOURCE_TEXT);
    return find(path, &item)->text;
}

static size_t length(struct source *source, const char *path)
{
    struct option item;

    assert_int_equal(kind(source, path), SOURCE_LIST);
    return find(path, &item)->length;
}

/* One array of weights, number 0. */
static plait_array weight(struct source *source, const char *part, size_t index)
{
    (void)source;
    assert_string_equal(part, "");
    return index == 0 ? (plait_array){kernel, PLAIT_SHAPE(2, 3)} : (plait_array){0};
}

/* The array that "table" is. */
static plait_array array(struct source *source, const char *path)
{
    (void)source;
    return strcmp(path, "table") == 0 ? (plait_array){kernel, PLAIT_SHAPE(3, 2)} : (plait_array){0};
}

static void refuse(struct source *source, plait_status status, const char *note)
{
    struct listed *listed = (struct listed *)source;
    const size_t used = strlen(listed->notes);

    (void)snprintf(listed->notes + used, sizeof listed->notes - used, "%s\n", note);
    listed->status = status;
}

static const struct source_calls calls = {.kind = kind,
                                          .number = number,
                                          .text = text,
                                          .length = length,
                                          .weight = weight,
                                          .array = array,
                                          .refuse = refuse};

static struct listed listed;

static struct source *source(void)
{
    listed = (struct listed){.source = {.name = "layer", .calls = &calls}};
    return &listed.source;
}

/* Checks what was noted since source(), and as what. */
static void check_note(plait_status status, const char *note)
{
    assert_string_equal(listed.notes, note);
    assert_int_equal(listed.status, status);
}

static void numbers(void **state)
{
    (void)state;
    assert_float_equal(source_number(source(), "half", 7), 0.5, 0);
    assert_float_equal(source_number(source(), "missing", 7), 7, 0);
    assert_true(source_flag(source(), "half", false));
    assert_false(source_flag(source(), "off", true));
    assert_true(source_flag(source(), "missing", true));
    check_note(PLAIT_OK, "");
    assert_float_equal(source_number(source(), "word", 7), 7, 0);
    check_note(PLAIT_ERR_FORMAT, "option word is a text; it must be a number\n");
    assert_float_equal(source_number(source(), "pair", 7), 7, 0);
    check_note(PLAIT_ERR_FORMAT, "option pair is a list; it must be a number\n");
    assert_true(source_flag(source(), "thing", true));
    check_note(PLAIT_ERR_FORMAT, "option thing is an object; it must be a number\n");
}

static void whole_numbers(void **state)
{
    (void)state;
    assert_int_equal(source_size(source(), "three", 7), 3);
    assert_int_equal(source_size(source(), "missing", 7), 7);
    assert_int_equal(source_size(source(), "most", 7), INT_MAX);
    assert_int_equal(source_axis(source(), "minus", 7), -1);
    assert_int_equal(source_axis(source(), "one", 7), 3); /* as Keras 2 wrote it */
    assert_int_equal(source_axis(source(), "none", 7), 7);
    assert_int_equal(source_axis(source(), "missing", -1), -1);
    check_note(PLAIT_OK, "");
    assert_int_equal(source_size(source(), "half", 7), 0);
    check_note(PLAIT_ERR_FORMAT, "option half is 0.5; it must be a whole number from 0 to 2147483647\n");
    (void)source_size(source(), "minus", 7);
    check_note(PLAIT_ERR_FORMAT, "option minus is -1; it must be a whole number from 0 to 2147483647\n");
    (void)source_size(source(), "huge", 7);
    check_note(PLAIT_ERR_FORMAT, "option huge is 1e+30; it must be a whole number from 0 to 2147483647\n");
    assert_int_equal(source_size(source(), "word", 7), 7);
    check_note(PLAIT_ERR_FORMAT, "option word is a text; it must be a number\n");
    assert_int_equal(source_axis(source(), "pair", 7), 4);
    check_note(PLAIT_ERR_FORMAT, "option pair has 2 numbers; at most 1 are possible\n");
}

static void lists(void **state)
{
    size_t sizes[3] = {7, 8, 9};
    double values[2] = {7, 8};

    (void)state;
    assert_int_equal(source_sizes(source(), "missing", sizes, 3), 0);
    assert_int_equal(sizes[0], 7);
    assert_int_equal(source_sizes(source(), "pair", sizes, 3), 2);
    assert_int_equal(sizes[0], 4);
    assert_int_equal(sizes[1], 5);
    assert_int_equal(sizes[2], 9);
    assert_int_equal(source_sizes(source(), "three", sizes, 3), 1);
    assert_int_equal(sizes[0] + sizes[1] + sizes[2], 9);
    assert_int_equal(source_numbers(source(), "odd", values, 2), 2);
    assert_float_equal(values[1], 0.5, 0);
    check_note(PLAIT_OK, "");
    (void)source_sizes(source(), "odd", sizes, 2);
    check_note(PLAIT_ERR_FORMAT, "option odd is 0.5; it must be a whole number from 0 to 2147483647\n");
    assert_int_equal(source_sizes(source(), "pair", sizes, 1), 1);
    check_note(PLAIT_ERR_FORMAT, "option pair has 2 numbers; at most 1 are possible\n");
    assert_int_equal(source_numbers(source(), "thing", values, 2), 0);
    check_note(PLAIT_ERR_FORMAT, "option thing is an object; it must be a number\n");
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(source_text(source(), "word", "other"), "word");
    assert_string_equal(source_text(source(), "missing", "other"), "other");
    assert_int_equal(source_activation(source(), "elu"), PLAIT_ELU);
    assert_int_equal(source_activation(source(), "swish"), PLAIT_SILU);
    assert_int_equal(source_activation(source(), "missing"), PLAIT_LINEAR);
    assert_int_equal(source_activation(source(), "activation"), PLAIT_LINEAR); /* the loader adds it */
    assert_int_equal(source_padding(source()), PLAIT_VALID);
    source_channels_last(source());
    check_note(PLAIT_OK, "");
    assert_string_equal(source_text(source(), "half", "other"), "other");
    check_note(PLAIT_ERR_FORMAT, "option half is a number; it must be a text\n");
    (void)source_activation(source(), "word");
    check_note(PLAIT_ERR_UNSUPPORTED, "word \"word\" is not one that plait has\n");
    (void)source_activation(source(), "thing");
    check_note(PLAIT_ERR_FORMAT, "option thing is an object; it must be a text\n");
}

static void weights(void **state)
{
    size_t index = 0;

    (void)state;
    assert_ptr_equal(source_next_weight(source(), true, &index).data, kernel);
    assert_null(source_next_weight(&listed.source, false, &index).data);
    assert_int_equal(index, 1);
    check_note(PLAIT_OK, "");
    assert_null(source_next_weight(&listed.source, true, &index).data);
    check_note(PLAIT_ERR_FORMAT, "the file lacks weight number 1 of it, counted from 0\n");
}

static void axes_of_weights(void **state)
{
    const plait_array array = {kernel, PLAIT_SHAPE(2, 3)};

    (void)state;
    source_check_axes(source(), "three", array, 1, 1);
    source_check_axes(&listed.source, "missing", array, 0, 2);
    source_check_axes(&listed.source, "pair", array, 1, 2); /* beyond the array: for the operator to say */
    check_note(PLAIT_OK, "");
    source_check_axes(source(), "three", array, 0, 1);
    check_note(PLAIT_ERR_FORMAT, "option three has size 3 where the weights in the file have 2\n");
    source_check_axes(source(), "pair", array, 0, 2);
    check_note(PLAIT_ERR_FORMAT, "option pair has size 4 where the weights in the file have 2\n");
}

static void floats(void **state)
{
    (void)state;
    assert_float_equal(source_float(source(), "half", 7), 0.5, 0);
    assert_float_equal(source_float(source(), "missing", INFINITY), INFINITY, 0);
    assert_float_equal(source_epsilon(source(), 1), FLT_MIN, 0); /* 0 would stand for the default */
    check_note(PLAIT_OK, "");
    assert_float_equal(source_float(source(), "vast", 7), 7, 0);
    check_note(PLAIT_ERR_FORMAT, "option vast is 1e+300, which float32 does not hold\n");
}

static void axes_and_shapes(void **state)
{
    (void)state;
    const plait_axes axes = source_axes(source(), "axes");
    assert_int_equal(axes.count, 2);
    assert_int_equal(axes.items[1], -1);
    assert_int_equal(source_axes(&listed.source, "three").items[0], 3);
    assert_int_equal(source_axes(&listed.source, "missing").count, 0);
    const plait_shape shape = source_shape(&listed.source, "axes", 0);
    assert_int_equal(shape.rank, 2);
    assert_int_equal(shape.dims[1], PLAIT_REST);
    assert_int_equal(source_shape(&listed.source, "pair", 1).dims[0], 5);
    check_note(PLAIT_OK, "");
    (void)source_axes(source(), "batch");
    check_note(PLAIT_ERR_UNSUPPORTED, "option batch is 0, the batch; plait computes each sample for itself\n");
    (void)source_axes(source(), "none");
    check_note(PLAIT_ERR_FORMAT, "option none names no axis\n");
    assert_int_equal(source_axis(source(), "off", 7), 7);
    check_note(PLAIT_ERR_UNSUPPORTED, "option off is 0, the batch; plait computes each sample for itself\n");
    assert_int_equal(source_shape(source(), "pair", 3).rank, 0);
    check_note(PLAIT_ERR_FORMAT, "option pair is no list of sizes\n");
    (void)source_shape(source(), "three", 0);
    check_note(PLAIT_ERR_FORMAT, "option three is no list of sizes\n");
}

static void operands(void **state)
{
    static const plait_node node = {.id = 9};
    const plait_nodes inputs = {&node, 1};
    size_t next = 0;

    (void)state;
    assert_float_equal(source_constant(source(), "half", 7).number, 0.5, 0);
    assert_float_equal(source_constant(source(), "missing", 7).number, 7, 0);
    assert_ptr_equal(source_constant(source(), "table", 7).array.data, kernel);
    assert_float_equal(source_operand(source(), 0, inputs, &next).number, 2, 0);
    assert_int_equal(source_operand(source(), 1, inputs, &next).node.id, 9);
    assert_int_equal(next, 1);
    check_note(PLAIT_OK, "");
    (void)source_operand(source(), 2, inputs, &next);
    check_note(PLAIT_ERR_FORMAT, "it is called without its argument 2\n");
}

static void notes_are_cut(void **state)
{
    (void)state;
    source_refuse(source(), "%0600d", 1);
    assert_int_equal(strlen(listed.notes), 512);
    source_unsupported(source(), "%s", "x");
    check_note(PLAIT_ERR_UNSUPPORTED, "x\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),       cmocka_unit_test(whole_numbers),   cmocka_unit_test(lists),
        cmocka_unit_test(names),         cmocka_unit_test(weights),         cmocka_unit_test(axes_of_weights),
        cmocka_unit_test(floats),        cmocka_unit_test(axes_and_shapes), cmocka_unit_test(operands),
        cmocka_unit_test(notes_are_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
