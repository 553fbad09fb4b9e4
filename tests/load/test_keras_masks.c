/* SPDX-License-Identifier: MIT */
/* Files with masks: those that layers make and pass on, and those that are arguments of calls. */
#include "fixture.h"
#include "folder.h"
#include "keras_case.h"
#include "keras_change.h"

/* By make_masks.py. */
static void masks_are_those_of_keras(void **state)
{
    static const char *const files[] = {
        "answers",      "masks_attention", "masks_chain",  "masks_directions",  "masks_ended",
        "masks_heads",  "masks_merged",    "masks_models", "masks_pooled",      "masks_recurrent",
        "masks_scores", "masks_softmax",   "masks_states", "masks_transformer",
    };

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        keras_check_case(files[i], "keras");
    }
    keras_check_case("keras2_masks", "keras");
    keras_check_case("keras2_masks", "h5");
}

/* By make_steps.py: layers and models on each step. */
static void steps_are_those_of_keras(void **state)
{
    (void)state;
    keras_check_case("steps_pictures", "keras");
    keras_check_case("steps_pictures", "h5");
    keras_check_case("steps_sequences", "keras");
    keras_check_case("steps_models", "keras");
}

#define TENSOR_OF(layer, shape)                                                                            \
    "{\"class_name\": \"__keras_tensor__\", \"config\": {\"shape\": [null, " shape "], \"dtype\": \"bool\", " \
    "\"keras_history\": [\"" layer "\", 0, 0]}}"

/* Masks that are no tensors, of no layer, and of shapes that do not fit. */
static void arguments(void **state)
{
    static const char mask[] = TENSOR_OF("not_equal", "6");
    static const struct change changes[] = {
        {mask, "null", PLAIT_OK, ""},
        {mask, "1", PLAIT_ERR_UNSUPPORTED, "it is called with a mask, number 0, that is no tensor"},
        {mask, "{}", PLAIT_ERR_UNSUPPORTED, "it is called with a mask, number 0, that is no tensor"},
        {mask, "\"yes\"", PLAIT_ERR_UNSUPPORTED, "that is no tensor"},
        {mask, "[]", PLAIT_OK, ""},
        {mask, "[null, null, null]", PLAIT_OK, ""},
        {mask, TENSOR_OF("nothing", "6"), PLAIT_ERR_FORMAT, "is of layer \"nothing\", which the model does not have"},
        {mask, TENSOR_OF("lstm", "6"), PLAIT_ERR_FORMAT, "it is in a cycle"},
        {mask, TENSOR_OF("embedding", "6"), PLAIT_ERR_GRAPH,
         "mask has shape {6,4} but must have {6}, a value for each step"},
        {"\"mask_zero\": true", "\"mask_zero\": 7.5", PLAIT_OK, ""},
        {"\"mask_zero\": true", "\"mask_zero\": \"yes\"", PLAIT_ERR_FORMAT, "option mask_zero is a text"},
        {"\"zero_output_for_mask\": true", "\"zero_output_for_mask\": []", PLAIT_ERR_FORMAT,
         "option zero_output_for_mask is a list"},
        {"[\"ids\", 0, 0]}}, 0]", "[\"ids\", 0, 0]}}, [[1, 2], [3]]]", PLAIT_ERR_FORMAT, "args[1] is no number"},
        {"[\"ids\", 0, 0]}}, 0]", "[\"ids\", 0, 0]}}, null]", PLAIT_ERR_FORMAT, "without its argument 1"},
    };
    static const struct change chain[] = {
        {"\"mask_value\": 0.0", "\"mask_value\": 1e300", PLAIT_ERR_FORMAT, "option mask_value is 1e+300"},
        {"\"mask_value\": 0.0", "\"mask_value\": \"0\"", PLAIT_ERR_FORMAT, "option mask_value is a text"},
        {"\"mask_value\": 0.0", "\"mask_value\": null", PLAIT_OK, ""},
    };

    (void)state;
    CHECK_CHANGES("masks_recurrent.keras", changes);
    CHECK_CHANGES("masks_chain.keras", chain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments),
        cmocka_unit_test(masks_are_those_of_keras),
        cmocka_unit_test(steps_are_those_of_keras),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
