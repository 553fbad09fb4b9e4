/* SPDX-License-Identifier: MIT */
/* Pooling layers of model files: plait's outputs are Keras's, and wrong options are refused. */
#include "fixture.h"
#include "folder.h"
#include "golden.h"
#include "keras_change.h"

#include <plait/load.h>
#include <string.h>

enum { MOST_OUTPUTS = 32, TERMS = 20 };

static plait_graph *graph;
static plait_keras *keras;

static plait_status load(const char *path)
{
    check_ok(plait_graph_create(&graph));
    return plait_load_keras(graph, path, NULL, &keras);
}

static void unload(void)
{
    plait_keras_free(keras);
    plait_graph_free(graph);
    keras = NULL;
}

/* Keras's values: exact if they are largest ones, else means of at most TERMS values of size 3. */
static struct reference wanted(plait_node node, size_t index)
{
    const plait_array y = golden_array("keras/pooling.y%zu", index);
    struct reference want = reference_of(y.shape, y.data);

    if (strstr(plait_node_name(node), "average")) {
        want.exact = false;
        want.sums = TERMS;
        for (size_t e = 0; e < want.count; e++) {
            want.terms[e] = 3;
        }
    }
    return want;
}

static void check_outputs(const char *file)
{
    const float *x[2];
    float *y[MOST_OUTPUTS];

    check_ok(load(keras_path(file)));
    const plait_nodes outputs = plait_keras_outputs(keras);
    for (size_t i = 0; i < 2; i++) {
        x[i] = golden_array("keras/pooling.x%zu", i).data;
    }
    for (size_t i = 0; i < outputs.count; i++) {
        y[i] = scratch(wanted(outputs.items[i], i).count, sizeof(float));
    }
    check_ok(fixture_run(plait_keras_inputs(keras), outputs, &(struct run_opts){.accuracy = PLAIT_STRICT}, 2, x, y));
    for (size_t i = 0; i < outputs.count; i++) {
        const struct reference want = wanted(outputs.items[i], i);
        const plait_shape shape = plait_node_shape(outputs.items[i]);
        check_that(shape.rank + 1 == want.shape.rank && shape.dims[0] == want.shape.dims[1], "%s: output %zu", file, i);
        check_verdict(compare(y[i], &want, GATE_ANY, 0), "%s, output %zu", file, i);
    }
    unload();
    scratch_reset();
}

static void outputs_are_those_of_keras(void **state)
{
    (void)state;
    check_outputs("pooling.keras");
    check_outputs("keras2_pooling.h5");
}

/* The config with one change, and what is said about it. */
static void wrong_options(void **state)
{
    static const struct change changes[] = {
        {"\"pool_size\": [2, 2]", "\"pool_size\": [0, 2]", PLAIT_ERR_FORMAT,
         "MaxPooling2D \"max_pooling2d\": option pool_size has a size below 1"},
        {"\"pool_size\": [2, 2]", "\"pool_size\": 0", PLAIT_ERR_FORMAT, "option pool_size has a size below 1"},
        {"\"pool_size\": [2, 2]", "\"pool_size\": [2]", PLAIT_ERR_FORMAT,
         "option pool_size has 1 numbers; it must have 2"},
        {"\"pool_size\": [2, 2]", "\"pool_size\": [2, 2, 2]", PLAIT_ERR_FORMAT, "option pool_size has 3 numbers"},
        {"\"pool_size\": [2, 2]", "\"pool_size\": [2, -2]", PLAIT_ERR_FORMAT, "option pool_size is -2"},
        {"\"pool_size\": [2, 2]", "\"pool_size\": [2, 2.5]", PLAIT_ERR_FORMAT, "option pool_size is 2.5"},
        {"\"pool_size\": [2, 2]", "\"pool_size\": [2147483647, 2]", PLAIT_ERR_GRAPH,
         "pool_size 2147483647 with strides 2 along axis 1"},
        {"\"pool_size\": [2, 2]", "\"pool_size\": [8, 2]", PLAIT_ERR_GRAPH,
         "pool_size is 8 along axis 1, but the input {7,8,5} has 7 cells"},
        {"\"strides\": [2, 2]", "\"strides\": [2, 0]", PLAIT_ERR_FORMAT, "option strides has a size below 1"},
        {"\"strides\": [2, 2]", "\"strides\": []", PLAIT_ERR_FORMAT, "option strides has 0 numbers; it must have 2"},
        {"\"padding\": \"valid\"", "\"padding\": \"full\"", PLAIT_ERR_FORMAT, "padding is \"full\""},
        {"\"data_format\": \"channels_last\"", "\"data_format\": \"channels_first\"", PLAIT_ERR_UNSUPPORTED,
         "MaxPooling2D \"max_pooling2d\": data_format is \"channels_first\""},
        {"\"keepdims\": false", "\"keepdims\": \"no\"", PLAIT_ERR_FORMAT,
         "GlobalMaxPooling2D \"global_max_pooling2d\": option keepdims is a text; it must be a number"},
    };

    (void)state;
    CHECK_CHANGES("pooling.keras", changes);
}

/* Strides that are not given are those of the window; the other names that Keras has for the classes. */
static void other_forms(void **state)
{
    static const char *const rows[][2] = {
        {"\"strides\": [2, 2]", "\"strides\": null"},
        {"\"pool_size\": [2, 2]", "\"pool_size\": 2"},
        {"\"class_name\": \"MaxPooling2D\"", "\"class_name\": \"MaxPool2D\""},
        {"\"class_name\": \"AveragePooling1D\"", "\"class_name\": \"AvgPool1D\""},
        {"\"class_name\": \"GlobalAveragePooling2D\"", "\"class_name\": \"GlobalAvgPool2D\""},
        {"\"class_name\": \"GlobalMaxPooling1D\"", "\"class_name\": \"GlobalMaxPool1D\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        keras_write("pooling_forms.keras", keras_replace(keras_config("pooling.keras"), rows[i][0], rows[i][1]),
                    "pooling.keras");
        check_ok(load("pooling_forms.keras"));
        unload();
        scratch_reset();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_those_of_keras),
        cmocka_unit_test(wrong_options),
        cmocka_unit_test(other_forms),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
