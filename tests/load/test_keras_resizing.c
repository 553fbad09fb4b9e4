/* SPDX-License-Identifier: MIT */
/* Keras's layers that change the size of pictures and sequences, from files: values, forms of options, refusals. */
#include "fixture.h"
#include "folder.h"
#include "keras_file.h"
#include "oracle.h"

#include <plait/load.h>
#include <plait/model.h>
#include <string.h>

enum { MOST_OUTPUTS = 12 };

static plait_array read_array(const char *name, char kind, size_t i)
{
    plait_array array = {0};

    check_ok(plait_npy_read(keras_path(scratch_text("%s.%c%zu.npy", name, kind, i)), &array));
    return array;
}

static void check_case(const char *name, enum gate gate)
{
    plait_graph *graph = NULL;
    plait_keras *keras = NULL;
    plait_array arrays[MOST_OUTPUTS];
    float *y[MOST_OUTPUTS];
    plait_array x = read_array(name, 'x', 0);

    check_ok(plait_graph_create(&graph));
    check_ok(plait_load_keras(graph, keras_path(scratch_text("%s.keras", name)), NULL, &keras));
    const plait_nodes outputs = plait_keras_outputs(keras);
    for (size_t i = 0; i < outputs.count; i++) {
        arrays[i] = read_array(name, 'y', i);
        y[i] = scratch(reference_of(arrays[i].shape, arrays[i].data).count, sizeof(float));
    }
    check_ok(fixture_run(plait_keras_inputs(keras), outputs, &(struct run_opts){.accuracy = PLAIT_STRICT},
                         x.shape.dims[0], (const float *const[]){x.data}, y));
    for (size_t i = 0; i < outputs.count; i++) {
        const struct reference want = reference_of(arrays[i].shape, arrays[i].data);
        const plait_shape shape = plait_node_shape(outputs.items[i]);
        check_that(shape.rank + 1 == want.shape.rank &&
                       memcmp(shape.dims, want.shape.dims + 1, shape.rank * sizeof *shape.dims) == 0,
                   "%s: output %zu has another shape", name, i);
        check_verdict(compare(y[i], &want, gate, 2e-6), "%s, output %zu", name, i);
        plait_array_free(&arrays[i]);
    }
    plait_array_free(&x);
    plait_keras_free(keras);
    plait_graph_free(graph);
    scratch_reset();
}

static void outputs_are_those_of_keras(void **state)
{
    (void)state;
    check_case("resizing_steps", GATE_BITS);
    check_case("resizing_moves", GATE_BITS);
    check_case("resizing_sizes", GATE_BITS);
    check_case("resizing_folded", GATE_L2);
}

static plait_status load(const char *path, plait_shape *shape)
{
    plait_graph *graph = NULL;
    plait_keras *keras = NULL;

    check_ok(plait_graph_create(&graph));
    const plait_status status = plait_load_keras(graph, path, NULL, &keras);
    if (status == PLAIT_OK) {
        *shape = plait_node_shape(plait_keras_outputs(keras).items[0]);
    }
    plait_keras_free(keras);
    plait_graph_free(graph);
    return status;
}

/* Writes a golden file with one change in the config. */
static const char *change(const char *file, const char *old, const char *new)
{
    keras_write("changed.keras", keras_replace(keras_config(file), old, new), file);
    return "changed.keras";
}

static const char steps[] = "resizing_steps.keras", moves[] = "resizing_moves.keras", sizes[] = "resizing_sizes.keras";

static void options_have_several_forms(void **state)
{
    static const char pair[] = "\"padding\": [2, 2]", pairs[] = "\"padding\": [[1, 1], [1, 1]]",
                      size[] = "\"size\": [2, 3]";
    static const struct {
        const char *file, *old, *new;
        plait_shape shape; /* of output 0 */
    } changes[] = {
        {steps, pair, "\"padding\": 3", {2, {13, 3}}},
        {steps, pair, "\"padding\": [1, 0]", {2, {8, 3}}},
        {steps, pair, "\"padding\": null", {2, {9, 3}}},
        {moves, pairs, "\"padding\": 3", {3, {13, 12, 3}}},
        {moves, pairs, "\"padding\": [3, 1]", {3, {13, 8, 3}}},
        {moves, pairs, "\"padding\": [3, [0, 2]]", {3, {13, 8, 3}}},
        {moves, pairs, "\"paddong\": 0", {3, {9, 8, 3}}},
        {sizes, size, "\"size\": 3", {3, {21, 18, 3}}},
        {sizes, size, "\"size\": null", {3, {14, 12, 3}}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        plait_shape shape = {0};
        check_ok(load(change(changes[i].file, changes[i].old, changes[i].new), &shape));
        check_that(memcmp(&shape, &changes[i].shape, sizeof shape) == 0, "%s has another shape", changes[i].new);
        scratch_reset();
    }
}

static void what_is_wrong_is_refused(void **state)
{
    static const char pair[] = "\"padding\": [2, 2]", pairs[] = "\"padding\": [[1, 1], [1, 1]]",
                      cropping[] = "\"cropping\": [[1, 1], [1, 1]]", size[] = "\"size\": [2, 3]",
                      height[] = "\"height\": 11", mode[] = "\"fill_mode\": \"constant\"",
                      crop[] = "\"crop_to_aspect_ratio\": true, \"pad_to_aspect_ratio\": false";
    static const plait_status wrong = PLAIT_ERR_FORMAT, graph = PLAIT_ERR_GRAPH, unsupported = PLAIT_ERR_UNSUPPORTED;
    static const struct {
        const char *file, *old, *new;
        plait_status status;
        const char *part; /* of the message */
    } changes[] = {
        {steps, pair, "\"padding\": -1", wrong, "option padding is -1; it must be a whole number from 0"},
        {steps, pair, "\"padding\": [2]", wrong, "option padding has 1 numbers; it must have 2"},
        {steps, pair, "\"padding\": []", wrong, "option padding has 0 numbers; it must have 2"},
        {steps, pair, "\"padding\": \"2\"", wrong, "option padding is a text; it must be a number"},
        {steps, pair, "\"padding\": 2147483647", graph, "output shape {4294967301,3} has more than"},
        {steps, pair, "\"padding\": 1e300", wrong, "option padding is 1e+300; it must be a whole number"},
        {moves, pairs, "\"padding\": [[1, 1]]", wrong,
         "option padding has 1 items; it must have one for each of 2 axes"},
        {moves, pairs, "\"padding\": [1, 1, 1]", wrong, "option padding has 3 items"},
        {moves, pairs, "\"padding\": [[1, 1, 1], 1]", wrong, "option padding[0] has 3 numbers; it must have 2"},
        {moves, pairs, "\"padding\": [1, [1, -1]]", wrong, "option padding[1] is -1; it must be a whole number"},
        {moves, pairs, "\"padding\": [1, [1, 1.5]]", wrong, "option padding[1] is 1.5; it must be a whole number"},
        {moves, cropping, "\"cropping\": 4", graph, "cropping of 4 and 4 cells leaves nothing of axis 1"},
        {moves, cropping, "\"cropping\": 2147483647", graph, "leaves nothing of axis 1"},
        {sizes, size, "\"size\": 0", wrong, "option size has 0; it must be at least 1"},
        {sizes, size, "\"size\": [1, 0]", wrong, "option size has 0; it must be at least 1"},
        {sizes, size, "\"size\": [2147483647, 2]", graph, "output has 15032385529 rows and 12 columns"},
        {sizes, "\"bilinear\"", "\"bicubic\"", unsupported, "interpolation is \"bicubic\"; plait has \"nearest\" and"},
        {sizes, height, "\"height\": 0", graph, "output has 0 rows and 4 columns"},
        {sizes, height, "\"height\": null", graph, "output has 0 rows and 4 columns"},
        {sizes, height, "\"height\": 800000000", graph, "output has 800000000 rows and 4 columns"},
        {sizes, mode, "\"fill_mode\": \"nearest\"", wrong, "fill_mode is \"nearest\"; only \"constant\" is possible"},
        {sizes, "\"fill_value\": 0.0", "\"fill_value\": 1e300", wrong, "fill_value is 1e+300, which is no float32"},
        {sizes, "\"antialias\": false", "\"antialias\": true", unsupported, "antialias is true"},
        {sizes, crop, "\"crop_to_aspect_ratio\": true, \"pad_to_aspect_ratio\": true", graph, "are both set"},
        {moves, "\"data_format\": \"channels_last\"", "\"data_format\": \"channels_first\"", unsupported,
         "data_format is \"channels_first\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        plait_shape shape;
        check_message(load(change(changes[i].file, changes[i].old, changes[i].new), &shape), changes[i].status,
                      changes[i].part);
        scratch_reset();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_those_of_keras),
        cmocka_unit_test(options_have_several_forms),
        cmocka_unit_test(what_is_wrong_is_refused),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
