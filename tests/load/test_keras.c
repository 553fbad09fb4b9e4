/* SPDX-License-Identifier: MIT */
/* Model files of Keras 3 and 2: plait's outputs are Keras's, and so are its summaries. */
#include "base/memory.h"
#include "fixture.h"
#include "keras_file.h"
#include "oracle.h"

#include <jansson.h>
#include <plait/load.h>
#include <plait/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ENDS = 4 };

/* A model file that was loaded. */
struct loaded {
    plait_graph *graph;
    plait_keras *keras;
};

static struct loaded load(const char *path, const plait_keras_opts *opts)
{
    struct loaded loaded = {0};

    check_ok(plait_graph_create(&loaded.graph));
    check_ok(plait_load_keras(loaded.graph, path, opts, &loaded.keras));
    return loaded;
}

static void unload(struct loaded *loaded)
{
    plait_keras_free(loaded->keras);
    plait_graph_free(loaded->graph);
}

/* Reads CASE.x0.npy, ... ; returns how many there are. */
static size_t read_arrays(const char *name, char kind, plait_array *out)
{
    size_t count = 0;

    for (; count < MOST_ENDS; count++) {
        const char *path = keras_path(scratch_text("%s.%c%zu.npy", name, kind, count));
        FILE *file = fopen(path, "rb");
        if (!file) {
            break;
        }
        (void)fclose(file);
        check_ok(plait_npy_read(path, &out[count]));
    }
    check_that(count > 0, "%s has no arrays", name);
    return count;
}

static plait_shape sample_shape(plait_shape shape)
{
    plait_shape sample = {.rank = shape.rank - 1};

    memcpy(sample.dims, shape.dims + 1, sample.rank * sizeof *sample.dims);
    return sample;
}

/* A golden case's arrays, and the sizes of its inputs. */
struct golden {
    plait_array x[MOST_ENDS];
    plait_array y[MOST_ENDS];
    plait_keras_size sizes[MOST_ENDS];
    size_t inputs;
    size_t outputs;
};

static struct golden read_golden(const char *name)
{
    struct golden golden = {0};

    golden.inputs = read_arrays(name, 'x', golden.x);
    golden.outputs = read_arrays(name, 'y', golden.y);
    for (size_t i = 0; i < golden.inputs; i++) {
        golden.sizes[i].shape = sample_shape(golden.x[i].shape);
    }
    return golden;
}

static void free_golden(struct golden *golden)
{
    for (size_t i = 0; i < MOST_ENDS; i++) {
        plait_array_free(&golden->x[i]);
        plait_array_free(&golden->y[i]);
    }
}

/* Runs a loaded model on the case's inputs and compares. */
static void check_outputs(const char *file, const struct loaded *loaded, const struct golden *golden)
{
    const struct run_opts opts = {.accuracy = PLAIT_STRICT};
    const plait_nodes inputs = plait_keras_inputs(loaded->keras);
    const plait_nodes outputs = plait_keras_outputs(loaded->keras);
    const float *x[MOST_ENDS] = {0};
    float *y[MOST_ENDS] = {0};
    struct reference want[MOST_ENDS];

    check_that(inputs.count == golden->inputs && outputs.count == golden->outputs, "%s: %zu inputs, %zu outputs", file,
               inputs.count, outputs.count);
    for (size_t i = 0; i < golden->inputs; i++) {
        x[i] = golden->x[i].data;
    }
    for (size_t i = 0; i < golden->outputs; i++) {
        want[i] = reference_of(golden->y[i].shape, golden->y[i].data);
        y[i] = scratch(want[i].count, sizeof(float));
        const plait_shape got = plait_node_shape(outputs.items[i]);
        const plait_shape wanted = sample_shape(golden->y[i].shape);
        check_that(memcmp(&got, &wanted, sizeof got) == 0, "%s: output %zu has another shape", file, i);
    }
    check_ok(fixture_run(inputs, outputs, &opts, golden->x[0].shape.dims[0], x, y));
    for (size_t i = 0; i < golden->outputs; i++) {
        check_verdict(compare(y[i], &want[i], GATE_L2, 2e-6), "%s, output %zu", file, i);
    }
}

static void check_case(const char *name, const char *form)
{
    const char *file = scratch_text("%s.%s", name, form);
    struct golden golden = read_golden(name);
    const plait_keras_opts opts = {.sizes = golden.sizes, .size_count = golden.inputs};
    struct loaded loaded = load(keras_path(file), &opts);

    check_outputs(file, &loaded, &golden);
    unload(&loaded);
    free_golden(&golden);
    scratch_reset();
}

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
        check_case(keras[i], "keras");
    }
    for (size_t i = 0; i < sizeof h5 / sizeof *h5; i++) {
        check_case(h5[i], "h5");
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
    static const char *const names[] = {"sequential",    "two_branch", "many_ends", "dictionary",
                                        "ends",          "nested",     "twice",     "nested_sequential",
                                        "nested_output", "shared",     "frozen"};
    static const plait_summary_opts all = {.expand_nested = 1, .show_trainable = 1};
    static char text[32768];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct loaded loaded = load(keras_path(scratch_text("%s.keras", names[i])), NULL);
        check_ok(plait_keras_summary(loaded.keras, NULL, text, sizeof text, NULL));
        check_text(scratch_text("%s.txt", names[i]), text);
        check_ok(plait_keras_summary(loaded.keras, &all, text, sizeof text, NULL));
        check_text(scratch_text("%s.expanded", names[i]), text);
        unload(&loaded);
    }
    scratch_reset();
}

/* An inner model is one box, and what it is called on leads to it. */
static void a_picture_has_a_box_a_layer(void **state)
{
    static char text[16384];
    struct loaded loaded = load(keras_path("nested.keras"), NULL);

    (void)state;
    check_ok(plait_keras_dot(loaded.keras, text, sizeof text, NULL));
    assert_non_null(strstr(text, "<b>outer</b> (Functional)"));
    assert_null(strstr(text, "encoder"));
    check_message(plait_keras_dot(NULL, text, sizeof text, NULL), PLAIT_ERR_INVALID, "keras is NULL");
    check_message(plait_keras_summary(NULL, NULL, text, sizeof text, NULL), PLAIT_ERR_INVALID, "keras is NULL");
    unload(&loaded);
}

/* Layers in any order, and objects for lists, give the same model. */
static void a_config_may_be_in_any_order(void **state)
{
    struct golden golden = read_golden("twice");
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
    struct loaded loaded = load("reversed.keras", NULL);
    check_outputs("reversed", &loaded, &golden);
    unload(&loaded);
    free(text);
    json_decref(model);
    free_golden(&golden);
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
    struct loaded loaded = load(path, &opts);
    const plait_shape shape = plait_node_shape(plait_keras_inputs(loaded.keras).items[0]);
    assert_int_equal(shape.dims[0], 5);
    assert_int_equal(shape.dims[1], 7);
    assert_int_equal(shape.dims[2], 2); /* the file's own size holds */
    unload(&loaded);
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
    struct loaded first = load(keras_path("sequential.keras"), NULL);
    plait_keras *second;

    (void)state;
    check_message(plait_load_keras(first.graph, keras_path("sequential.h5"), NULL, &second), PLAIT_ERR_GRAPH,
                  "layer of this name already");
    unload(&first);
    first = load(keras_path("ends.keras"), NULL);
    check_ok(plait_load_keras(first.graph, keras_path("many_ends.keras"), NULL, &second));
    plait_keras_free(second);
    unload(&first);
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
    static const char *const files[] = {"nested.keras", "nested.h5", "objects.keras", "dictionary.keras"};

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
static void no_memory_for_json_is_an_error(void **state)
{
    (void)state;
    json_set_alloc_funcs(json_allocate, free);
    json_asked = 1;
    for (json_fails = 0; json_asked + 1 >= json_fails; json_fails++) {
        plait_graph *graph = NULL;
        plait_keras *keras = NULL;
        check_ok(plait_graph_create(&graph));
        json_asked = 0;
        const plait_status status = plait_load_keras(graph, keras_path("objects.keras"), NULL, &keras);
        check_that(status == PLAIT_OK || status == PLAIT_ERR_HOST_MEMORY || status == PLAIT_ERR_FORMAT,
                   "%zu of %zu: %s", json_fails, json_asked, plait_status_name(status));
        plait_keras_free(keras);
        plait_graph_free(graph);
    }
    assert_in_range(json_fails, 50, 10000);
    json_set_alloc_funcs(malloc, free);
    scratch_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_those_of_keras),  cmocka_unit_test(summaries_are_those_of_keras),
        cmocka_unit_test(a_picture_has_a_box_a_layer), cmocka_unit_test(a_config_may_be_in_any_order),
        cmocka_unit_test(open_sizes_are_given),        cmocka_unit_test(a_graph_may_hold_two_files),
        cmocka_unit_test(no_memory_is_an_error),       cmocka_unit_test(no_memory_for_json_is_an_error),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
