/* SPDX-License-Identifier: MIT */
/* Recurrent layers, embeddings and wrappers in files that are wrong, hostile, or beyond plait. */
#include "compare.h"
#include "fixture.h"
#include "folder.h"
#include "keras_case.h"
#include "keras_change.h"

#include <plait/load.h>
#include <stdio.h>
#include <string.h>

static void recurrent_layers(void **state)
{
    static const struct change lstm[] = {
        {"\"units\": 5", "\"units\": 4", PLAIT_ERR_FORMAT,
         "option units has size 4 where the weights in the file have 5"},
        {"\"units\": 5", "\"units\": 0", PLAIT_ERR_FORMAT, "option units has size 0 where"},
        {"\"units\": 5", "\"units\": -1", PLAIT_ERR_FORMAT, "option units is -1"},
        {"\"units\": 5", "\"units\": 1e300", PLAIT_ERR_FORMAT, "option units is 1e+300"},
        {"\"units\": 5", "\"units\": \"five\"", PLAIT_ERR_FORMAT, "option units is a text"},
        {"\"units\": 5", "\"units\": [5, 5]", PLAIT_ERR_FORMAT, "option units has 2 numbers"},
        {"\"activation\": \"tanh\"", "\"activation\": \"mine\"", PLAIT_ERR_UNSUPPORTED, "\"mine\" is not one"},
        {"\"activation\": \"tanh\"", "\"activation\": null", PLAIT_ERR_FORMAT, "option activation must be the name"},
        {"\"activation\": \"tanh\"", "\"activation\": \"softmax\"", PLAIT_ERR_GRAPH,
         "activation 25 is none that a recurrent"},
        {"\"activation\": \"tanh\"", "\"activation\": {\"class_name\": \"ReLU\"}", PLAIT_ERR_UNSUPPORTED,
         "activation is an object"},
        {"\"recurrent_activation\": \"sigmoid\"", "\"recurrent_activation\": {}", PLAIT_ERR_UNSUPPORTED,
         "recurrent_activation is an object"},
        {"\"recurrent_activation\": \"sigmoid\", ", "", PLAIT_ERR_FORMAT,
         "option recurrent_activation must be the name"},
        {"\"use_bias\": true", "\"use_bias\": false", PLAIT_ERR_FORMAT,
         "the file has 3 weights for it; a layer of its options has 2"},
        {"\"use_bias\": true", "\"use_bias\": \"no\"", PLAIT_ERR_FORMAT, "option use_bias is a text"},
        {"\"stateful\": false", "\"stateful\": true", PLAIT_ERR_UNSUPPORTED, "stateful is true"},
        {"\"stateful\": false", "\"stateful\": false, \"time_major\": true", PLAIT_ERR_UNSUPPORTED,
         "time_major is true"},
        {"\"return_sequences\": false", "\"return_sequences\": []", PLAIT_ERR_FORMAT,
         "option return_sequences is a list"},
        {"\"return_state\": false", "\"return_state\": true", PLAIT_OK, NULL},
        {"\"unroll\": false", "\"unroll\": true", PLAIT_OK, NULL},
        {"\"dropout\": 0.0", "\"dropout\": 0.5", PLAIT_OK, NULL},
        {"[null, 4, 3]", "[null, 4]", PLAIT_ERR_GRAPH, "input has shape {4} but must be a sequence, {time, features}"},
        {"[null, 4, 3]", "[null, 4, 2]", PLAIT_ERR_GRAPH, "input has 2 channels but kernel expects 3"},
        {"[null, 4, 3]", "[null, 0, 3]", PLAIT_ERR_FORMAT, "input"},
        {"\"class_name\": \"LSTM\"", "\"class_name\": \"GRU\"", PLAIT_ERR_GRAPH,
         "recurrent_kernel has shape {5,20} but must be {units, 3 * units}"},
        {"\"mask\": null", "\"mask\": true", PLAIT_ERR_UNSUPPORTED,
         "it is called with a mask, number 0, that is no tensor"},
        {"\"output_layers\": [\"lstm\", 0, 0]", "\"output_layers\": [\"lstm\", 0, 1]", PLAIT_ERR_FORMAT, "tensor 1"},
    };
    static const struct change gru[] = {
        {"\"reset_after\": true", "\"reset_after\": false", PLAIT_ERR_GRAPH,
         "bias has shape {2,15} but must have {15}"},
    };
    static const struct change states[] = {
        {"\"class_name\": \"LSTM\"", "\"class_name\": \"SimpleRNN\"", PLAIT_ERR_FORMAT,
         "tensor 2, counted from 0, of layer"},
        {"[null, 5]", "[null, 4]", PLAIT_ERR_GRAPH, "initial_h has shape {4} but must have {5}"},
    };
    static const struct change cell[] = {
        {"GRUCell", "StackedRNNCells", PLAIT_ERR_UNSUPPORTED, "its cell \"StackedRNNCells\" is not one that plait has"},
        {"\"class_name\": \"GRUCell\"", "\"class_name\": 7", PLAIT_ERR_FORMAT, "option cell.class_name is a number"},
        {"\"module\": \"keras.layers\", \"class_name\": \"GRUCell\"",
         "\"module\": \"mine\", \"class_name\": \"GRUCell\"", PLAIT_ERR_UNSUPPORTED,
         "one in it is not Keras's own (module \"mine\""},
    };

    (void)state;
    CHECK_CHANGES("lstm.keras", lstm);
    CHECK_CHANGES("gru.keras", gru);
    CHECK_CHANGES("lstm_states.keras", states);
    CHECK_CHANGES("rnn_cell.keras", cell);
}

static void both_directions(void **state)
{
    static const struct change changes[] = {
        {"\"merge_mode\": \"concat\"", "\"merge_mode\": \"max\"", PLAIT_ERR_FORMAT,
         "merge_mode is \"max\"; sum, mul, ave"},
        {"\"merge_mode\": \"concat\"", "\"merge_mode\": 1", PLAIT_ERR_FORMAT, "option merge_mode is a number"},
        {"\"merge_mode\": \"concat\"", "\"merge_mode\": null", PLAIT_OK, NULL},
        {"\"go_backwards\": false", "\"go_backwards\": true", PLAIT_ERR_UNSUPPORTED,
         "its layer has go_backwards the other way"},
        {"\"go_backwards\": true", "\"go_backwards\": false", PLAIT_ERR_UNSUPPORTED,
         "its backward_layer has go_backwards"},
        {"\"backward_layer\": {\"module\"", "\"behind\": {\"module\"", PLAIT_OK, NULL},
        {"\"layer\": {\"module\"", "\"in_front\": {\"module\"", PLAIT_ERR_UNSUPPORTED, "its layer \"unknown\""},
        {"\"class_name\": \"LSTM\"", "\"class_name\": \"Dense\"", PLAIT_ERR_UNSUPPORTED,
         "its layer \"Dense\" is not one"},
        {"\"return_sequences\": true", "\"return_sequences\": false", PLAIT_ERR_GRAPH, "bidirectional"},
        {"\"registered_name\": null, \"build_config\": {\"input_shape\": [null, 4, 3]}}, \"backward",
         "\"registered_name\": \"Mine>LSTM\", \"build_config\": {}}, \"backward", PLAIT_ERR_UNSUPPORTED,
         "one in it is not Keras's own (module \"keras.layers\", registered as \"Mine>LSTM\")"},
        {"\"units\": 5", "\"units\": 6", PLAIT_ERR_FORMAT, "option layer.config.units has size 6"},
    };

    (void)state;
    CHECK_CHANGES("bidirectional_concat.keras", changes);
}

static void embeddings_and_masks(void **state)
{
    static const struct change changes[] = {
        {"\"mask_zero\": false", "\"mask_zero\": true", PLAIT_OK, ""},
        {"\"input_dim\": 7", "\"input_dim\": 8", PLAIT_ERR_FORMAT, "option input_dim has size 8"},
        {"\"output_dim\": 3", "\"output_dim\": 0", PLAIT_ERR_FORMAT, "option output_dim has size 0"},
        {"\"class_name\": \"Embedding\"", "\"class_name\": \"Masking\"", PLAIT_ERR_FORMAT,
         "the file has 1 weights for it; a layer of its options has 0"},
    };

    (void)state;
    CHECK_CHANGES("text.keras", changes);
}

static void distributed_layers(void **state)
{
    static const struct change changes[] = {
        {"[null, 4, 6, 5, 2]", "[null, 4]", PLAIT_ERR_FORMAT, "its input has 1 axes besides the batch"},
        {"[null, 4, 6, 5, 2]", "[null, 257, 6, 5, 2]", PLAIT_OK, ""},
        {"\"class_name\": \"Conv2D\"", "\"class_name\": \"Mine\"", PLAIT_ERR_UNSUPPORTED,
         "its layer is of class \"Mine\""},
        {"\"class_name\": \"Conv2D\"", "\"class_name\": \"TimeDistributed\"", PLAIT_ERR_UNSUPPORTED,
         "its layer is of class \"\""},
        {"\"class_name\": \"Conv2D\"", "\"class_name\": \"Functional\"", PLAIT_ERR_FORMAT,
         "the model's config has no layers"},
        {"\"class_name\": \"Conv2D\"", "\"class_name\": null", PLAIT_ERR_UNSUPPORTED, "its layer is of class \"\""},
        {"\"layer\": {\"module\"", "\"layers\": {\"module\"", PLAIT_ERR_UNSUPPORTED, "its layer is of class \"\""},
        {"\"layer\": {\"module\"", "\"layer\": 7, \"layers\": {\"module\"", PLAIT_ERR_UNSUPPORTED,
         "its layer is of class \"\""},
        {"\"filters\": 3", "\"filters\": 4", PLAIT_ERR_FORMAT, "option filters has size 4"},
        {"\"use_bias\": true", "\"use_bias\": false", PLAIT_ERR_FORMAT, "the file has 2 weights for it"},
    };
    static const struct change inner[] = {
        {"\"return_state\": false", "\"return_state\": true", PLAIT_ERR_FORMAT,
         "its layer has 3 outputs; it must have one"},
    };

    (void)state;
    CHECK_CHANGES("distributed.keras", changes);
    CHECK_CHANGES("distributed_rnn.keras", inner);
}

/* By make_recurrent.py. */
static void sequences_are_those_of_keras(void **state)
{
    static const char *const files[][2] = {
        {"simple_rnn", "keras"},
        {"simple_rnn_relu", "keras"},
        {"simple_rnn_no_bias", "keras"},
        {"simple_rnn_states", "keras"},
        {"lstm", "keras"},
        {"lstm_sequences", "keras"},
        {"lstm_functions", "keras"},
        {"lstm_states", "keras"},
        {"lstm_return_state", "keras"},
        {"gru", "keras"},
        {"gru_sequences", "keras"},
        {"gru_reset_before", "keras"},
        {"gru_no_bias", "keras"},
        {"gru_states", "keras"},
        {"rnn_cell", "keras"},
        {"bidirectional_concat", "keras"},
        {"bidirectional_sum", "keras"},
        {"bidirectional_mul", "keras"},
        {"bidirectional_ave", "keras"},
        {"bidirectional_none", "keras"},
        {"bidirectional_states", "keras"},
        {"bidirectional_different", "keras"},
        {"text", "keras"},
        {"distributed", "keras"},
        {"distributed_rnn", "keras"},
        {"keras2_lstm", "keras"},
        {"keras2_bidirectional_concat", "keras"},
        {"keras2_text", "keras"},
        {"simple_rnn", "h5"},
        {"lstm", "h5"},
        {"lstm_states", "h5"},
        {"gru", "h5"},
        {"bidirectional_concat", "h5"},
        {"text", "h5"},
        {"distributed", "h5"},
        {"keras2_lstm", "h5"},
        {"keras2_gru_states", "h5"},
        {"keras2_bidirectional_concat", "h5"},
        {"keras2_text", "h5"},
        {"keras2_distributed", "h5"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        keras_check_case(files[i][0], files[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences_are_those_of_keras),
        cmocka_unit_test(recurrent_layers),
        cmocka_unit_test(both_directions),
        cmocka_unit_test(embeddings_and_masks),
        cmocka_unit_test(distributed_layers),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
