/* SPDX-License-Identifier: MIT */
/* MultiHeadAttention and GroupedQueryAttention: heads of all sizes, masks, gates, more axes than one of places. */
#include "oracle_attention.h"
#include "trial.h"
#include "weights.h"

struct heads_case {
    const char *name;
    plait_shape query, value, key; /* key rank 0: the value is the key */
    size_t heads, key_heads, key_dim, value_dim;
    plait_shape output; /* sizes that replace the query's channels */
    bool bias, gate, causal;
    size_t window, batch, planned;
    plait_shape mask; /* rank 0: none */
    bool zero;        /* weights of a query that sees no key */
};

static const struct heads_case cases[] = {
    {"itself", {2, {21, 8}}, {2, {21, 8}}, {0}, 2, 2, 4, 4, {1, {8}}, true, false, false, 0, 2, 0},
    {"across", {2, {5, 6}}, {2, {70, 3}}, {2, {70, 4}}, 3, 3, 5, 7, {1, {9}}, true, false, false, 0, 2, 3},
    {"no bias", {2, {17, 6}}, {2, {9, 6}}, {0}, 1, 1, 33, 17, {1, {3}}, false, false, false, 0, 1, 0},
    {"one of all", {2, {1, 1}}, {2, {1, 1}}, {0}, 1, 1, 1, 1, {1, {1}}, true, true, true, 1, 3, 0},
    {"causal with a gate", {2, {33, 6}}, {2, {20, 6}}, {0}, 2, 2, 3, 4, {1, {6}}, true, true, true, 0, 2, 0},
    {"a window", {2, {80, 6}}, {2, {90, 6}}, {0}, 2, 2, 16, 16, {1, {6}}, true, false, false, 5, 1, 0},
    {"a causal window", {2, {90, 6}}, {2, {80, 6}}, {0}, 2, 2, 8, 3, {1, {6}}, true, false, true, 11, 1, 0},
    {"pictures", {3, {3, 2, 4}}, {3, {2, 5, 6}}, {0}, 2, 2, 3, 5, {1, {4}}, true, true, false, 0, 2, 0},
    {"output of two axes", {2, {5, 4}}, {2, {6, 4}}, {0}, 2, 2, 3, 5, {2, {3, 4}}, true, false, false, 0, 2, 0},
    {"grouped", {2, {19, 6}}, {2, {9, 4}}, {0}, 6, 2, 3, 5, {1, {6}}, true, true, false, 0, 2, 0},
    {"one head of keys", {2, {19, 6}}, {2, {19, 6}}, {0}, 4, 1, 4, 2, {1, {6}}, false, false, true, 3, 2, 0},
    {"several tiles", {2, {70, 4}}, {2, {70, 4}}, {0}, 3, 3, 4, 2, {1, {4}}, true, false, true, 40, 2, 0},
    {"a mask", {2, {21, 6}}, {2, {70, 6}}, {0}, 2, 2, 4, 5, {1, {6}}, true, false, false, 0, 2, 3, {2, {21, 70}}},
    {"a mask of keys", {2, {5, 6}}, {2, {9, 4}}, {2, {9, 3}}, 2, 2, 4, 5, {1, {6}}, .bias = true, .gate = true,
     .batch = 2, .mask = {1, {9}}},
    {"a line of mask", {2, {40, 6}}, {2, {70, 6}}, {0}, 2, 1, 4, 5, {1, {6}}, .bias = true, .batch = 1,
     .mask = {2, {1, 70}}},
    {"a causal mask", {2, {40, 6}}, {2, {40, 6}}, {0}, 2, 2, 3, 3, {1, {6}}, true, false, true, 0, 2, 0, {2, {40, 40}}},
    {"a window of a mask", {2, {36, 6}}, {2, {66, 6}}, {0}, 4, 2, 3, 3, {1, {6}}, .bias = true, .window = 12,
     .batch = 2, .mask = {2, {36, 66}}},
    {"a mask of one", {2, {1, 1}}, {2, {1, 1}}, {0}, 1, 1, 1, 1, {1, {1}}, true, false, false, 0, 3, 0, {2, {1, 1}}},
    {"weights of 0", {2, {21, 6}}, {2, {70, 6}}, {0}, 2, 2, 4, 5, {1, {6}}, .bias = true, .batch = 2,
     .mask = {2, {21, 70}}, .zero = true},
    {"causal, weights of 0", {2, {36, 6}}, {2, {70, 6}}, {0}, 2, 1, 4, 5, {1, {6}}, .bias = true, .causal = true,
     .batch = 2, .mask = {2, {36, 70}}, .zero = true},
    {"a window, weights of 0", {2, {36, 6}}, {2, {80, 6}}, {0}, 1, 1, 4, 5, {1, {6}}, .bias = true, .window = 3,
     .batch = 2, .mask = {1, {80}}, .zero = true},
};

enum { CASES = sizeof cases / sizeof cases[0] };

static plait_projection projection(struct random *random, size_t channels, size_t heads, size_t size, bool bias)
{
    plait_projection weights = {
        .kernel = random_weights(random, PLAIT_SHAPE(channels, heads, size), 0.5),
    };

    if (bias) {
        weights.bias = random_weights(random, PLAIT_SHAPE(heads, size), 0.5);
    }
    return weights;
}

static size_t channels_of(plait_shape shape)
{
    return shape.dims[shape.rank - 1];
}

static plait_multi_head_attention_opts options_of(const struct heads_case *c, struct random *random)
{
    const plait_shape key = c->key.rank > 0 ? c->key : c->value;
    plait_shape kernel = PLAIT_SHAPE(c->heads, c->value_dim);
    plait_multi_head_attention_opts opts = {
        .query = projection(random, channels_of(c->query), c->heads, c->key_dim, c->bias),
        .key = projection(random, channels_of(key), c->key_heads, c->key_dim, c->bias),
        .value = projection(random, channels_of(c->value), c->key_heads, c->value_dim, c->bias),
        .use_causal_mask = c->causal,
        .sliding_window = c->window,
        .attention_mask = c->mask.rank == 0 ? 0
                          : c->zero         ? 2
                                            : 1,
    };

    for (size_t i = 0; i < c->output.rank; i++) {
        kernel.dims[kernel.rank++] = c->output.dims[i];
    }
    opts.output.kernel = random_weights(random, kernel, 0.5);
    if (c->bias) {
        opts.output.bias = random_weights(random, c->output, 0.5);
    }
    if (c->gate) {
        opts.gate = projection(random, channels_of(c->query), c->heads, c->value_dim, c->bias);
    }
    return opts;
}

static struct twin make(const struct heads_case *c, const struct twin *x, size_t count, struct random *random)
{
    const plait_multi_head_attention_opts opts = options_of(c, random);
    const plait_node nodes[] = {x[0].node, x[1].node, x[2].node, x[3].node};
    const struct reference refs[] = {x[0].ref, x[1].ref, x[2].ref, x[3].ref};
    const plait_nodes given = {nodes, count};

    return (struct twin){c->heads == c->key_heads ? plait_multi_head_attention(given, &opts)
                                                  : plait_grouped_query_attention(given, &opts),
                         oracle_multi_head_attention(refs, count, &opts)};
}

static struct twin new_input(plait_graph *graph, plait_shape shape, size_t batch, struct random *random)
{
    size_t count = batch;

    for (size_t i = 0; i < shape.rank; i++) {
        count *= shape.dims[i];
    }
    return twin_input(graph, shape, batch, random_floats(random, DATA_NORMAL, count));
}

/* Of zeros and other numbers; the first query sees nothing at all. */
static struct twin new_mask(plait_graph *graph, plait_shape shape, size_t batch, struct random *random)
{
    struct twin mask = new_input(graph, shape, batch, random);

    for (size_t i = 0; i < mask.ref.count; i++) {
        const bool hidden = mask.ref.value[i] < 0 || (batch > 1 && i < shape.dims[shape.rank - 1]);
        mask.ref.value[i] = hidden ? 0 : mask.ref.value[i];
    }
    return mask;
}

/* With the default plan, and with the reference of every part. */
static void try(const struct heads_case *c, bool added, struct random *random)
{
    static const char *const variants[] = {NULL, "attention=cpu", "attention=reference",
                                           "multi_head_attention=reference", "grouped_query_attention=reference"};
    size_t count = c->key.rank > 0 ? 3 : 2;
    plait_graph *graph = twin_graph();
    const plait_shape shapes[] = {c->query, c->value, c->key};
    struct twin x[4] = {0};

    for (size_t i = 0; i < count; i++) {
        x[i] = new_input(graph, shapes[i], c->batch, random);
    }
    if (c->mask.rank > 0) {
        x[count++] = new_mask(graph, c->mask, c->batch, random);
    }
    struct twin y = make(c, x, count, random);

    if (added) { /* as transformers do; the output's projection takes it */
        y = twin_merge(MERGE_ADD, (const struct twin[]){x[0], y}, 2);
    }
    check_ok(plait_graph_check(graph));
    for (size_t i = 0; i < (c->heads == c->key_heads ? 4 : 5); i++) {
        if (i == 3 && c->heads != c->key_heads) {
            continue;
        }
        trial_run(&(struct trial){.name = c->name,
                                  .inputs = x,
                                  .input_count = count,
                                  .outputs = &y,
                                  .output_count = 1,
                                  .gate = GATE_HARD,
                                  .run = {.planned = c->planned, .variants = variants[i]}});
    }
    plait_graph_free(graph);
    scratch_reset();
}

static void heads_of_all_kinds(void **state)
{
    struct random random = random_stream("heads");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        try(&cases[i], false, &random);
    }
    check_verdict(compare_enough(0.7), "heads");
}

/* ---- Masks of all kinds ----------------------------------------------------------------------------- */

/* A layer, and the masks that it has besides that of `layer`. */
struct masked_case {
    struct heads_case layer;
    bool query, value, key;
};

#define SIZES(t, s) \
    .query = {2, {t, 5}}, .value = {2, {s, 3}}, .key_dim = 3, .value_dim = 5, .output = {1, {7}}, .bias = true
#define ALIKE .heads = 3, .key_heads = 3
#define GROUPED .heads = 6, .key_heads = 2

static const struct masked_case masked_cases[] = {
    {{.name = "no mask", SIZES(5, 7), ALIKE, .batch = 3}},
    {{.name = "no mask, causal", SIZES(9, 9), GROUPED, .causal = true, .batch = 1}},
    {{.name = "of queries", SIZES(5, 7), ALIKE, .batch = 3}, .query = true},
    {{.name = "of values", SIZES(17, 33), ALIKE, .batch = 3}, .value = true},
    {{.name = "of keys", SIZES(5, 67), GROUPED, .key = {2, {67, 9}}, .batch = 2}, .key = true},
    {{.name = "of queries and values", SIZES(33, 17), ALIKE, .batch = 3, .planned = 2}, .query = true, .value = true},
    {{.name = "of one place", SIZES(1, 1), ALIKE, .batch = 3}, .query = true, .key = true},
    {{.name = "causal, of values", SIZES(35, 35), ALIKE, .causal = true, .batch = 2}, .value = true},
    {{.name = "causal, of queries", SIZES(19, 19), ALIKE, .causal = true, .batch = 3, .gate = true}, .query = true},
    {{.name = "attention's", SIZES(5, 7), ALIKE, .batch = 3, .mask = {2, {5, 7}}}},
    {{.name = "attention's line", SIZES(35, 7), GROUPED, .batch = 2, .mask = {2, {1, 7}}}, .query = true},
    {{.name = "attention's keys", SIZES(5, 71), ALIKE, .batch = 3, .mask = {1, {71}}}, .key = true},
    {{.name = "all", SIZES(37, 19), ALIKE, .key = {2, {19, 11}}, .batch = 3, .mask = {2, {37, 19}}},
     .query = true, .value = true, .key = true},
    {{.name = "all, causal", SIZES(21, 21), GROUPED, .causal = true, .batch = 5, .planned = 3, .mask = {2, {21, 21}}},
     .query = true, .value = true, .key = true},
    {{.name = "all, a window", SIZES(33, 41), ALIKE, .window = 9, .batch = 2, .mask = {1, {41}}},
     .query = true, .value = true},
};

/* Adds a mask of so many places to the inputs, if there is one; its node and values. */
static plait_node add_mask(bool there, size_t places, struct twin *x, size_t *count, struct reference *values,
                           struct random *random)
{
    if (!there) {
        return (plait_node){0};
    }
    x[*count] = new_mask(x[0].node.graph, PLAIT_SHAPE(places), x[0].ref.shape.dims[0], random);
    *values = x[*count].ref;
    return x[(*count)++].node;
}

static void try_masked(const struct masked_case *c, int hidden, bool asked, struct random *random)
{
    static const char *const variants[] = {NULL, "attention=cpu",
                                           "attention=reference,attention_weights=reference,attention_sums=reference"};
    const struct heads_case *layer = &c->layer;
    const plait_shape shapes[] = {layer->query, layer->value, layer->key};
    plait_multi_head_attention_opts opts = options_of(layer, random);
    plait_graph *graph = twin_graph();
    struct oracle_masks masks = {0};
    struct twin x[7] = {0};
    struct twin y[2];
    size_t count = layer->key.rank > 0 ? 3 : 2;

    for (size_t i = 0; i < count; i++) {
        x[i] = new_input(graph, shapes[i], layer->batch, random);
    }
    if (layer->mask.rank > 0) {
        x[count++] = new_mask(graph, layer->mask, layer->batch, random);
    }
    const size_t given = count;
    opts.hidden_weights = hidden;
    opts.query_mask = add_mask(c->query, layer->query.dims[0], x, &count, &masks.query, random);
    opts.value_mask = add_mask(c->value, layer->value.dims[0], x, &count, &masks.value, random);
    opts.key_mask = add_mask(c->key, layer->value.dims[0], x, &count, &masks.key, random);
    opts.attention_scores = asked ? &y[1].node : NULL;
    const plait_node nodes[] = {x[0].node, x[1].node, x[2].node, x[3].node};
    const struct reference refs[] = {x[0].ref, x[1].ref, x[2].ref, x[3].ref};
    y[0].node = layer->heads == layer->key_heads ? plait_multi_head_attention((plait_nodes){nodes, given}, &opts)
                                                 : plait_grouped_query_attention((plait_nodes){nodes, given}, &opts);
    y[0].ref = oracle_masked_multi_head_attention(refs, given, &opts, &masks, &y[1].ref);
    check_ok(plait_graph_check(graph));
    for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
        trial_run(&(struct trial){.name = scratch_text("%s, hidden_weights %d", layer->name, hidden),
                                  .inputs = x,
                                  .input_count = count,
                                  .outputs = y,
                                  .output_count = 1 + asked,
                                  .gate = GATE_HARD,
                                  .run = {.planned = layer->planned,
                                          .variants = variants[i],
                                          .apart = asked || hidden > 0}});
    }
    plait_graph_free(graph);
    scratch_reset();
}

/* Each mask alone and with others, the scores asked for and not, and all that queries may get that see no key. */
static void masks_of_all_kinds(void **state)
{
    enum { HIDDEN = 3, WAYS = 2 * HIDDEN };
    const size_t ways = test_rounds(WAYS); /* fewer on a checker, which is slow */
    struct random random = random_stream("masks of all kinds");

    (void)state;
    for (size_t i = 0; i < sizeof masked_cases / sizeof *masked_cases; i++) {
        for (size_t k = i; k < i + ways; k++) {
            try_masked(&masked_cases[i], (int)(k % HIDDEN), k % WAYS >= HIDDEN, &random);
        }
    }
    check_verdict(compare_enough(0.4), "masks");
}

static void added_to_the_query(void **state)
{
    struct random random = random_stream("heads added");

    (void)state;
    try(&cases[0], true, &random);
    try(&cases[4], true, &random);
    try(&cases[7], true, &random);
}

/* The layer is one in reports and summaries; the addition has no step of its own. */
static void a_layer_is_one(void **state)
{
    struct random random = random_stream("heads one");
    plait_graph *graph = twin_graph();
    const struct twin x = new_input(graph, cases[0].query, 2, &random);
    const struct twin y = make(&cases[0], (const struct twin[4]){x, x}, 2, &random);
    const plait_node sum = plait_add(PLAIT_NODES(x.node, y.node), NULL);
    char text[8192];

    (void)state;
    assert_string_equal(fixture_steps(PLAIT_NODES(x.node), PLAIT_NODES(sum), &(struct run_opts){0}),
                        "multi_head_attention multi_head_attention multi_head_attention attention "
                        "multi_head_attention");
    check_ok(plait_graph_summary(PLAIT_NODES(x.node), PLAIT_NODES(sum), NULL, text, sizeof text, NULL));
    check_has(text, "(MultiHeadAttention)");
    check_has(text, "Total params: 288 ");
    plait_graph_free(graph);
    scratch_reset();
}

/* One change to sound options on a {4,3} and b {5,6}, and what is said about it. */
struct mistake {
    plait_projection query, key, value, gate, output; /* rank 0: as they are */
    const char *text;
};

static void mistakes(void **state)
{
    static const float w[512];
#define P(...)                         \
    {                                  \
        {w, PLAIT_SHAPE(__VA_ARGS__)}, \
        {                              \
            0                          \
        }                              \
    }
    static const float *none;
    const struct mistake rows[] = {
        {.query = P(4, 2, 5), .text = "input {4,3} has 3 channels but query_kernel expects 4 (query_kernel {4,2,5})"},
        {.query = P(3, 10), .text = "query_kernel has shape {3,10} but must have 3 axes, of which 1 are summed over"},
        {.query = P(3, 0, 5), .text = "input {4,3} and query_kernel {3,0,5} must have an axis, and no size 0"},
        {.query = {{none, PLAIT_SHAPE(3, 2, 5)}, {0}}, .text = "query_kernel is missing"},
        {.query = {{w, PLAIT_SHAPE(3, 2, 5)}, {w, PLAIT_SHAPE(10)}},
         .text = "query_bias has shape {10} but must have {2,5}"},
        {.query = P(3, 2, 4), .text = "query {4,8} has 8 channels for 2 heads but key {5,10} has 10 for 2"},
        {.query = P(3, 1, 5), .text = "query_kernel has 1 heads but key_kernel has 2; they must agree"},
        {.key = P(6, 3, 5), .text = "key_kernel has 3 heads but value_kernel has 2; they must agree"},
        {.value = P(5, 2, 7), .text = "input {5,6} has 6 channels but value_kernel expects 5"},
        {.output = P(7, 2, 3), .text = "output_kernel has shape {7,2,3} but must begin with {2,7}, the heads and"},
        {.output = P(2, 7), .text = "output_kernel has shape {2,7} but must begin with {2,7}"},
        {.gate = P(3, 1, 7), .text = "gate_kernel has shape {3,1,7} but must be {channels,2,7}"},
        {.gate = P(4, 2, 7), .text = "input {4,3} has 3 channels but gate_kernel expects 4"},
        {.query = P(SIZE_MAX, 2, 5), .text = "query_kernel {18446744073709551615,2,5} has more than 2147483647"},
    };
#undef P

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        plait_graph *graph = twin_graph();
        const plait_node a = plait_input(graph, "a", PLAIT_SHAPE(4, 3));
        const plait_node b = plait_input(graph, "b", PLAIT_SHAPE(5, 6));
        const plait_multi_head_attention_opts opts = {
            .query =
                rows[i].query.kernel.shape.rank ? rows[i].query : (plait_projection){{w, PLAIT_SHAPE(3, 2, 5)}, {0}},
            .key = rows[i].key.kernel.shape.rank ? rows[i].key : (plait_projection){{w, PLAIT_SHAPE(6, 2, 5)}, {0}},
            .value =
                rows[i].value.kernel.shape.rank ? rows[i].value : (plait_projection){{w, PLAIT_SHAPE(6, 2, 7)}, {0}},
            .output =
                rows[i].output.kernel.shape.rank ? rows[i].output : (plait_projection){{w, PLAIT_SHAPE(2, 7, 3)}, {0}},
            .gate = rows[i].gate,
        };
        (void)plait_multi_head_attention(PLAIT_NODES(a, b), &opts);
        check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH, rows[i].text);
        plait_graph_free(graph);
    }
}

static void wrong_calls(void **state)
{
    static const float w[512];
    const plait_multi_head_attention_opts opts = {
        .query = {{w, PLAIT_SHAPE(3, 2, 5)}, {0}},
        .key = {{w, PLAIT_SHAPE(3, 2, 5)}, {0}},
        .value = {{w, PLAIT_SHAPE(3, 2, 7)}, {0}},
        .output = {{w, PLAIT_SHAPE(2, 7, 3)}, {0}},
        .sliding_window = 3,
    };
    plait_graph *graph = twin_graph();
    const plait_node a = plait_input(graph, "a", PLAIT_SHAPE(4, 3));
    const plait_node b = plait_input(graph, "b", PLAIT_SHAPE(1, 3));
    const plait_node c = plait_input(graph, "c", PLAIT_SHAPE(2, 2, 3));
    const plait_node d = plait_input(graph, "d", PLAIT_SHAPE(3));
    plait_multi_head_attention_opts grouped = opts;
    plait_multi_head_attention_opts masked = opts;
    plait_multi_head_attention_opts unknown = opts;

    (void)state;
    masked.attention_mask = 1;
    masked.sliding_window = 0;
    unknown.attention_mask = -1;
    grouped.key.kernel.shape = PLAIT_SHAPE(3, 3, 5);
    grouped.value.kernel.shape = PLAIT_SHAPE(3, 3, 7);
    (void)plait_multi_head_attention(PLAIT_NODES(a), &opts);
    (void)plait_grouped_query_attention(PLAIT_NODES(a, a, a, a), &opts);
    (void)plait_multi_head_attention(PLAIT_NODES(a, b), &opts);
    (void)plait_multi_head_attention(PLAIT_NODES(c, c), &opts);
    (void)plait_multi_head_attention(PLAIT_NODES(d, d), &opts);
    (void)plait_multi_head_attention(PLAIT_NODES(a, a), NULL);
    (void)plait_grouped_query_attention(PLAIT_NODES(a, a), &grouped);
    (void)plait_multi_head_attention(PLAIT_NODES(a, a), &masked);
    (void)plait_multi_head_attention(PLAIT_NODES(a, a, a), &masked);
    (void)plait_multi_head_attention(PLAIT_NODES(a, a, a, c), &masked);
    (void)plait_multi_head_attention(PLAIT_NODES(c, c, a), &masked);
    (void)plait_multi_head_attention(PLAIT_NODES(a, a, a, a, a), &masked);
    (void)plait_multi_head_attention(PLAIT_NODES(a, a, a), &unknown);
    assert_int_equal(plait_multi_head_attention((plait_nodes){NULL, 0}, &opts).id, 0);
    assert_int_equal(plait_multi_head_attention((plait_nodes){NULL, 0}, &masked).id, 0);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "multi_head_attention \"multi_head_attention\": it takes 2 or 3 inputs, query, value and key, and a "
                  "mask if it is said to, but got 1");
    check_has(plait_error_message(), "grouped_query_attention \"grouped_query_attention\": it takes 2 or 3 inputs");
    check_has(plait_error_message(), "\"multi_head_attention_1\": query 3, the last, sees none of the 1 keys");
    check_has(plait_error_message(),
              "\"multi_head_attention_2\": query has 3 axes; use_causal_mask and sliding_window");
    check_has(plait_error_message(), "\"multi_head_attention_3\": query has 1 axes; use_causal_mask");
    check_has(plait_error_message(), "\"multi_head_attention_4\": query_kernel is missing");
    check_has(plait_error_message(), "\"grouped_query_attention_1\": query_kernel has 2 heads but key_kernel has 3; "
                                     "they must divide those");
    check_has(plait_error_message(), "\"multi_head_attention_5\": it takes 2 or 3 inputs, query, value and key, and a "
                                     "mask if it is said to, but got 2");
    check_has(plait_error_message(), "\"multi_head_attention_6\": mask has shape {4,3} but must have {4,4}, {1,4} or "
                                     "{4}, of queries and keys");
    check_has(plait_error_message(), "\"multi_head_attention_7\": mask has shape {2,2,3} but must have {4,4}");
    check_has(plait_error_message(), "\"multi_head_attention_8\": query has 3 axes; a mask is for two");
    check_has(plait_error_message(), "\"multi_head_attention_9\": it takes 2 or 3 inputs, query, value and key, and a "
                                     "mask if it is said to, but got 5");
    check_has(plait_error_message(), "\"multi_head_attention_10\": attention_mask is -1; it must be 0, 1 or 2");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_of_all_kinds), cmocka_unit_test(masks_of_all_kinds),
        cmocka_unit_test(added_to_the_query), cmocka_unit_test(a_layer_is_one),
        cmocka_unit_test(mistakes),           cmocka_unit_test(wrong_calls),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
