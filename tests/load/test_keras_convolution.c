/* SPDX-License-Identifier: MIT */
/* Model files of convolution layers: plait's outputs are Keras's, and options that make no sense are refused. */
#include "fixture.h"
#include "folder.h"
#include "keras_change.h"
#include "oracle.h"

#include <plait/load.h>
#include <plait/model.h>
#include <stdio.h>
#include <string.h>

enum { MOST_OUTPUTS = 16 };

static const char *path_of(const char *file)
{
    return scratch_text("../convolution/%s", file);
}

static plait_array read_array(const char *name)
{
    plait_array file;

    check_ok(plait_npy_read(keras_path(path_of(name)), &file));
    struct reference copy = reference_of(file.shape, file.data);
    const plait_array array = {.data = reference_floats(&copy), .shape = file.shape};
    plait_array_free(&file);
    return array;
}

static void check_file(const char *name, const char *form)
{
    const char *path = keras_path(path_of(scratch_text("%s.%s", name, form)));
    const plait_array x = read_array(scratch_text("%s.x0.npy", name));
    const float *values = x.data;
    struct reference want[MOST_OUTPUTS];
    float *y[MOST_OUTPUTS];
    plait_graph *graph = NULL;
    plait_keras *keras = NULL;

    check_ok(plait_graph_create(&graph));
    check_ok(plait_load_keras(graph, path, NULL, &keras));
    const plait_nodes outputs = plait_keras_outputs(keras);
    assert_in_range(outputs.count, 1, MOST_OUTPUTS);
    for (size_t i = 0; i < outputs.count; i++) {
        const plait_array array = read_array(scratch_text("%s.y%zu.npy", name, i));
        want[i] = reference_of(array.shape, array.data);
        y[i] = scratch(want[i].count, sizeof(float));
        const plait_shape got = plait_node_shape(outputs.items[i]);
        check_that(got.rank + 1 == array.shape.rank &&
                       memcmp(got.dims, array.shape.dims + 1, got.rank * sizeof *got.dims) == 0,
                   "%s: output %zu, %s, has another shape", path, i, plait_node_name(outputs.items[i]));
    }
    check_ok(fixture_run(plait_keras_inputs(keras), outputs, &(struct run_opts){.accuracy = PLAIT_STRICT},
                         x.shape.dims[0], &values, y));
    for (size_t i = 0; i < outputs.count; i++) {
        check_verdict(compare(y[i], &want[i], GATE_L2, 1e-6), "%s, output %zu", path, i);
    }
    plait_keras_free(keras);
    plait_graph_free(graph);
    scratch_reset();
}

static void outputs_are_those_of_keras(void **state)
{
    static const char *const files[][2] = {
        {"depthwise", "keras"},        {"depthwise_strides", "keras"}, {"separable", "keras"},
        {"transpose", "keras"},        {"transpose_dilated", "keras"}, {"sequences", "keras"},
        {"keras2_depthwise", "keras"}, {"keras2_depthwise", "h5"},     {"keras2_separable", "h5"},
        {"keras2_transpose", "h5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        check_file(files[i][0], files[i][1]);
    }
    check_verdict(compare_enough(0.5), "convolution files");
}

/* A file's config with one change, and a part of the message. */
static const struct {
    const char *file;
    const char *old;
    const char *new;
    plait_status status;
    const char *part;
} changes[] = {
    {"depthwise.keras", "\"strides\": [1, 1]", "\"strides\": [0, 1]", PLAIT_ERR_FORMAT, "option strides is 0"},
    {"depthwise.keras", "\"strides\": [1, 1]", "\"strides\": [-1, 1]", PLAIT_ERR_FORMAT, "option strides is -1"},
    {"depthwise.keras", "\"strides\": [1, 1]", "\"strides\": [1.5, 1]", PLAIT_ERR_FORMAT, "option strides is 1.5"},
    {"depthwise.keras", "\"strides\": [1, 1]", "\"strides\": [1, 1, 1]", PLAIT_ERR_FORMAT, "strides has 3 numbers"},
    {"depthwise.keras", "\"strides\": [1, 1]", "\"strides\": [2147483647, 1]", PLAIT_ERR_GRAPH, "stride 2147483647"},
    {"depthwise.keras", "\"dilation_rate\": [1, 1]", "\"dilation_rate\": [1, 1e99]", PLAIT_ERR_FORMAT,
     "option dilation_rate is 1e+99"},
    {"depthwise.keras", "\"dilation_rate\": [1, 1]", "\"dilation_rate\": [1, 7]", PLAIT_ERR_GRAPH, "spans 15 cells"},
    {"depthwise.keras", "\"depth_multiplier\": 1", "\"depth_multiplier\": 2", PLAIT_ERR_FORMAT,
     "option depth_multiplier has size 2 where the weights in the file have 1"},
    {"depthwise.keras", "\"kernel_size\": [3, 3]", "\"kernel_size\": [3, 4]", PLAIT_ERR_FORMAT,
     "option kernel_size has size 4 where the weights in the file have 3"},
    {"depthwise.keras", "\"padding\": \"valid\"", "\"padding\": \"causal\"", PLAIT_ERR_FORMAT, "padding is \"causal\""},
    {"depthwise.keras", "\"channels_last\"", "\"channels_first\"", PLAIT_ERR_UNSUPPORTED, "data_format"},
    {"depthwise.keras", "\"activation\": \"linear\"", "\"activation\": \"mine\"", PLAIT_ERR_UNSUPPORTED,
     "activation \"mine\""},
    {"depthwise.keras", "\"use_bias\": true", "\"use_bias\": \"yes\"", PLAIT_ERR_FORMAT, "use_bias"},
    {"separable.keras", "\"filters\": 4", "\"filters\": 5", PLAIT_ERR_FORMAT, "option filters has size 5"},
    {"separable.keras", "\"depth_multiplier\": 1", "\"depth_multiplier\": 0", PLAIT_ERR_FORMAT,
     "option depth_multiplier has size 0"},
    {"transpose.keras", "\"output_padding\": [0, 0]", "\"output_padding\": [2, 0]", PLAIT_ERR_GRAPH,
     "output_padding is 2"},
    {"transpose.keras", "\"output_padding\": null", "\"output_padding\": [1, 0]", PLAIT_ERR_GRAPH,
     "output_padding is 1 along axis 1 but must be below the stride, 1"},
    {"transpose.keras", "\"output_padding\": [0, 0]", "\"output_padding\": [-1, 0]", PLAIT_ERR_FORMAT,
     "option output_padding is -1"},
    {"transpose.keras", "\"strides\": [1, 1]", "\"strides\": [1000000000, 1]", PLAIT_ERR_GRAPH, "stride 1000000000"},
    {"transpose.keras", "\"strides\": [1, 1]", "\"strides\": [30000, 30000]", PLAIT_ERR_GRAPH, "more than 2147483647"},
    {"transpose.keras", "\"filters\": 4", "\"filters\": 3", PLAIT_ERR_FORMAT, "option filters has size 3"},
    {"sequences.keras", "\"padding\": \"causal\"", "\"padding\": \"casual\"", PLAIT_ERR_FORMAT,
     "padding is \"casual\""},
    {"sequences.keras", "\"groups\": 2", "\"groups\": 0", PLAIT_ERR_FORMAT, "option groups is 0"},
    {"sequences.keras", "\"groups\": 2", "\"groups\": 3", PLAIT_ERR_GRAPH, "groups is 3 but must divide"},
};

static void wrong_options_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        const char *file = path_of(changes[i].file);
        check_config(keras_replace(keras_config(file), changes[i].old, changes[i].new), file, changes[i].status,
                     changes[i].part);
        scratch_reset();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_those_of_keras),
        cmocka_unit_test(wrong_options_are_refused),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
