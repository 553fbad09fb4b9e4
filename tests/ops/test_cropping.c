/* SPDX-License-Identifier: MIT */
/* Cropping1D, Cropping2D, CenterCrop: bit-exact. */
#include "layer.h"
#include "oracle_resizing.h"

/* {{begin, end} of rows, of cols}, or of steps alone. */
static struct twin make(struct twin x, const void *opts)
{
    const plait_ends *ends = opts;

    return x.ref.shape.rank == 4 ? twin_cropping2d(x, ends[0], ends[1]) : twin_cropping1d(x, ends[0]);
}

static struct layer_test test = {.make = make, .gate = GATE_BITS};

static void sequences(void **state)
{
    static const plait_ends both = {1, 1}, begin = {3, 0}, end = {0, 2}, none = {0, 0};
    static const struct layer_case cases[] = {
        {.name = "both ends", .shape = {2, {7, 17}}, .opts = &both},
        {.name = "the beginning", .shape = {2, {5, 33}}, .batch = 3, .planned = 2, .opts = &begin},
        {.name = "the end", .shape = {2, {3, 1}}, .batch = 1, .opts = &end},
        {.name = "none", .shape = {2, {4, 3}}, .opts = &none},
    };
    struct layer_test sequence = test;

    (void)state;
    layer_trial_table(&sequence, cases, sizeof cases / sizeof *cases);
}

static void pictures(void **state)
{
    static const plait_ends one[2] = {{1, 1}, {1, 1}}, lower_right[2] = {{0, 1}, {0, 1}},
                            upper_left[2] = {{1, 0}, {1, 0}}, all[2] = {{1, 2}, {0, 4}}, to_one[2] = {{4, 1}, {0, 4}};
    static const struct layer_case cases[] = {
        {.name = "one cell", .shape = {3, {5, 7, 19}}, .opts = one},
        {.name = "below and to the right", .shape = {3, {6, 6, 3}}, .batch = 3, .opts = lower_right},
        {.name = "above and to the left", .shape = {3, {4, 5, 16}}, .opts = upper_left},
        {.name = "all different", .shape = {3, {5, 6, 1}}, .batch = 1, .opts = all},
        {.name = "one cell left", .shape = {3, {6, 5, 33}}, .batch = 5, .planned = 2, .opts = to_one},
    };

    (void)state;
    layer_trial_table(&test, cases, sizeof cases / sizeof *cases);
}

static struct twin make_center(struct twin x, const void *opts)
{
    const size_t *size = opts;

    return twin_center_crop(x, size[0], size[1]);
}

static void centers(void **state)
{
    static const size_t even[] = {4, 4}, odd[] = {3, 2}, same[] = {5, 7}, larger[] = {9, 8}, wider[] = {3, 11},
                        higher[] = {20, 2};
    static const struct layer_case crops[] = {
        {.name = "even", .shape = {3, {6, 8, 17}}, .opts = even},
        {.name = "odd", .shape = {3, {6, 5, 3}}, .batch = 3, .opts = odd},
        {.name = "the same", .shape = {3, {5, 7, 1}}, .batch = 1, .opts = same},
    };
    static const struct layer_case resized[] = {
        {.name = "larger", .shape = {3, {6, 8, 17}}, .opts = larger},
        {.name = "wider", .shape = {3, {6, 8, 3}}, .opts = wider},
        {.name = "higher", .shape = {3, {6, 8, 33}}, .opts = higher},
    };
    struct layer_test crop = {.make = make_center, .gate = GATE_BITS};
    struct layer_test resize = crop; /* another operator */

    (void)state;
    layer_trial_table(&crop, crops, sizeof crops / sizeof *crops);
    layer_trial_table(&resize, resized, sizeof resized / sizeof *resized);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));
    const plait_node picture = plait_input(graph, "picture", PLAIT_SHAPE(4, 3, 2));

    (void)state;
    (void)plait_cropping2d(x, PLAIT_ENDS(1, 1), PLAIT_ENDS(1, 1), NULL);
    (void)plait_cropping1d(x, PLAIT_ENDS(2, 2), NULL);
    (void)plait_cropping1d(x, PLAIT_ENDS(1, SIZE_MAX), NULL);
    (void)plait_cropping2d(picture, PLAIT_ENDS(1, 1), PLAIT_ENDS(9, 0), &(plait_layer_opts){.name = "mine"});
    (void)plait_center_crop(x, 1, 1, NULL);
    (void)plait_center_crop(picture, 0, 1, NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "cropping2d \"cropping2d\": input has shape {4,3} but must be a picture, {rows, cols, channels}");
    check_has(
        plait_error_message(),
        "cropping1d \"cropping1d\": cropping of 2 and 2 cells leaves nothing of axis 1 of input {4,3}; crop less");
    check_has(plait_error_message(), "cropping1d \"cropping1d_1\": cropping of 1 and 18446744073709551615 cells");
    check_has(plait_error_message(), "cropping2d \"mine\": cropping of 9 and 0 cells leaves nothing of axis 2");
    check_has(plait_error_message(), "center_crop \"center_crop\": input has shape {4,3} but must be a picture");
    check_has(plait_error_message(), "center_crop \"center_crop_1\": output has 0 rows and 1 columns");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sequences),
        cmocka_unit_test(pictures),
        cmocka_unit_test(centers),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
