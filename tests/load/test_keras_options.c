/* SPDX-License-Identifier: MIT */
/* Options and arguments that no layer can have: each is refused with its name, and none does harm. */
#include "folder.h"
#include "keras_change.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void options_of_shapes(void **state)
{
    static const struct change changes[] = {
        {"[8, -1]", "[-1, -1]", PLAIT_ERR_GRAPH, "target_shape has more than one PLAIT_REST"},
        {"[8, -1]", "[7, -1]", PLAIT_ERR_GRAPH, "has 48 elements, which target_shape"},
        {"[8, -1]", "[8, -2]", PLAIT_ERR_FORMAT, "option target_shape is -2; it must be a whole number from 0"},
        {"[8, -1]", "[0, -1]", PLAIT_ERR_GRAPH, "elements, which target_shape"},
        {"[8, -1]", "[1e30]", PLAIT_ERR_FORMAT, "option target_shape is 1e+30"},
        {"[8, -1]", "[2147483647, 2147483647, 2147483647]", PLAIT_ERR_GRAPH, "does not hold"},
        {"[8, -1]", "[1, 1, 1, 1, 1, 1, 8, 6]", PLAIT_ERR_GRAPH, "target_shape has 8 axes"},
        {"[8, -1]", "[1, 1, 1, 1, 1, 1, 1, 1, 8, 6]", PLAIT_ERR_FORMAT, "option target_shape has 10 numbers"},
        {"[8, -1]", "48", PLAIT_ERR_FORMAT, "option target_shape is no list of sizes"},
        {"[8, -1]", "[[8], 6]", PLAIT_ERR_FORMAT, "option target_shape[0] is a list; it must be a number"},
        {"\"target_shape\"", "\"shape\"", PLAIT_ERR_FORMAT, "option target_shape is no list of sizes"},
        {"[3, 1, 2]", "[3, 1, 1]", PLAIT_ERR_GRAPH, "axis 1 is named twice"},
        {"[3, 1, 2]", "[3, 1]", PLAIT_ERR_GRAPH, "dims has 2 axes but input {4,6,2} has 3"},
        {"[3, 1, 2]", "[0, 1, 2]", PLAIT_ERR_UNSUPPORTED, "option dims is 0, the batch"},
        {"[3, 1, 2]", "[4, 1, 2]", PLAIT_ERR_GRAPH, "axis 4 is out of range"},
        {"\"n\": 3", "\"n\": 0", PLAIT_ERR_GRAPH, "n is 0; it must be at least 1"},
        {"\"n\": 3", "\"n\": -3", PLAIT_ERR_FORMAT, "option n is -3"},
        {"\"n\": 3", "\"n\": 2147483647", PLAIT_ERR_GRAPH, "more than 2147483647 elements"},
    };

    (void)state;
    CHECK_CHANGES("reshaping.keras", changes);
}

static void options_of_activations(void **state)
{
    static const struct change changes[] = {
        {"\"negative_slope\": 0.3", "\"negative_slope\": -1", PLAIT_ERR_GRAPH, "negative_slope is -1"},
        {"\"negative_slope\": 0.3", "\"negative_slope\": 1e300", PLAIT_ERR_FORMAT, "which float32 does not hold"},
        {"\"negative_slope\": 0.3", "\"negative_slope\": [1]", PLAIT_ERR_FORMAT, "option negative_slope is a list"},
        {"\"shared_axes\": [1]", "\"shared_axes\": [2]", PLAIT_ERR_FORMAT, "shared_axes has axis 2, along which"},
        {"\"shared_axes\": [1]", "\"shared_axes\": [7]", PLAIT_ERR_FORMAT, "shared_axes has axis 7, along which"},
        {"\"shared_axes\": [1]", "\"shared_axes\": [0]", PLAIT_ERR_FORMAT, "shared_axes is 0, the batch"},
        {"\"axis\": [1, 2]", "\"axis\": [1, 1]", PLAIT_ERR_GRAPH, "axis 1 is named twice"},
        {"\"axis\": [1, 2]", "\"axis\": []", PLAIT_ERR_FORMAT, "option axis names no axis"},
        {"\"axis\": [1, 2]", "\"axis\": [1, 1.5]", PLAIT_ERR_FORMAT, "option axis is 1.5"},
        {"\"axis\": [1, 2]", "\"axis\": 3", PLAIT_ERR_GRAPH, "axis 3 is out of range"},
        {"\"axis\": -1", "\"axis\": 0", PLAIT_ERR_UNSUPPORTED, "option axis is 0, the batch"},
        {"\"axis\": -1", "\"axis\": [1, 1, 1, 1, 1, 1, 1, 1, 1]", PLAIT_ERR_FORMAT, "option axis has 9 numbers"},
        {"\"alpha\": 0.5", "\"alpha\": \"much\"", PLAIT_ERR_FORMAT, "option alpha is a text"},
        {"\"max_value\": 1", "\"max_value\": -1", PLAIT_ERR_GRAPH, "max_value is -1"},
    };

    (void)state;
    CHECK_CHANGES("activations.keras", changes);
}

static void options_of_normalizations(void **state)
{
    static const struct change changes[] = {
        {"\"epsilon\": 0.001", "\"epsilon\": -1", PLAIT_ERR_FORMAT, "option epsilon is -1; it must be 0 or more"},
        {"\"rms_scaling\": false", "\"rms_scaling\": true", PLAIT_ERR_FORMAT, "the file has 2 weights for it"},
        {"\"groups\": 2", "\"groups\": 0", PLAIT_ERR_FORMAT, "option groups is 0; it must be 1 or more, or -1"},
        {"\"groups\": 2", "\"groups\": -2", PLAIT_ERR_FORMAT, "option groups is -2"},
        {"\"groups\": 2", "\"groups\": 4", PLAIT_ERR_GRAPH, "groups is 4; it must divide the 6 channels"},
        {"\"groups\": 2", "\"groups\": 2147483647", PLAIT_ERR_GRAPH, "groups is 2147483647; it must divide"},
        {"\"scale\": 0.5", "\"scale\": null", PLAIT_ERR_FORMAT, "option scale is missing"},
        {"\"scale\": 0.5", "\"scale\": \"x\"", PLAIT_ERR_FORMAT, "scale is no number, and no list"},
        {"\"scale\": 0.5", "\"scale\": [1, 2]", PLAIT_ERR_GRAPH, "scale has shape {2}"},
        {"\"scale\": 0.5", "\"scale\": [[1, 2], [3]]", PLAIT_ERR_FORMAT, "scale is no number, and no list"},
        {"\"scale\": 0.5", "\"scale\": []", PLAIT_ERR_FORMAT, "scale is no number, and no list"},
        {"\"scale\": 0.5", "\"scale\": [1, 1e300, 1, 1, 1, 1]", PLAIT_ERR_FORMAT, "scale is no number, and no list"},
        {"\"scale\": 0.5", "\"scale\": [[[[[[[[[1]]]]]]]]]", PLAIT_ERR_FORMAT, "scale is no number, and no list"},
        {"\"scale\": 0.5", "\"scale\": {\"class_name\": \"__numpy__\", \"config\": {\"value\": {}}}", PLAIT_ERR_FORMAT,
         "scale is no number"},
        {"\"axis\": [1, 3], \"invert\"", "\"axis\": [1, 4], \"invert\"", PLAIT_ERR_FORMAT,
         "option axis has axis 4, which is none of an input {3,4,6}"},
        {"\"axis\": [1, 3], \"invert\"", "\"axis\": [3], \"invert\"", PLAIT_ERR_FORMAT,
         "its statistics have shape {3,6}; option axis keeps fewer axes"},
        {"\"axis\": [1, 3], \"invert\"", "\"axis\": [1, 2], \"invert\"", PLAIT_ERR_GRAPH,
         "must be equal and broadcast with input {3,4,6}"},
        {"\"mean\": 0.5", "\"mean\": [1, 2]", PLAIT_ERR_GRAPH, "mean has shape {1,1,2} and variance {}"},
        {"\"mean\": 0.5", "\"mean\": \"x\"", PLAIT_ERR_FORMAT, "mean is no number, and no list"},
        {"\"mean\": 0.5", "\"mean\": null", PLAIT_ERR_FORMAT, "the file lacks weight number 0 of it"},
        {"\"variance\": 2.0", "\"variance\": null", PLAIT_ERR_FORMAT, "variance is no number, and no list"},
        {"\"projection_dim\": 6", "\"projection_dim\": 5", PLAIT_ERR_FORMAT, "option projection_dim has size 5"},
        {"\"scale\": 0.25", "\"scale\": null", PLAIT_ERR_FORMAT, "option scale is missing"},
    };

    (void)state;
    CHECK_CHANGES("normalizations.keras", changes);
}

static void options_of_dots(void **state)
{
    static const struct change changes[] = {
        {"\"axes\": [1, 2]", "\"axes\": [0, 2]", PLAIT_ERR_UNSUPPORTED, "option axes is 0, the batch"},
        {"\"axes\": [1, 2]", "\"axes\": [1, 2, 1]", PLAIT_ERR_GRAPH, "dot"},
        {"\"axes\": [1, 2]", "\"axes\": [3, 2]", PLAIT_ERR_GRAPH, "axis 3 is out of range"},
        {"\"axes\": [1, 2]", "\"axes\": null", PLAIT_ERR_FORMAT, "option axes is missing"},
        {"\"axes\": [1, 2]", "\"axes\": [2, 2]", PLAIT_ERR_GRAPH, "dot"},
        {"\"normalize\": true", "\"normalize\": \"yes\"", PLAIT_ERR_FORMAT, "option normalize is a text"},
    };

    (void)state;
    CHECK_CHANGES("dots.keras", changes);
}

static void options_of_operations(void **state)
{
    static const struct change changes[] = {
        {"\"axis\": [1, 2]", "\"axis\": null", PLAIT_ERR_UNSUPPORTED, "it is over all axes, the batch's included"},
        {"\"axis\": [1, 2]", "\"axis\": [0, 1]", PLAIT_ERR_UNSUPPORTED, "option axis is 0, the batch"},
        {"\"axis\": [1, 2]", "\"axis\": [1, 3]", PLAIT_ERR_GRAPH, "axis 3 is out of range"},
        {"\"initial\": null", "\"initial\": 0", PLAIT_ERR_UNSUPPORTED, "option initial"},
        {"[-1, 12]", "[12]", PLAIT_ERR_UNSUPPORTED, "option newshape fixes the batch's size"},
        {"[-1, 12]", "[-1, -1]", PLAIT_ERR_UNSUPPORTED, "option newshape fixes the batch's size"},
        {"[-1, 12]", "[-1, 6]", PLAIT_ERR_GRAPH, "has 12 elements, which target_shape {6} does not hold"},
        {"[-1, 12]", "[]", PLAIT_ERR_FORMAT, "option newshape is no list of sizes"},
        {"\"axes\": [0, 2, 1]", "\"axes\": [2, 0, 1]", PLAIT_ERR_UNSUPPORTED, "option axes moves the batch"},
        {"\"axes\": [0, 2, 1]", "\"axes\": null", PLAIT_ERR_FORMAT, "option axes is no list"},
        {"\"axes\": [0, 2, 1]", "\"axes\": [0, 2, 9]", PLAIT_ERR_GRAPH, "axis"},
        {"\"name\": \"expand_dims\", \"axis\": 1", "\"name\": \"expand_dims\", \"axis\": 4", PLAIT_ERR_FORMAT,
         "option axis is 4, which is no axis of"},
        {"\"name\": \"expand_dims\", \"axis\": 1", "\"name\": \"expand_dims\", \"axis\": -5", PLAIT_ERR_FORMAT,
         "option axis is -5, which is no axis of"},
        {"\"name\": \"squeeze\", \"axis\": 1", "\"name\": \"squeeze\", \"axis\": 2", PLAIT_ERR_FORMAT,
         "option axis is 2, which is no axis of size 1 of a sample of shape {1,3}"},
        {", 2.0]", ", \"two\"]", PLAIT_ERR_FORMAT, "args[1] is no number, and no list"},
        {", 2.0]", "]", PLAIT_ERR_FORMAT, "it is called without its argument 1"},
        {", 2.0]", ", [1, 2]]", PLAIT_ERR_GRAPH, "the constant has shape {2}, which does not broadcast"},
        {"{\"value\": [0, 1, 2], ", "{\"value\": [[0], [1, 2]], ", PLAIT_ERR_FORMAT, "args[1] is no number, and"},
        {"\"start\": 1, \"stop\": null", "\"start\": 1.5, \"stop\": null", PLAIT_ERR_FORMAT,
         "start is 1.5; it must be a whole number"},
        {"\"start\": 1, \"stop\": null", "\"start\": 9223372036854775807, \"stop\": null", PLAIT_ERR_GRAPH,
         "takes nothing of axis 1"},
        {"\"start\": 1, \"stop\": null, \"step\": null", "\"start\": 1, \"stop\": null, \"step\": 0", PLAIT_ERR_FORMAT,
         "is a slice of step 0"},
        {"\"start\": null, \"stop\": null, \"step\": null", "\"start\": 1, \"stop\": null, \"step\": null",
         PLAIT_ERR_UNSUPPORTED, "it takes a part of the batch"},
        {"\"indices_or_sections\": 2", "\"indices_or_sections\": 3", PLAIT_ERR_FORMAT, "is 3, which does not divide"},
        {"\"indices_or_sections\": 2", "\"indices_or_sections\": 0", PLAIT_ERR_FORMAT, "is 0, which does not divide"},
        {"\"indices_or_sections\": 2", "\"indices_or_sections\": -2", PLAIT_ERR_FORMAT, "is -2, which does not divide"},
        {"\"indices_or_sections\": 2", "\"indices_or_sections\": null", PLAIT_ERR_FORMAT,
         "indices_or_sections is no number, and no list"},
        {"\"indices_or_sections\": 2", "\"indices_or_sections\": [[1]]", PLAIT_ERR_FORMAT,
         "indices_or_sections has 2 axes"},
        {"\"indices_or_sections\": [1, 2]", "\"indices_or_sections\": [1.5, 2]", PLAIT_ERR_FORMAT,
         "indices_or_sections has 1.5; places are whole"},
        {"\"indices_or_sections\": [1, 2]", "\"indices_or_sections\": [2, 1]", PLAIT_ERR_GRAPH,
         "takes nothing of axis 2"},
        {"\"indices_or_sections\": [1, 2]", "\"indices_or_sections\": [1, 1e300]", PLAIT_ERR_FORMAT,
         "indices_or_sections is no number, and no list"},
        {"\"__ellipsis__\"", "\"__other__\"", PLAIT_ERR_UNSUPPORTED, "of its key is no index, slice or ellipsis"},
    };

    (void)state;
    CHECK_CHANGES("operations.keras", changes);
}

static void options_of_functions(void **state)
{
    static const struct change changes[] = {
        {"\"approximate\": false", "\"approximate\": \"tanh\"", PLAIT_ERR_FORMAT, "option approximate is a text"},
        {"\"b\": 4", "\"b\": 2", PLAIT_ERR_UNSUPPORTED, "option b is 2; plait has the function with 4 alone"},
        {"\"axis\": 2", "\"axis\": 1", PLAIT_OK, ""},
    };

    (void)state;
    CHECK_CHANGES("functions.keras", changes);
}

/* ---- Anything in place of anything ------------------------------------------------------------------ */

static const char *const values[] = {
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "1e30",
    "2147483647",
    "9223372036854775807",
    "\"\"",
    "[]",
    "[0, -1]",
    "[2147483647, 2147483647, 2147483647, 2147483647]",
    "[1, 1, 1, 1, 1, 1, 1, 1, 1, 1]",
    "[[[1, 2], [3]], null]",
    "{}",
    "{\"class_name\": \"__slice__\", \"config\": {\"start\": -1, \"stop\": 1e300, \"step\": -9}}",
    "{\"class_name\": \"__numpy__\", \"config\": {\"value\": [[[]]]}}",
};

/* The model, however it is, gives a model or a message. */
static void check_any(json_t *model, const char *weights_of)
{
    char *text = json_dumps(model, 0);

    keras_write("any.keras", text, weights_of);
    const plait_status status = keras_try("any.keras");
    check_that(status == PLAIT_OK || (status >= PLAIT_ERR_INVALID && plait_error_message()[0]), "%s, config %s",
               plait_status_name(status), text);
    free(text);
    scratch_reset();
}

enum { STEP = 17 }; /* every so many of the values are tried, from another one on each time */

/* Puts values in place of each member, or item, of `json`. */
static void replace_all(json_t *model, json_t *json, const char *weights_of)
{
    static size_t first;
    const char *key;
    json_t *old;
    size_t i;

    for (size_t k = first++ % STEP; k < sizeof values / sizeof *values; k += STEP) {
        json_t *value = json_loads(values[k], JSON_DECODE_ANY, NULL);
        json_object_foreach(json, key, old)
        {
            (void)json_incref(old);
            (void)json_object_set(json, key, value);
            check_any(model, weights_of);
            (void)json_object_set_new(json, key, old);
        }
        json_array_foreach(json, i, old)
        {
            (void)json_incref(old);
            (void)json_array_set(json, i, value);
            check_any(model, weights_of);
            (void)json_array_set_new(json, i, old);
        }
        json_decref(value);
    }
}

static void anything_in_place_of_anything(void **state)
{
    static const char *const files[] = {"reshaping.keras",  "activations.keras", "normalizations.keras",
                                        "dots.keras",       "operations.keras",  "functions.keras",
                                        "two_branch.keras", "keras2_dots.keras"};

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        json_t *model = json_loads(keras_config(files[i]), 0, NULL);
        json_t *layers = json_object_get(json_object_get(model, "config"), "layers");
        json_t *layer;
        size_t k;
        json_array_foreach(layers, k, layer)
        {
            json_t *call = json_array_get(json_object_get(layer, "inbound_nodes"), 0);
            replace_all(model, json_object_get(layer, "config"), files[i]);
            replace_all(model, json_object_get(call, "args"), files[i]);
        }
        json_decref(model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_of_shapes),
        cmocka_unit_test(options_of_activations),
        cmocka_unit_test(options_of_normalizations),
        cmocka_unit_test(options_of_dots),
        cmocka_unit_test(options_of_operations),
        cmocka_unit_test(options_of_functions),
        cmocka_unit_test(anything_in_place_of_anything),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
