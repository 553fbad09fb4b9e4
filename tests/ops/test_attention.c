/* SPDX-License-Identifier: MIT */
/* Attention and AdditiveAttention: all kinds of scores, in every variant. */
#include "layer.h"
#include "oracle_attention.h"

#include <math.h>

enum kind { DOT, SCALED, CONCAT, CONCAT_SCALED, ADDITIVE, ADDITIVE_SCALED };

struct attention_case {
    const char *name;
    enum kind kind;
    bool causal;
    size_t queries, keys, dim, value_dim; /* value_dim 0: the value is the key */
    size_t batch, planned;
};

static const struct attention_case cases[] = {
    {"rows of each kind", DOT, false, 20, 35, 12, 9, 2, 0},
    {"one of all", DOT, false, 1, 1, 1, 1, 1, 0},
    {"one query", DOT, false, 1, 70, 17, 33, 3, 0},
    {"one key", DOT, false, 33, 1, 3, 5, 2, 3},
    {"full vectors", SCALED, false, 32, 64, 16, 16, 2, 0},
    {"several blocks of keys", SCALED, false, 17, 200, 8, 0, 1, 0},
    {"a long score", SCALED, false, 5, 9, 300, 1, 2, 0},
    {"causal", DOT, true, 40, 40, 7, 0, 2, 0},
    {"causal, fewer keys", DOT, true, 90, 21, 5, 8, 2, 0},
    {"causal, more keys", SCALED, true, 21, 190, 5, 8, 2, 5},
    {"concat", CONCAT, false, 9, 11, 6, 3, 2, 0},
    {"concat scaled", CONCAT_SCALED, true, 18, 70, 4, 0, 1, 0},
    {"additive", ADDITIVE, false, 9, 11, 6, 3, 2, 0},
    {"additive scaled", ADDITIVE_SCALED, true, 18, 70, 33, 10, 2, 0},
};

enum { CASES = sizeof cases / sizeof cases[0], INPUTS = 3 };

static struct variants seen[2];

static plait_nodes nodes_of(const struct twin *x, size_t count)
{
    plait_node *nodes = scratch(count, sizeof *nodes);

    for (size_t i = 0; i < count; i++) {
        nodes[i] = x[i].node;
    }
    return (plait_nodes){nodes, count};
}

/* The layer of a case on query, value and key, which may be one too many. */
static struct twin make(const struct attention_case *c, const struct twin *x, struct random *random)
{
    const size_t count = c->value_dim ? 3 : 2;
    const struct reference refs[] = {x[0].ref, x[1].ref, x[2].ref};
    const bool concat = c->kind == CONCAT || c->kind == CONCAT_SCALED;
    plait_attention_opts opts = {.use_causal_mask = c->causal};
    plait_additive_attention_opts additive = {.use_causal_mask = c->causal};

    if (c->kind >= ADDITIVE) {
        additive.scale =
            c->kind == ADDITIVE_SCALED ? random_array(random, DATA_NORMAL, PLAIT_SHAPE(c->dim)) : additive.scale;
        return (struct twin){plait_additive_attention(nodes_of(x, count), &additive),
                             oracle_additive_attention(refs, count, &additive)};
    }
    opts.scale = c->kind == SCALED || c->kind == CONCAT_SCALED ? random_array(random, DATA_POSITIVE, (plait_shape){0})
                                                               : opts.scale;
    opts.concat_score_weight = concat ? random_array(random, DATA_NORMAL, (plait_shape){0}) : opts.concat_score_weight;
    return (struct twin){plait_attention(nodes_of(x, count), &opts), oracle_attention(refs, count, &opts)};
}

static void new_inputs(const struct attention_case *c, plait_graph *graph, enum data data, struct random *random,
                       struct twin x[INPUTS])
{
    const plait_shape shapes[INPUTS] = {PLAIT_SHAPE(c->queries, c->dim),
                                        PLAIT_SHAPE(c->keys, c->value_dim ? c->value_dim : c->dim),
                                        PLAIT_SHAPE(c->keys, c->dim)};

    for (size_t i = 0; i < (c->value_dim ? 3 : 2); i++) {
        x[i] = twin_input(graph, shapes[i], c->batch, random_floats(random, data, c->batch * sample_size(shapes[i])));
    }
}

static void run(const struct attention_case *c, struct trial trial, struct twin layer)
{
    trial.run.planned = c->planned;
    check_ok(plait_graph_check(layer.node.graph));
    trial_run_variants(&trial, layer, &seen[c->kind >= ADDITIVE]);
    plait_graph_free(layer.node.graph);
    scratch_reset();
}

static void try(const struct attention_case *c, enum data data, enum gate gate, struct random *random)
{
    struct twin x[INPUTS] = {0};

    new_inputs(c, twin_graph(), data, random, x);
    const struct twin y = make(c, x, random);
    run(c,
        (struct trial){.name = c->name,
                       .inputs = x,
                       .input_count = c->value_dim ? 3 : 2,
                       .outputs = &y,
                       .output_count = 1,
                       .gate = gate},
        y);
}

static void scores_of_all_kinds(void **state)
{
    struct random random = random_stream("attention");

    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        try(&cases[i], DATA_NORMAL, GATE_ZERO_MEAN, &random);
        try(&cases[i], DATA_POSITIVE, GATE_POSITIVE, &random);
    }
    check_variants(&seen[0], "cpu");
    check_variants(&seen[1], "cpu");
    check_verdict(compare_enough(0.7), "attention");
}

/* Inputs that are parts of joined tensors, and a result that is; then a function in the store. */
static void joined(void **state)
{
    struct random random = random_stream("attention joined");

    (void)state;
    for (size_t i = 0; i < CASES; i += 3) {
        const struct attention_case *c = &cases[i];
        const size_t count = c->value_dim ? 3 : 2;
        plait_graph *graph = twin_graph();
        struct twin x[INPUTS + 1];
        struct twin parts[INPUTS] = {0};
        struct twin outputs[INPUTS + 1];
        new_inputs(c, graph, DATA_NORMAL, &random, x);
        for (size_t k = 0; k < count; k++) {
            parts[k] = twin_activate(x[k], PLAIT_LINEAR);
            outputs[k] = twin_concatenate((const struct twin[]){x[k], parts[k], x[k]}, 3, k % 2 ? 1 : -1);
        }
        const struct twin sum = make(c, parts, &random);
        const struct twin y = twin_activate(sum, PLAIT_RELU);
        const plait_shape shape = plait_node_shape(y.node);
        x[count] =
            twin_input(graph, shape, c->batch, random_floats(&random, DATA_NORMAL, c->batch * sample_size(shape)));
        outputs[count] = twin_concatenate((const struct twin[]){x[count], y, x[count]}, 3, i % 2 ? 1 : -1);
        run(c,
            (struct trial){.name = scratch_text("%s, joined", c->name),
                           .inputs = x,
                           .input_count = count + 1,
                           .outputs = outputs,
                           .output_count = count + 1,
                           .gate = GATE_HARD},
            sum);
    }
}

/* NaN and infinities spoil the queries that they belong to, or that see them; large scores do not overflow. */
static void special_values(void **state)
{
    static const struct attention_case c = {"special values", DOT, true, 20, 20, 3, 0, 2, 0};
    struct random random = random_stream("attention special");
    struct twin x[INPUTS] = {0};

    (void)state;
    new_inputs(&c, twin_graph(), DATA_NORMAL, &random, x);
    for (size_t i = 0; i < x[0].ref.count; i++) {
        x[0].ref.value[i] *= 1e9;
        x[1].ref.value[i] *= 1e9;
    }
    x[0].ref.value[3] = (double)NAN;          /* of query 1 */
    x[0].ref.value[7] = (double)INFINITY;     /* of query 2 */
    x[1].ref.value[3 * 20 + 1] = (double)NAN; /* of key 0 of sample 1 */
    for (size_t j = 0; j <= 2; j++) {
        x[1].ref.value[j * 3 + 1] = -1; /* query 2 has scores of -Inf alone, */
    }
    x[0].ref.value[5 * 3] = (double)INFINITY;
    x[1].ref.value[4 * 3] = 1; /* query 5 one of +Inf */
    const struct twin y = make(&c, x, &random);
    run(&c,
        (struct trial){
            .name = c.name, .inputs = x, .input_count = 2, .outputs = &y, .output_count = 1, .gate = GATE_HARD},
        y);
}

static struct twin new_mask(plait_graph *graph, size_t places, size_t batch, struct random *random)
{
    float *values = random_floats(random, DATA_NORMAL, batch * places);

    for (size_t i = 0; i < batch * places; i++) {
        values[i] = i < places || values[i] < 0 ? 0 : values[i]; /* nothing of the first sample */
    }
    return twin_input(graph, PLAIT_SHAPE(places), batch, values);
}

/* Rows of queries that do not count become 0. */
static struct reference without_masked(struct reference y, const struct reference *mask)
{
    for (size_t e = 0; e < y.count; e++) {
        if (mask->value[e / y.shape.dims[2]] == 0) {
            y.value[e] = y.terms[e] = 0;
        }
    }
    return y;
}

/* Masks of queries and keys, and the weights as a result: plainly, and in all variants where they are none. */
static void masks_and_weights(void **state)
{
    static const struct attention_case masked[] = {
        {"masked", DOT, false, 20, 35, 5, 9, 2, 0},
        {"masked, causal", SCALED, true, 40, 21, 7, 0, 3, 2},
        {"masked, a vector", CONCAT, false, 16, 16, 3, 4, 2, 0},
        {"masked, many keys", DOT, true, 3, 130, 2, 0, 2, 0},
    };
    struct random random = random_stream("attention masks");

    (void)state;
    for (size_t i = 0; i < 2 * sizeof masked / sizeof *masked; i++) {
        const struct attention_case *c = &masked[i / 2];
        const size_t count = c->value_dim ? 3 : 2;
        const bool asked = i % 2 == 1;
        plait_graph *graph = twin_graph();
        struct twin x[INPUTS + 2] = {0};
        struct twin y[2];
        new_inputs(c, graph, DATA_NORMAL, &random, x);
        x[count] = new_mask(graph, c->queries, c->batch, &random);
        x[count + 1] = new_mask(graph, c->keys, c->batch, &random);
        plait_attention_opts opts = {
            .use_causal_mask = c->causal,
            .scale = c->kind == SCALED ? random_array(&random, DATA_POSITIVE, (plait_shape){0}) : (plait_array){0},
            .query_mask = x[count].node,
            .value_mask = x[count + 1].node,
            .attention_scores = asked ? &y[1].node : NULL,
        };
        if (c->kind == CONCAT) {
            opts.concat_score_weight = random_array(&random, DATA_NORMAL, (plait_shape){0});
        }
        struct oracle_heads heads = oracle_heads_of(&opts);
        heads.mask = x[count + 1].ref;
        heads.lowers = true;
        const struct reference weights = oracle_weights(x[0].ref, x[count - 1].ref, &heads);
        y[0].node = plait_attention(nodes_of(x, count), &opts);
        y[0].ref = without_masked(oracle_attend(x[0].ref, x[1].ref, x[count - 1].ref, &heads), &x[count].ref);
        y[1].ref = weights;
        y[1].ref.shape = PLAIT_SHAPE(c->batch, c->queries, c->keys);
        for (size_t k = 0; k < 3; k++) {
            static const char *const names[] = {
                NULL, "attention=cpu", "attention=reference,attention_weights=reference,attention_sums=reference"};
            trial_run(&(struct trial){.name = c->name,
                                      .inputs = x,
                                      .input_count = count + 2,
                                      .outputs = y,
                                      .output_count = 1 + asked,
                                      .gate = GATE_HARD,
                                      .run = {.planned = c->planned, .variants = names[k]}});
        }
        plait_graph_free(graph);
        scratch_reset();
    }
}

static void mistakes(void **state)
{
    static const float one[3] = {1, 1, 1};
    plait_graph *graph = twin_graph();
    const plait_node a = plait_input(graph, "a", PLAIT_SHAPE(4, 3));
    const plait_node b = plait_input(graph, "b", PLAIT_SHAPE(5, 3));
    const plait_node c = plait_input(graph, "c", PLAIT_SHAPE(5, 2));
    const plait_node d = plait_input(graph, "d", PLAIT_SHAPE(2, 2, 3));
    const plait_attention_opts mine = {.name = "mine", .scale = {one, PLAIT_SHAPE(1)}};
    const plait_attention_opts concat = {.concat_score_weight = {NULL, PLAIT_SHAPE(1)}};
    const plait_additive_attention_opts additive = {.scale = {one, PLAIT_SHAPE(2)}};

    (void)state;
    (void)plait_attention(PLAIT_NODES(a), NULL);
    (void)plait_attention(PLAIT_NODES(a, b, b, b), NULL);
    (void)plait_attention(PLAIT_NODES(a, c), NULL);
    (void)plait_attention(PLAIT_NODES(a, a, b), NULL);
    (void)plait_attention(PLAIT_NODES(a, d), NULL);
    (void)plait_attention(PLAIT_NODES(a, b), &mine);
    (void)plait_attention(PLAIT_NODES(a, b), &concat);
    (void)plait_additive_attention(PLAIT_NODES(a, b), &additive);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "attention \"attention\": it takes 2 or 3 inputs, query, value and key, but got 1");
    check_has(plait_error_message(), "\"attention_1\": it takes 2 or 3 inputs, query, value and key, but got 4");
    check_has(plait_error_message(),
              "\"attention_2\": query {4,3} has 3 channels for 1 heads but key {5,2} has 2 for 1");
    check_has(plait_error_message(), "\"attention_3\": key {5,3} has 5 places but value {4,3} has 4; they must agree");
    check_has(plait_error_message(),
              "\"attention_4\": value has shape {2,2,3} but must have two axes, of places and of");
    check_has(plait_error_message(), "attention \"mine\": scale has shape {1} but must have {}");
    check_has(plait_error_message(), "\"attention_5\": concat_score_weight is missing; it must have shape {}");
    check_has(plait_error_message(), "\"additive_attention\": scale has shape {2} but must have {3}");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scores_of_all_kinds), cmocka_unit_test(joined),   cmocka_unit_test(special_values),
        cmocka_unit_test(masks_and_weights),   cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
