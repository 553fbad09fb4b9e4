/* SPDX-License-Identifier: MIT */
/* Model files that are wrong, hostile, or beyond plait: each is refused with its part and the reason. */
#include "base/text.h"
#include "folder.h"
#include "keras_change.h"

#include <plait/load.h>
#include <stdio.h>
#include <string.h>

static const char file_name[] = "refused.keras";

static const plait_status format = PLAIT_ERR_FORMAT;

static void texts_that_are_no_json(void **state)
{
    static const struct change changes[] = {
        {"{\"module\"", "\"module\"", PLAIT_ERR_FORMAT, "no sound JSON: line 1"},
        {"\"name\": \"chain\"", "\"name\": \"chain\", \"name\": \"chain\"", PLAIT_ERR_FORMAT, "duplicate object key"},
        {"\"epsilon\": 0.001", "\"epsilon\": NaN", PLAIT_ERR_FORMAT, "invalid token near 'NaN'"},
        {"\"epsilon\": 0.001", "\"epsilon\": -Infinity", PLAIT_ERR_FORMAT, "invalid token"},
        {"\"epsilon\": 0.001", "\"epsilon\": 1e999", PLAIT_ERR_FORMAT, "real number overflow"},
        {"\"units\": 4", "\"units\": 99999999999999999999", PLAIT_ERR_FORMAT, "too big integer"},
        {"\"chain\"", "\"ch\\u0000ain\"", PLAIT_ERR_FORMAT, "\\u0000 is not allowed"},
        {"\"chain\"",
         "\"ch\xff"
         "ain\"",
         PLAIT_ERR_FORMAT, "unable to decode byte"},
    };

    (void)state;
    CHECK_CHANGES("sequential.keras", changes);
    check_config("", "sequential.keras", PLAIT_ERR_FORMAT, "no sound JSON");
    check_config("7", "sequential.keras", PLAIT_ERR_FORMAT, "'[' or '{' expected");
    char *deep = scratch(100001, 1);
    memset(deep, '[', 100000);
    check_config(deep, "sequential.keras", PLAIT_ERR_FORMAT, "maximum parsing depth reached");
    scratch_reset();
}

static void configs_of_no_model(void **state)
{
    static const struct {
        const char *config;
        plait_status status;
        const char *part;
    } rows[] = {
        {"[]", PLAIT_ERR_FORMAT, "class_name is \"\""},
        {"{}", PLAIT_ERR_FORMAT, "class_name is \"\""},
        {"{\"class_name\": 7}", PLAIT_ERR_FORMAT, "class_name is \"\""},
        {"{\"class_name\": \"Mine\", \"config\": {}}", PLAIT_ERR_UNSUPPORTED,
         "class_name is \"Mine\"; plait has Functional and Sequential models"},
        {"{\"class_name\": \"Functional\"}", PLAIT_ERR_FORMAT, "has no layers"},
        {"{\"class_name\": \"Functional\", \"config\": {\"layers\": {}}}", PLAIT_ERR_FORMAT, "has no layers"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": []}}", PLAIT_ERR_FORMAT, "has no layers"},
        {"{\"class_name\": \"Sequential\", \"config\": {\"layers\": [7]}}", PLAIT_ERR_FORMAT,
         "layer 0, \"\", has no class_name"},
        {"{\"class_name\": \"Functional\", \"config\": {\"layers\": [{\"class_name\": \"ReLU\", \"name\": \"r\", "
         "\"config\": "
         "{}}]}}",
         PLAIT_ERR_FORMAT, "ReLU \"r\": it has no list of inbound_nodes"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_config(rows[i].config, "sequential.keras", rows[i].status, rows[i].part);
        scratch_reset();
    }
}

static void layers_that_plait_does_not_have(void **state)
{
    static const struct change changes[] = {
        {"\"class_name\": \"Flatten\"", "\"class_name\": \"Lambda\"", PLAIT_ERR_UNSUPPORTED,
         "Lambda \"flatten\": plait runs no code from files"},
        {"\"class_name\": \"Flatten\"", "\"class_name\": \"Folded\"", PLAIT_ERR_UNSUPPORTED,
         "Folded \"flatten\": plait does not have this layer"},
        {"\"keras.layers\", \"class_name\": \"Flatten\"", "\"mine\", \"class_name\": \"Flatten\"",
         PLAIT_ERR_UNSUPPORTED, "it is not Keras's own (module \"mine\""},
        {"\"keras.layers\", \"class_name\": \"Flatten\"", "\"keras_mine\", \"class_name\": \"Flatten\"",
         PLAIT_ERR_UNSUPPORTED, "it is not Keras's own (module \"keras_mine\""},
        {"\"data_format\": \"channels_last\"}, \"registered_name\": null",
         "\"data_format\": \"channels_last\"}, \"registered_name\": \"pkg>My\"", PLAIT_ERR_UNSUPPORTED,
         "registered as \"pkg>My\""},
        {"\"keras.layers\", \"class_name\": \"Flatten\"", "\"keras.src.ops.numpy\", \"class_name\": \"Folded\"",
         PLAIT_ERR_UNSUPPORTED, "plait does not have this operation"},
        {"\"class_name\": \"DTypePolicy\"", "\"class_name\": \"DTypePolicy\"", PLAIT_OK, ""},
        {"\"dtype\": {\"module\": \"keras\", \"class_name\": \"DTypePolicy\", \"config\": {\"name\": \"float32\"}, "
         "\"registered_name\": null}",
         "\"dtype\": {\"module\": \"keras\", \"class_name\": \"QuantizedDTypePolicy\", \"config\": {\"mode\": "
         "\"int8\"}}",
         PLAIT_ERR_UNSUPPORTED, "Conv2D \"conv2d\": its dtype is QuantizedDTypePolicy"},
        {"\"dtype\": {\"module\": \"keras\", \"class_name\": \"DTypePolicy\", \"config\": {\"name\": \"float32\"}, "
         "\"registered_name\": null}",
         "\"dtype\": \"int8\"", PLAIT_ERR_UNSUPPORTED, "Conv2D \"conv2d\": its dtype is int8"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (changes[i].status != PLAIT_OK) {
            check_changes("sequential.keras", &changes[i], 1);
        }
    }
    const char *config = keras_config("nested.keras");
    config = keras_replace(config, "\"class_name\": \"Dense\"", "\"class_name\": \"First\"");
    config = keras_replace(config, "\"class_name\": \"Dense\"", "\"class_name\": \"Second\"");
    config = keras_replace(config, "\"class_name\": \"Add\"", "\"class_name\": \"Third\"");
    check_config(config, "nested.keras", PLAIT_ERR_UNSUPPORTED, "First \"outer/encoder/dense_1\": plait does not have");
    check_has(plait_error_message(), "\nSecond \"outer/encoder/dense\": plait does not have");
    check_has(plait_error_message(), "\nThird \"add\": plait does not have");
    scratch_reset();
}

static void options_that_are_wrong(void **state)
{
    static const struct change changes[] = {
        {"\"axis\": -1", "\"axis\": \"last\"", PLAIT_ERR_FORMAT, "option axis is a text; it must be a number"},
        {"\"axis\": -1", "\"axis\": -1.5", PLAIT_ERR_FORMAT, "option axis is -1.5; it must be a whole number"},
        {"\"axis\": -1", "\"axis\": 99", PLAIT_ERR_GRAPH, "axis"},
        {"\"strides\": [1, 1]", "\"strides\": \"one\"", PLAIT_ERR_FORMAT, "option strides is a text"},
        {"\"strides\": [1, 1]", "\"strides\": {}", PLAIT_ERR_FORMAT, "option strides is an object"},
        {"\"strides\": [1, 1]", "\"strides\": [1, \"1\"]", PLAIT_ERR_FORMAT, "option strides[1] is a text"},
        {"\"strides\": [1, 1]", "\"strides\": [1, 1, 1]", PLAIT_ERR_FORMAT, "option strides has 3 numbers; at most 2"},
        {"\"strides\": [1, 1]", "\"strides\": [-1, 1]", PLAIT_ERR_FORMAT, "option strides is -1"},
        {"\"strides\": [1, 1]", "\"strides\": [1e30, 1]", PLAIT_ERR_FORMAT, "option strides is 1e+30"},
        {"\"groups\": 1", "\"groups\": 9", PLAIT_ERR_GRAPH, "conv2d \"conv2d\": "},
        {"\"groups\": 1", "\"groups\": 2147483648", PLAIT_ERR_FORMAT, "option groups is 2.14748e+09"},
        {"\"filters\": 3", "\"filters\": 5", PLAIT_ERR_FORMAT, "option filters has size 5 where the weights"},
        {"\"kernel_size\": [3, 3]", "\"kernel_size\": [3, 4]", PLAIT_ERR_FORMAT,
         "option kernel_size has size 4 where the weights in the file have 3"},
        {"\"units\": 4", "\"units\": 5", PLAIT_ERR_FORMAT, "option units has size 5 where the weights"},
        {"\"units\": 4", "\"units\": 0", PLAIT_ERR_FORMAT, "option units has size 0"},
        {"\"padding\": \"valid\"", "\"padding\": \"causal\"", PLAIT_ERR_FORMAT, "padding is \"causal\""},
        {"\"channels_last\"", "\"channels_first\"", PLAIT_ERR_UNSUPPORTED, "data_format is \"channels_first\""},
        {"\"activation\": \"relu\"", "\"activation\": \"mine\"", PLAIT_ERR_UNSUPPORTED,
         "activation \"mine\" is not one"},
        {"\"activation\": \"relu\"", "\"activation\": 7", PLAIT_ERR_FORMAT, "option activation is a number"},
        {"\"activation\": \"relu\"", "\"activation\": {\"class_name\": \"Mine\", \"config\": {}}",
         PLAIT_ERR_UNSUPPORTED, "its activation is of class \"Mine\""},
        {"\"activation\": \"relu\"", "\"activation\": {\"class_name\": \"function\", \"config\": \"mine\"}",
         PLAIT_ERR_UNSUPPORTED, "activation \"mine\" is not one"},
        {"\"activation\": \"relu\"", "\"activation\": {\"module\": \"m\", \"class_name\": \"ReLU\", \"config\": {}}",
         PLAIT_ERR_UNSUPPORTED, "its activation is of class \"ReLU\""},
        {"\"batch_shape\": [null, 6, 5, 2]", "\"batch_shape\": [null, 6, 5, -2]", PLAIT_ERR_FORMAT,
         "its batch_shape is no"},
        {"\"batch_shape\": [null, 6, 5, 2]", "\"batch_shape\": [null, 6, 5, 0]", PLAIT_ERR_FORMAT,
         "its batch_shape is no"},
        {"\"batch_shape\": [null, 6, 5, 2]", "\"batch_shape\": [null, 6, 5, \"2\"]", PLAIT_ERR_FORMAT,
         "its batch_shape is"},
        {"\"batch_shape\": [null, 6, 5, 2]", "\"batch_shape\": [1, 1, 1, 1, 1, 1, 1, 1, 1]", PLAIT_ERR_FORMAT,
         "its batch"},
        {"\"batch_shape\": [null, 6, 5, 2]", "\"batch_shape\": []", PLAIT_ERR_FORMAT, "its batch_shape is no list"},
        {"\"batch_shape\": [null, 6, 5, 2]", "\"shape\": []", PLAIT_ERR_FORMAT, "its config has no batch_shape"},
        {"\"batch_shape\": [null, 6, 5, 2]", "\"batch_shape\": [null, 6, null, 2]", PLAIT_ERR_FORMAT,
         "input 0 has axes of no fixed size: shape {6,0,2}"},
        {"\"batch_shape\": [null, 6, 5, 2]", "\"batch_shape\": [null, 2147483647, 2147483647, 2]", PLAIT_ERR_GRAPH,
         "more than 2147483647 elements"},
        {"\"batch_shape\": [null, 6, 5, 2]", "\"batch_shape\": [null, 6, 5]", PLAIT_ERR_GRAPH, "conv2d \"conv2d\": "},
    };

    (void)state;
    CHECK_CHANGES("sequential.keras", changes);
    const char *config = keras_config("sequential.keras");
    config = keras_replace(config, "\"strides\": [1, 1]", "\"strides\": \"one\"");
    config = keras_replace(config, "\"axis\": -1", "\"axis\": {}");
    config = keras_replace(config, "\"activation\": \"softmax\"", "\"activation\": \"mine\"");
    check_config(config, "sequential.keras", format,
                 "Conv2D \"conv2d\": option strides is a text; it must be a number");
    check_has(plait_error_message(), "\nBatchNormalization \"batch_normalization\": option axis is an object");
    check_has(plait_error_message(), "\nDense \"dense\": activation \"mine\"");
    scratch_reset();
}

static void calls_that_do_not_fit(void **state)
{
#define HISTORY(layer) "\"keras_history\": [\"" layer "\", 0, 0]"
    static const struct change changes[] = {
        {HISTORY("input_layer"), HISTORY("nobody"), PLAIT_ERR_FORMAT,
         "Dense \"dense\": an input is of layer \"nobody\", which the model does not have"},
        {HISTORY("input_layer"), "\"keras_history\": [\"input_layer\", 1, 0]", PLAIT_ERR_FORMAT,
         "an input is of call 1, counted from 0, of layer \"input_layer\", which is called 1 times"},
        {HISTORY("input_layer"), "\"keras_history\": [\"input_layer\", 9223372036854775807, 0]", PLAIT_ERR_FORMAT,
         "call 9223372036854775807"},
        {HISTORY("input_layer"), "\"keras_history\": [\"input_layer\", 0, 1]", PLAIT_ERR_FORMAT,
         "tensor 1, counted from 0, of layer \"input_layer\" is used; it has 1"},
        {HISTORY("input_layer"), "\"keras_history\": [\"input_layer\", 0]", PLAIT_ERR_FORMAT,
         "an input is no [layer, call, tensor]"},
        {HISTORY("input_layer"), "\"keras_history\": [\"input_layer\", -1, 0]", PLAIT_ERR_FORMAT,
         "an input is no [layer, call, tensor]"},
        {HISTORY("input_layer"), HISTORY("activation"), PLAIT_ERR_FORMAT, "it is in a cycle: it needs \"dense\""},
        {HISTORY("dense"), HISTORY("activation"), PLAIT_ERR_FORMAT, "it is in a cycle: it needs \"activation\""},
        {"\"args\"", "\"arguments\"", PLAIT_ERR_FORMAT, "Dense \"dense\": it is called on no tensor"},
        {"\"kwargs\": {}", "\"kwargs\": {\"training\": true}", PLAIT_ERR_UNSUPPORTED, "called with training=True"},
        {"\"args\": [", "\"args\": [2.5, ", PLAIT_ERR_UNSUPPORTED, "its argument 0, counted from 0, is a constant"},
        {"\"kwargs\": {}", "\"kwargs\": {\"mask\": 1}", PLAIT_ERR_UNSUPPORTED, "it is called with a mask"},
        {"\"kwargs\": {}",
         "\"kwargs\": {\"more\": {\"class_name\": \"__keras_tensor__\", \"config\": {\"keras_history\": "
         "[\"activation\", 0, "
         "0]}}}",
         PLAIT_ERR_FORMAT, "it is in a cycle"},
        {"\"name\": \"activation\", \"inbound_nodes\"", "\"name\": \"dense\", \"inbound_nodes\"", PLAIT_ERR_FORMAT,
         "Activation \"dense\": two layers of the model have this name"},
        {"\"name\": \"activation\", \"inbound_nodes\"", "\"name\": \"\", \"inbound_nodes\"", PLAIT_ERR_FORMAT,
         "layer 2, \"\", has no name"},
        {"\"name\": \"activation\", \"inbound_nodes\"", "\"name\": \"a\\u001b[2J\\nb\", \"inbound_nodes\"",
         PLAIT_ERR_FORMAT, "of layer \"activation\", which the model does not have"},
        {"\"input_layers\": [\"input_layer\", 0, 0]", "\"input_layers\": [\"dense\", 0, 0]", PLAIT_ERR_FORMAT,
         "input_layers: \"dense\" is no InputLayer of the model"},
        {"\"input_layers\": [\"input_layer\", 0, 0]",
         "\"input_layers\": [[\"input_layer\", 0, 0], [\"input_layer\", 0, 0]]", PLAIT_ERR_FORMAT,
         "input_layers: \"input_layer\" is there twice"},
        {"\"input_layers\": [\"input_layer\", 0, 0]", "\"input_layers\": []", PLAIT_ERR_FORMAT, "has no input_layers"},
        {"\"output_layers\": [\"dense\", 1, 0]", "\"output_layers\": []", PLAIT_ERR_FORMAT, "has no output_layers"},
        {"\"output_layers\": [\"dense\", 1, 0]", "\"output_layers\": {\"a\": [\"dense\", 2, 0]}", PLAIT_ERR_FORMAT,
         "output_layers: number 0 is of call 2"},
        {"\"output_layers\": [\"dense\", 1, 0]", "\"output_layers\": [\"dense\", 1, 7]", PLAIT_ERR_FORMAT,
         "tensor 7, counted from 0, of layer \"dense\" is used; it has 1"},
    };
#undef HISTORY

    (void)state;
    CHECK_CHANGES("twice.keras", changes);
}

/* A second tensor for a layer of one. */
static void calls_on_too_many_tensors(void **state)
{
    const char *config = keras_replace(keras_config("ends.keras"), "\"kwargs\": {}",
                                       "\"kwargs\": {\"more\": "
                                       "{\"class_name\": \"__keras_tensor__\", \"config\": {\"keras_history\": "
                                       "[\"second\", 0, 0]}}}");

    (void)state;
    config = keras_replace(config, "\"layers\": [",
                           "\"layers\": [{\"class_name\": \"InputLayer\", \"name\": \"second\", \"config\": "
                           "{\"batch_shape\": [null, 3]}, \"inbound_nodes\": []}, ");
    config = keras_replace(config, "\"input_layers\": [\"input_layer\", 0, 0]",
                           "\"input_layers\": [[\"input_layer\", 0, 0], [\"second\", 0, 0]]");
    check_config(config, "ends.keras", PLAIT_ERR_FORMAT,
                 "it is called on 2 tensors; the layer has no use for number 1");
    scratch_reset();
}

static void weights_that_do_not_fit(void **state)
{
    static const struct change branches[] = {
        {"\"use_bias\": false", "\"use_bias\": true", PLAIT_ERR_FORMAT,
         "Conv2D \"conv2d_1\": the file lacks weight number 1 of it, counted from 0"},
        {"\"use_bias\": true", "\"use_bias\": false", PLAIT_ERR_FORMAT,
         "Conv2D \"conv2d\": the file has 2 weights for it; a layer of its options has 1"},
        {"\"scale\": true", "\"scale\": false", PLAIT_ERR_FORMAT, "the file has 4 weights for it"},
        {"\"name\": \"softmax\"", "\"name\": \"soft\"", PLAIT_OK, ""},
    };
    static const struct change named[] = {
        {"\"name\": \"dense\", \"trainable\"", "\"name\": \"other\", \"trainable\"", PLAIT_ERR_FORMAT,
         "\"layers/dense\" holds the weights of layer \"dense\", but \"other\" is in its place"},
    };

    (void)state;
    check_changes("two_branch.keras", branches, 3);
    check_changes("sequential.keras", named, 1);
    check_config(keras_config("two_branch.keras"), "ends.keras", PLAIT_ERR_FORMAT,
                 "Conv2D \"conv2d\": the file lacks weight number 0");
    check_message(keras_try(keras_path("integers.keras")), PLAIT_ERR_FORMAT,
                  "\"layers/dense/vars/0\" holds int8, not floats");
    check_message(keras_try(keras_path("weights_only.h5")), PLAIT_ERR_FORMAT,
                  "it holds weights alone; save the whole model");
    scratch_reset();
}

static void files_that_are_no_models(void **state)
{
    static const char empty_name[] = "empty.keras";
    FILE *file = fopen(empty_name, "wb");

    (void)state;
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    check_message(keras_try(empty_name), PLAIT_ERR_FORMAT, "empty.keras: the file is empty");
    check_message(keras_try("."), PLAIT_ERR_IO, ".");
    check_message(keras_try("no/such.keras"), PLAIT_ERR_IO, "no/such.keras");
    check_message(keras_try(keras_path("sequential.txt")), PLAIT_ERR_FORMAT,
                  "sequential.txt: this is no model that Keras saved: neither an archive (.keras) nor HDF5 (.h5)");
    check_config(keras_config("ends.keras"), NULL, PLAIT_ERR_FORMAT, "model.weights.h5");
    check_config(NULL, "ends.keras", PLAIT_ERR_FORMAT, "config.json");
    scratch_reset();
}

static void arguments_that_are_null(void **state)
{
    plait_graph *graph;
    plait_keras *keras;
    const plait_keras_opts opts = {.size_count = 1};

    (void)state;
    check_ok(plait_graph_create(&graph));
    check_message(plait_load_keras(NULL, "x", NULL, &keras), PLAIT_ERR_INVALID, "graph is NULL");
    check_message(plait_load_keras(graph, NULL, NULL, &keras), PLAIT_ERR_INVALID, "path is NULL");
    check_message(plait_load_keras(graph, "x", NULL, NULL), PLAIT_ERR_INVALID, "out is NULL");
    check_message(plait_load_keras(graph, "x", &opts, &keras), PLAIT_ERR_INVALID, "sizes is NULL");
    plait_keras_free(NULL);
    assert_int_equal(plait_keras_inputs(NULL).count, 0);
    assert_int_equal(plait_keras_outputs(NULL).count, 0);
    assert_string_equal(plait_keras_name(NULL), "");
    assert_int_equal(plait_keras_is_sequential(NULL), 0);
    plait_graph_free(graph);
}

/* ---- Large ones ------------------------------------------------------------------------------------- */

/* A chain of `count` layers of one class, Sequential. */
static const char *chain(size_t count)
{
    char *text = scratch(count + 2, 96);
    size_t used = (size_t)sprintf(text, "{\"class_name\": \"Sequential\", \"config\": {\"layers\": [{\"class_name\": "
                                        "\"InputLayer\", \"config\": {\"name\": \"x\", \"batch_shape\": [null, 2]}}");

    for (size_t i = 0; i < count; i++) {
        used += (size_t)sprintf(text + used, ", {\"class_name\": \"ReLU\", \"config\": {\"name\": \"r%zu\"}}", i);
    }
    memcpy(text + used, "]}}", 4);
    return text;
}

static void many_layers(void **state)
{
    (void)state;
    check_config(chain(100000), "ends.keras", PLAIT_ERR_TOO_LARGE, "more than 16384 calls of layers");
    scratch_reset();
    keras_write(file_name, chain(4000), "ends.keras");
    check_ok(keras_try(file_name));
    scratch_reset();
}

#define TENSOR(layer) "{\"class_name\": \"__keras_tensor__\", \"config\": {\"keras_history\": [\"" layer "\", %d, 0]}}"

/* Models in models, `depth` deep, each of which calls the one within `calls` times. */
static const char *matryoshka(int depth, int calls)
{
    struct text text = {0};
    char *copy;

    for (int i = 0; i < depth; i++) {
        text_add(&text,
                 "{\"class_name\": \"Functional\", \"name\": \"m\", \"config\": {\"name\": \"m\", \"input_layers\": "
                 "[\"x\", 0, 0], \"output_layers\": [\"%s\", %d, 0], \"layers\": [{\"class_name\": \"InputLayer\", "
                 "\"name\": \"x\", \"config\": {\"batch_shape\": [null, 2]}, \"inbound_nodes\": []}, ",
                 i + 1 < depth ? "m" : "r", i + 1 < depth ? calls : 0);
    }
    text_add(&text,
             "{\"class_name\": \"ReLU\", \"name\": \"r\", \"config\": {}, \"inbound_nodes\": [{\"args\": [" TENSOR(
                 "x") "]}]}",
             0);
    for (int i = 0; i < depth; i++) {
        text_add(&text, "]}");
        for (int k = 0; k < calls && i + 1 < depth; k++) {
            text_add(&text, "%s{\"args\": [", k ? ", " : ", \"inbound_nodes\": [");
            text_add(&text, TENSOR("%s"), k ? "m" : "x", k ? k - 1 : 0);
            text_add(&text, "]}");
        }
        text_add(&text, i + 1 < depth ? "]}" : "}");
    }
    copy = scratch(text.length + 1, 1);
    memcpy(copy, text_string(&text), text.length);
    text_free(&text);
    return copy;
}

static void models_in_models(void **state)
{
    (void)state;
    keras_write(file_name, matryoshka(10, 2), "ends.keras");
    check_ok(keras_try(file_name));
    check_config(matryoshka(50, 1), "ends.keras", PLAIT_ERR_UNSUPPORTED, "models are in models deeper than 16");
    scratch_reset();
    check_config(matryoshka(16, 4), "ends.keras", PLAIT_ERR_TOO_LARGE, "more than 16384 calls of layers");
    scratch_reset();
}

/* Each mistake is counted, though not all are told. */
static void many_mistakes(void **state)
{
    char *text = scratch(1, 1 << 20);
    size_t used = (size_t)sprintf(text, "{\"class_name\": \"Sequential\", \"config\": {\"layers\": [");

    (void)state;
    for (int i = 0; i < 1000; i++) {
        used += (size_t)sprintf(text + used, "%s{\"class_name\": \"Mine\", \"config\": {\"name\": \"m%d\"}}",
                                i ? ", " : "", i);
    }
    memcpy(text + used, "]}}", 4);
    check_config(text, "ends.keras", PLAIT_ERR_UNSUPPORTED,
                 "Mine \"m0\": plait does not have this layer\nMine \"m1\": ");
    check_has(plait_error_message(), " more mistakes");
    scratch_reset();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_are_no_json),
        cmocka_unit_test(configs_of_no_model),
        cmocka_unit_test(layers_that_plait_does_not_have),
        cmocka_unit_test(options_that_are_wrong),
        cmocka_unit_test(calls_that_do_not_fit),
        cmocka_unit_test(calls_on_too_many_tensors),
        cmocka_unit_test(weights_that_do_not_fit),
        cmocka_unit_test(files_that_are_no_models),
        cmocka_unit_test(arguments_that_are_null),
        cmocka_unit_test(many_layers),
        cmocka_unit_test(models_in_models),
        cmocka_unit_test(many_mistakes),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
