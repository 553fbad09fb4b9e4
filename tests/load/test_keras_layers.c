/* SPDX-License-Identifier: MIT */
/* Every class that plait reads, with all its options: plait's outputs are Keras's. */
#include "compare.h"
#include "fixture.h"
#include "keras_case.h"

static const struct {
    const char *name;
    const char *form;
} cases[] = {
    {"reshaping", "keras"},
    {"augmentations", "keras"},
    {"activations", "keras"},
    {"activations", "h5"},
    {"normalizations", "keras"},
    {"normalizations", "h5"},
    {"dots", "keras"},
    {"operations", "keras"},
    {"operations", "h5"},
    {"functions", "keras"},
    {"functions", "h5"},
    {"keras2_reshaping", "keras"},
    {"keras2_activations", "h5"},
    {"keras2_normalizations", "h5"},
    {"keras2_dots", "keras"},
    {"keras2_operations2", "h5"},
    {"keras2_dependencies", "keras"},
};

static void outputs_are_those_of_keras(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        keras_check_case(cases[i].name, cases[i].form);
    }
    check_verdict(compare_enough(0.5), "model files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_those_of_keras),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
