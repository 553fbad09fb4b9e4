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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(masks_are_those_of_keras),
        cmocka_unit_test(steps_are_those_of_keras),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
