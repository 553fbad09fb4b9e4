/* SPDX-License-Identifier: MIT */
/* UpSampling1D, UpSampling2D, Resizing: bit-exact, as each rounding is Keras's. */
#include "layer.h"
#include "oracle_resizing.h"

struct size {
    size_t height;
    size_t width;
    plait_resizing_opts opts;
};

static struct twin make(struct twin x, const void *opts)
{
    const struct size *size = opts;

    return twin_resizing(x, size->height, size->width, &size->opts);
}

static struct twin make_up(struct twin x, const void *opts)
{
    const plait_up_sampling2d_opts *up = opts;

    return x.ref.shape.rank == 4 ? twin_up_sampling2d(x, up) : twin_up_sampling1d(x, up->size[0]);
}

static void up_sampling(void **state)
{
    static const plait_up_sampling2d_opts usual = {0}, one = {.size = {1, 1}}, odd = {.size = {3, 5}},
                                          bilinear = {.interpolation = PLAIT_BILINEAR},
                                          bilinear_odd = {.size = {1, 3}, .interpolation = PLAIT_BILINEAR};
    static const struct layer_case pictures[] = {
        {.name = "twice", .shape = {3, {5, 7, 19}}, .opts = &usual},
        {.name = "once", .shape = {3, {3, 4, 16}}, .opts = &one},
        {.name = "3 x 5", .shape = {3, {4, 3, 1}}, .batch = 3, .opts = &odd},
        {.name = "bilinear", .shape = {3, {5, 7, 33}}, .batch = 1, .planned = 2, .opts = &bilinear},
        {.name = "bilinear 1 x 3", .shape = {3, {2, 3, 17}}, .batch = 5, .planned = 2, .opts = &bilinear_odd},
        {.name = "bilinear of one cell", .shape = {3, {1, 1, 3}}, .opts = &bilinear},
        {.name = "longer than a work-item's run", .shape = {3, {2, 1100, 4}}, .batch = 1, .opts = &usual},
        {.name = "more channels than its run", .shape = {3, {1, 2, 8200}}, .batch = 1, .opts = &bilinear},
    };
    static const struct layer_case sequences[] = {
        {.name = "twice", .shape = {2, {7, 19}}, .opts = &usual},
        {.name = "three times", .shape = {2, {1, 1}}, .batch = 1, .opts = &odd},
    };
    struct layer_test picture = {.make = make_up, .gate = GATE_BITS};
    struct layer_test sequence = picture;

    (void)state;
    layer_trial_table(&picture, pictures, sizeof pictures / sizeof *pictures);
    layer_trial_table(&sequence, sequences, sizeof sequences / sizeof *sequences);
}

#define NEAREST                        \
    {                                  \
        .interpolation = PLAIT_NEAREST \
    }
#define CROP                      \
    {                             \
        .crop_to_aspect_ratio = 1 \
    }

static void resizing(void **state)
{
    static const struct size larger = {9, 16, {0}}, smaller = {3, 2, {0}}, same = {5, 7, {0}}, higher = {11, 7, {0}},
                             one = {1, 1, {0}}, nearest_larger = {9, 16, NEAREST}, nearest_smaller = {3, 2, NEAREST},
                             crop_wide = {3, 11, CROP}, crop_high = {40, 1, CROP};
    static const struct layer_case cases[] = {
        {.name = "larger", .shape = {3, {5, 7, 19}}, .opts = &larger},
        {.name = "smaller", .shape = {3, {5, 7, 3}}, .batch = 3, .opts = &smaller},
        {.name = "the same", .shape = {3, {5, 7, 16}}, .opts = &same},
        {.name = "higher", .shape = {3, {5, 7, 17}}, .opts = &higher},
        {.name = "one cell", .shape = {3, {6, 7, 33}}, .batch = 1, .opts = &one},
        {.name = "of one cell", .shape = {3, {1, 1, 5}}, .batch = 1, .opts = &larger},
        {.name = "nearest, larger", .shape = {3, {5, 7, 19}}, .opts = &nearest_larger},
        {.name = "nearest, smaller", .shape = {3, {5, 7, 3}}, .batch = 5, .planned = 2, .opts = &nearest_smaller},
        {.name = "the middle, wide", .shape = {3, {8, 7, 20}}, .opts = &crop_wide},
        {.name = "the middle, high", .shape = {3, {8, 7, 3}}, .opts = &crop_high},
    };
    struct layer_test test = {.make = make, .gate = GATE_BITS};

    (void)state;
    layer_trial_table(&test, cases, sizeof cases / sizeof *cases);
}

/* The layer is two operators: borders, and what reads them. */
static void borders(void **state)
{
    static const struct size wide = {4, 15, {.pad_to_aspect_ratio = 1, .fill_value = 2.5F}},
                             high = {30, 7, {.pad_to_aspect_ratio = 1, .fill_value = -1}},
                             hardly = {7, 8, {.pad_to_aspect_ratio = 1, .fill_value = -1}},
                             zero = {4, 15, {.pad_to_aspect_ratio = 1, .interpolation = PLAIT_NEAREST}};
    static const struct layer_case cases[] = {
        {.name = "wide", .shape = {3, {8, 7, 19}}, .opts = &wide},
        {.name = "high", .shape = {3, {8, 7, 3}}, .batch = 3, .opts = &high},
        {.name = "hardly", .shape = {3, {7, 7, 3}}, .opts = &hardly},
        {.name = "zeros", .shape = {3, {8, 7, 33}}, .batch = 1, .opts = &zero},
    };
    struct random random = random_stream("borders");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct layer_test test = {.make = make, .gate = GATE_BITS};
        layer_trial(&test, &cases[i], &random);
        layer_trial_joined(&test, &cases[i], &random);
    }
    check_verdict(compare_enough(0.4), "borders");
}

static void random_sizes(void **state)
{
    struct random random = random_stream("resizing");

    (void)state;
    for (size_t round = 0; round < test_rounds(24); round++) {
        struct layer_test test = {.make = make, .data = round % 4 ? DATA_NORMAL : DATA_SPECIAL, .gate = GATE_BITS};
        const struct size size = {
            .height = random_between(&random, 1, 30),
            .width = random_between(&random, 1, 30),
            .opts = {.interpolation = (plait_interpolation)random_between(&random, 0, 2)},
        };
        const struct layer_case c = {
            .name = scratch_text("random %zu: {%zu,%zu}", round, size.height, size.width),
            .shape = {3,
                      {random_between(&random, 1, 20), random_between(&random, 1, 20), random_between(&random, 1, 40)}},
            .batch = random_between(&random, 1, 3),
            .planned = 2,
            .opts = &size,
        };
        layer_trial(&test, &c, &random);
    }
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));
    const plait_node picture = plait_input(graph, "picture", PLAIT_SHAPE(4, 3, 2));

    (void)state;
    (void)plait_resizing(x, 2, 2, NULL);
    (void)plait_resizing(picture, 2, 0, NULL);
    (void)plait_resizing(picture, 1, INT32_MAX, NULL);
    (void)plait_resizing(picture, 2, 2, &(plait_resizing_opts){.interpolation = (plait_interpolation)9});
    (void)plait_resizing(picture, 2, 5,
                         &(plait_resizing_opts){.crop_to_aspect_ratio = 1, .pad_to_aspect_ratio = 1, .name = "mine"});
    (void)plait_up_sampling1d(picture, 2, NULL);
    (void)plait_up_sampling2d(x, NULL);
    (void)plait_up_sampling2d(picture, &(plait_up_sampling2d_opts){.size = {SIZE_MAX, 1}});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "resizing \"resizing\": input has shape {4,3} but must be a picture, {rows, cols, channels}");
    check_has(plait_error_message(),
              "resizing \"resizing_1\": output has 2 rows and 0 columns; there must be at least 1 "
              "of each, and at most 715827882");
    check_has(plait_error_message(), "resizing \"resizing_2\": output has 1 rows and 2147483647 columns");
    check_has(plait_error_message(), "resizing \"resizing_3\": interpolation is 9 but must be PLAIT_NEAREST or");
    check_has(plait_error_message(),
              "resizing \"mine\": crop_to_aspect_ratio and pad_to_aspect_ratio are both set; set one of them");
    check_has(plait_error_message(), "up_sampling1d \"up_sampling1d\": input has shape {4,3,2} but must be a sequence");
    check_has(plait_error_message(), "up_sampling2d \"up_sampling2d\": input has shape {4,3} but must be a picture");
    check_has(plait_error_message(),
              "up_sampling2d \"up_sampling2d_1\": output has 18446744073709551615 rows and 3 columns");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_sampling),  cmocka_unit_test(resizing), cmocka_unit_test(borders),
        cmocka_unit_test(random_sizes), cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
