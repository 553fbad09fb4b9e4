/* SPDX-License-Identifier: MIT */
/* Model files of Keras 3 and 2: plait's outputs are Keras's, and so are its summaries. */
#include "base/memory.h"
#include "compare.h"
#include "fixture.h"
#include "folder.h"
#include "keras_case.h"

#include <jansson.h>
#include <plait/load.h>
#include <plait/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void outputs_are_those_of_keras(void **state)
{
    static const char *const keras[] = {
        "sequential",
        "two_branch",
        "nested",
        "nested_sequential",
        "nested_output",
        "frozen",
        "shared",
        "twice",
        "many_ends",
        "dictionary",
        "ends",
        "open_sizes",
        "objects",
        "half",
        "attention_self",
        "attention_cross",
        "attention_causal",
        "attention_pictures",
        "attention_grouped",
        "attention_plain",
        "attention_masks",
        "einsum_dense",
        "rms",
        "transformer",
        "keras2_sequential",
        "keras2_nested",
        "keras2_dictionary",
    };
    static const char *const h5[] = {
        "sequential",
        "nested",
        "nested_sequential",
        "nested_output",
        "frozen",
        "shared",
        "dictionary",
        "objects",
        "attention_self",
        "attention_cross",
        "attention_grouped",
        "keras2_sequential",
        "keras2_nested",
        "keras2_shared",
        "keras2_frozen",
        "keras2_nested_sequential",
        "keras2_nested_output",
        "keras2_twice",
        "keras2_open_sizes",
    };

    (void)state;
    for (size_t i = 0; i < sizeof keras / sizeof *keras; i++) {
        keras_check_case(keras[i], "keras");
    }
    for (size_t i = 0; i < sizeof h5 / sizeof *h5; i++) {
        keras_check_case(h5[i], "h5");
    }
    check_verdict(compare_enough(0.5), "model files");
}

static void check_text(const char *file_name, const char *text)
{
    static char want[32768];
    FILE *file = fopen(keras_path(file_name), "rb");

    assert_non_null(file);
    want[fread(want, 1, sizeof want - 1, file)] = 0;
    (void)fclose(file);
    assert_string_equal(text, want);
}

static void summaries_are_those_of_keras(void **state)
{
    static const char *const names[] = {"sequential", "two_branch",     "many_ends",         "dictionary",    "ends",
                                        "nested",     "twice",          "nested_sequential", "nested_output", "shared",
                                        "frozen",     "attention_self", "attention_grouped", "normalizations"};
    static const plait_summary_opts all = {.expand_nested = 1, .show_trainable = 1};
    static char text[32768];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct keras_loaded loaded = keras_load(keras_path(scratch_text("%s.keras", names[i])), NULL);
        check_ok(plait_keras_summary(loaded.keras, NULL, text, sizeof text, NULL));
        check_text(scratch_text("%s.txt", names[i]), text);
        check_ok(plait_keras_summary(loaded.keras, &all, text, sizeof text, NULL));
        check_text(scratch_text("%s.expanded", names[i]), text);
        keras_unload(&loaded);
    }
    scratch_reset();
}

/* An inner model is one box, and what it is called on leads to it. */
static void a_picture_has_a_box_a_layer(void **state)
{
    static char text[16384];
    struct keras_loaded loaded = keras_load(keras_path("nested.keras"), NULL);

    (void)state;
    check_ok(plait_keras_dot(loaded.keras, text, sizeof text, NULL));
    assert_non_null(strstr(text, "<b>outer</b> (Functional)"));
    assert_null(strstr(text, "encoder"));
    check_message(plait_keras_dot(NULL, text, sizeof text, NULL), PLAIT_ERR_INVALID, "keras is NULL");
    check_message(plait_keras_summary(NULL, NULL, text, sizeof text, NULL), PLAIT_ERR_INVALID, "keras is NULL");
    keras_unload(&loaded);
}

/* How often a part stands in a text. */
static size_t times(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)); text += strlen(part)) {
        count++;
    }
    return count;
}

/* Its box tells what the last call reads, and each layer that any call reads has one arrow. */
static void a_layer_called_twice_is_one_box(void **state)
{
    static char text[16384];
    struct keras_loaded loaded = keras_load(keras_path("twice.keras"), NULL);

    (void)state;
    check_ok(plait_keras_dot(loaded.keras, text, sizeof text, NULL));
    assert_int_equal(times(text, "<b>dense</b>"), 1);
    assert_int_equal(times(text, "Input shape: <b>(None, 4)</b>"), 2);
    keras_unload(&loaded);
    loaded = keras_load(keras_path("sequential.keras"), NULL);
    check_ok(plait_keras_dot(loaded.keras, text, sizeof text, NULL));
    assert_int_equal(times(text, "Input shape"), times(text, "Output shape")); /* also of the first layer */
    keras_unload(&loaded);
}

/* Layers in any order, and objects for lists, give the same model. */
static void a_config_may_be_in_any_order(void **state)
{
    struct keras_golden golden = keras_golden_read("twice");
    const char *config = keras_config("twice.keras");
    json_t *model = json_loads(config, 0, NULL);
    json_t *layers = json_object_get(json_object_get(model, "config"), "layers");
    json_t *reversed = json_array();

    (void)state;
    for (size_t i = json_array_size(layers); i-- > 0;) {
        (void)json_array_append(reversed, json_array_get(layers, i));
    }
    (void)json_object_set_new(json_object_get(model, "config"), "layers", reversed);
    char *text = json_dumps(model, 0);
    keras_write("reversed.keras", text, "twice.keras");
    struct keras_loaded loaded = keras_load("reversed.keras", NULL);
    keras_check_outputs("reversed", &loaded, &golden);
    keras_unload(&loaded);
    free(text);
    json_decref(model);
    keras_golden_free(&golden);
    scratch_reset();
}

/* A size is found by the input's name or place; a wrong one is named. */
static void open_sizes_are_given(void **state)
{
    const char *path = keras_path("open_sizes.keras");
    const plait_keras_size named = {"input_layer", PLAIT_SHAPE(5, 7, 1)};
    const plait_keras_size other = {"another", PLAIT_SHAPE(5, 7, 2)};
    const plait_keras_size flat = {NULL, PLAIT_SHAPE(5, 7)};
    const plait_keras_opts opts = {.sizes = &named, .size_count = 1};
    const plait_keras_size *const wrong[] = {&other, &flat};

    (void)state;
    struct keras_loaded loaded = keras_load(path, &opts);
    const plait_shape shape = plait_node_shape(plait_keras_inputs(loaded.keras).items[0]);
    assert_int_equal(shape.dims[0], 5);
    assert_int_equal(shape.dims[1], 7);
    assert_int_equal(shape.dims[2], 2); /* the file's own size holds */
    keras_unload(&loaded);
    for (size_t i = 0; i < 2; i++) {
        plait_graph *graph;
        plait_keras *keras;
        check_ok(plait_graph_create(&graph));
        check_message(plait_load_keras(graph, path, &(plait_keras_opts){.sizes = wrong[i], .size_count = 1}, &keras),
                      PLAIT_ERR_FORMAT, "InputLayer \"input_layer\": input 0 has axes of no fixed size: shape {0,0,2}");
        plait_graph_free(graph);
    }
    scratch_reset();
}

static void a_graph_may_hold_two_files(void **state)
{
    struct keras_loaded first = keras_load(keras_path("sequential.keras"), NULL);
    plait_keras *second;

    (void)state;
    check_message(plait_load_keras(first.graph, keras_path("sequential.h5"), NULL, &second), PLAIT_ERR_GRAPH,
                  "layer of this name already");
    keras_unload(&first);
    first = keras_load(keras_path("ends.keras"), NULL);
    check_ok(plait_load_keras(first.graph, keras_path("many_ends.keras"), NULL, &second));
    plait_keras_free(second);
    keras_unload(&first);
    scratch_reset();
}

/* ---- Host memory ------------------------------------------------------------------------------------ */

static void check_no_memory(const char *path, bool sticky)
{
    size_t failed = 0;

    for (plait_status status = PLAIT_ERR_HOST_MEMORY; status != PLAIT_OK; failed++) {
        plait_graph *graph = NULL;
        plait_keras *keras = NULL;
        check_ok(plait_graph_create(&graph));
        (void)mem_fail_at(failed + 1, sticky);
        status = plait_load_keras(graph, path, NULL, &keras);
        const size_t asked = mem_fail_at(0, false);
        const plait_status wanted = asked > failed ? PLAIT_ERR_HOST_MEMORY : PLAIT_OK;
        check_that(status == wanted, "%s: allocation %zu of %zu: %s, %s", path, failed + 1, asked,
                   plait_status_name(status), plait_error_message());
        check_that((keras != NULL) == (status == PLAIT_OK), "a model after a failure");
        plait_keras_free(keras);
        plait_graph_free(graph);
    }
    assert_in_range(failed, 50, 10000);
}

static void no_memory_is_an_error(void **state)
{
    static const char *const files[] = {
        "nested.keras",
        "nested.h5",
        "objects.keras",
        "dictionary.keras",
        "dots.keras",
        "keras2_dependencies.keras",
        "operations.keras",
        "activations.h5",
        "keras2_operations2.h5",
        "attention_causal.keras",
        "bidirectional_none.keras",
        "distributed_rnn.keras",
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        check_no_memory(keras_path(files[i]), false);
        check_no_memory(keras_path(files[i]), true);
    }
    scratch_reset();
}

static size_t json_asked;
static size_t json_fails;

static void *json_allocate(size_t size)
{
    return ++json_asked == json_fails ? NULL : malloc(size);
}

/* What Jansson asks for fails: it may do without, or take the lack of memory for a mistake of the text. */
static void check_no_json(const char *path)
{
    json_set_alloc_funcs(json_allocate, free);
    json_asked = 1;
    for (json_fails = 0; json_asked + 1 >= json_fails; json_fails++) {
        plait_graph *graph = NULL;
        plait_keras *keras = NULL;
        check_ok(plait_graph_create(&graph));
        json_asked = 0;
        const plait_status status = plait_load_keras(graph, path, NULL, &keras);
        check_that(status == PLAIT_OK || status == PLAIT_ERR_HOST_MEMORY || status == PLAIT_ERR_FORMAT,
                   "%s: %zu of %zu: %s", path, json_fails, json_asked, plait_status_name(status));
        plait_keras_free(keras);
        plait_graph_free(graph);
    }
    assert_in_range(json_fails, 50, 10000);
    json_set_alloc_funcs(malloc, free);
}

static void no_memory_for_json_is_an_error(void **state)
{
    (void)state;
    check_no_json(keras_path("objects.keras"));
    check_no_json(keras_path("keras2_operations2.h5"));
    scratch_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_those_of_keras),
        cmocka_unit_test(summaries_are_those_of_keras),
        cmocka_unit_test(a_picture_has_a_box_a_layer),
        cmocka_unit_test(a_config_may_be_in_any_order),
        cmocka_unit_test(open_sizes_are_given),
        cmocka_unit_test(a_graph_may_hold_two_files),
        cmocka_unit_test(a_layer_called_twice_is_one_box),
        cmocka_unit_test(no_memory_is_an_error),
        cmocka_unit_test(no_memory_for_json_is_an_error),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
