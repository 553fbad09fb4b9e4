/* SPDX-License-Identifier: MIT */
/* GetItem: bit-exact for every kind of Python's ranges. */
#include "layer.h"
#include "oracle_reshaping.h"

struct item {
    size_t count;
    plait_range ranges[4];
};

static struct twin make(struct twin x, const void *opts)
{
    const struct item *item = opts;

    return (struct twin){plait_get_item(x.node, item->ranges, item->count, NULL),
                         oracle_get_item(x.ref, item->ranges, item->count)};
}

static struct layer_test test = {.make = make, .gate = GATE_BITS};

#define ALL             \
    {                   \
        0, INT64_MAX, 1 \
    }
#define REVERSED                 \
    {                            \
        INT64_MAX, INT64_MIN, -1 \
    }

static void ranges_of_all_kinds(void **state)
{
    static const struct {
        struct layer_case layer;
        struct item item;
    } cases[] = {
        {{.name = "channels", .shape = {3, {4, 5, 40}}}, {3, {ALL, ALL, {3, 22, 1}}}},
        {{.name = "rows", .shape = {3, {9, 5, 4}}}, {1, {{2, 7, 1}}}},
        {{.name = "everything", .shape = {2, {3, 5}}}, {0, {{0}}}},
        {{.name = "from the end", .shape = {2, {3, 50}}}, {2, {ALL, {-20, -1, 1}}}},
        {{.name = "every third", .shape = {2, {3, 50}}}, {2, {ALL, {1, INT64_MAX, 3}}}},
        {{.name = "every second row", .shape = {3, {9, 5, 4}}}, {1, {{0, INT64_MAX, 2}}}},
        {{.name = "reversed channels", .shape = {3, {5, 7, 3}}}, {3, {ALL, ALL, REVERSED}}},
        {{.name = "reversed rows", .shape = {3, {5, 7, 3}}}, {1, {REVERSED}}},
        {{.name = "all reversed", .shape = {2, {4, 33}}}, {2, {REVERSED, REVERSED}}},
        {{.name = "backwards by two", .shape = {1, {41}}}, {1, {{37, 2, -2}}}},
        {{.name = "down to the first", .shape = {1, {41}}}, {1, {{-3, INT64_MIN, -3}}}},
        {{.name = "one element", .shape = {3, {5, 7, 18}}}, {3, {ALL, {3, 0, 0}, ALL}}},
        {{.name = "the last channel", .shape = {3, {5, 7, 18}}}, {3, {ALL, ALL, {-1, 0, 0}}}},
        {{.name = "a single number", .shape = {2, {5, 7}}}, {2, {{4, 0, 0}, {-7, 0, 0}}}},
        {{.name = "beyond the axis", .shape = {1, {20}}}, {1, {{-100, 100, 1}}}},
        {{.name = "a step beyond the axis", .shape = {2, {3, 20}}}, {2, {ALL, {7, INT64_MAX, 1000}}}},
        {{.name = "a step back beyond it", .shape = {2, {3, 20}}}, {2, {ALL, {7, INT64_MIN, -1000}}}},
        {{.name = "all at once", .shape = {4, {5, 6, 7, 8}}}, {4, {{1, 4, 2}, {2, 0, 0}, REVERSED, {0, -1, 3}}}},
        {{.name = "seven axes", .shape = {7, {2, 2, 2, 2, 2, 2, 3}}}, {4, {{1, 2, 1}, ALL, {0, 0, 0}, REVERSED}}},
        {{.name = "less than planned", .shape = {2, {4, 30}}, .batch = 1, .planned = 3}, {2, {{1, 3, 1}, {4, 9, 1}}}},
        {{.name = "more than planned", .shape = {2, {4, 30}}, .batch = 5, .planned = 3}, {2, {{1, 3, 1}, {4, 9, 2}}}},
    };
    struct layer_case layers[sizeof cases / sizeof cases[0]];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        layers[i] = cases[i].layer;
        layers[i].opts = &cases[i].item;
    }
    layer_trial_table(&test, layers, sizeof cases / sizeof cases[0]);
}

/* A range that takes at least one element of an axis. */
static plait_range random_range(struct random *random, size_t size)
{
    const int64_t begin = (int64_t)random_between(random, 0, size - 1);
    const int64_t left = (int64_t)random_between(random, 1, 2 * size);
    const int64_t step = (int64_t)random_between(random, 1, 3);

    switch (random_between(random, 0, 3)) {
    case 0:
        return PLAIT_ALL;
    case 1:
        return PLAIT_INDEX(begin - (int64_t)(size * random_between(random, 0, 1)));
    case 2:
        return PLAIT_RANGE(begin, begin + left, step);
    default:
        return PLAIT_RANGE(begin, begin < left ? INT64_MIN : begin - left, -step);
    }
}

static void random_ranges(void **state)
{
    struct random random = random_stream("get item");

    (void)state;
    for (size_t round = 0; round < test_rounds(24); round++) {
        struct layer_case c = {.name = "random", .shape = {.rank = random_between(&random, 1, 4)}};
        struct item item = {.count = random_between(&random, 0, c.shape.rank)};
        for (size_t i = 0; i < c.shape.rank; i++) {
            c.shape.dims[i] = random_between(&random, 1, i + 1 == c.shape.rank ? 40 : 6);
            item.ranges[i] = random_range(&random, c.shape.dims[i]);
        }
        c.opts = &item;
        layer_trial(&test, &c, &random);
    }
}

static void special_values(void **state)
{
    struct layer_test special = {.make = make, .data = DATA_SPECIAL, .gate = GATE_BITS};
    struct random random = random_stream("get item special");

    (void)state;
    layer_trial(&special,
                &(struct layer_case){
                    .name = "special values", .shape = {2, {9, 37}}, .opts = &(struct item){2, {{1, 8, 2}, REVERSED}}},
                &random);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(4, 3));
    const plait_range three[] = {ALL, ALL, ALL};

    (void)state;
    (void)plait_get_item(x, three, 3, NULL);
    (void)plait_get_item(x, NULL, 1, NULL);
    (void)plait_get_item(x, &PLAIT_INDEX(4), 1, NULL);
    (void)plait_get_item(x, &PLAIT_INDEX(-5), 1, NULL);
    (void)plait_get_item(x, &PLAIT_RANGE(2, 2, 1), 1, NULL);
    (void)plait_get_item(x, &PLAIT_RANGE(1, 3, -1), 1, &(plait_layer_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "get_item \"get_item\": there are 3 ranges but input {4,3} has 2 axes besides the batch");
    check_has(plait_error_message(), "get_item \"get_item_1\": ranges is NULL but count is 1");
    check_has(plait_error_message(), "index 4 is out of range for axis 1 of input {4,3}; it must be -4 to 3");
    check_has(plait_error_message(), "index -5 is out of range for axis 1 of input {4,3}; it must be -4 to 3");
    check_has(plait_error_message(), "2:2:1 takes nothing of axis 1 of input {4,3}; take at least one element");
    check_has(plait_error_message(), "get_item \"mine\": 1:3:-1 takes nothing of axis 1");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_of_all_kinds),
        cmocka_unit_test(random_ranges),
        cmocka_unit_test(special_values),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
