/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include "graph/op.h"

#include <string.h>

static plait_nodes nodes_of(const struct twin *twins, size_t count)
{
    plait_node *nodes = scratch(count, sizeof *nodes);

    for (size_t i = 0; i < count; i++) {
        nodes[i] = twins[i].node;
    }
    return (plait_nodes){nodes, count};
}

static float **arrays_of(const struct twin *twins, size_t count)
{
    float **arrays = scratch(count, sizeof *arrays);

    for (size_t i = 0; i < count; i++) {
        arrays[i] = reference_floats(&twins[i].ref);
    }
    return arrays;
}

/* From how many values on an L2 error is compared: a rounding error is relative to the terms of a sum, so few values,
 * all of which may be sums that cancel, can be off by any part of their norm; of many some do not cancel. */
enum { MANY = 64 };

/* Every how many-th trial is run as a chain. */
enum { CHAINED = 4 };

static size_t trials;

/* Runs with these variants forced and compares. False if plait cannot do it. */
static bool run_with(const struct trial *trial, const char *variants)
{
    struct run_opts opts = trial->run;
    const plait_nodes inputs = nodes_of(trial->inputs, trial->input_count);
    const plait_nodes outputs = nodes_of(trial->outputs, trial->output_count);
    float **x = arrays_of(trial->inputs, trial->input_count);
    float **y = arrays_of(trial->outputs, trial->output_count);
    const char *with = variants ? variants : "the default plan";

    opts.variants = variants ? variants : opts.variants;
    for (size_t i = 0; i < trial->output_count; i++) {
        memset(y[i], 0, trial->outputs[i].ref.count * sizeof *y[i]);
    }
    const size_t batch = trial->inputs[0].ref.shape.dims[0];
    opts.apart = opts.apart || trials++ % CHAINED != 0;
    const plait_status status = fixture_run(inputs, outputs, &opts, batch, (const float *const *)x, y);
    if (variants && status == PLAIT_ERR_UNSUPPORTED) {
        return false;
    }
    check_that(status == PLAIT_OK, "%s with %s: %s: %s", trial->name, with, plait_status_name(status),
               plait_error_message());
    for (size_t i = 0; i < trial->output_count; i++) {
        const struct reference *want = &trial->outputs[i].ref;
        check_verdict(compare(y[i], want, trial->gate, trial->limit), "%s with %s, output %zu", trial->name, with, i);
        if (trial->l2 > 0 && want->count >= MANY) {
            check_verdict(compare(y[i], want, GATE_L2, trial->l2), "%s with %s, output %zu", trial->name, with, i);
        }
    }
    return true;
}

void trial_run(const struct trial *trial)
{
    (void)run_with(trial, NULL);
}

/* The operator that began the layer: a convolution, not the activation after it. */
static const struct op *op_of(plait_node node)
{
    const uint32_t layer = graph_node(node.graph, node.id)->layer;

    for (uint32_t id = 0; id < node.id; id++) {
        if (graph_node(node.graph, id)->layer == layer) {
            return graph_node(node.graph, id)->op;
        }
    }
    return graph_node(node.graph, node.id)->op;
}

void trial_run_variants(const struct trial *trial, struct twin layer, struct variants *seen)
{
    const struct op *op = op_of(layer.node);

    assert_true(seen->op == NULL || seen->op == op);
    assert_in_range(op->variant_count, 1, VARIANTS_MAX);
    seen->op = op;
    trial_run(trial);
    for (size_t i = 0; i < op->variant_count; i++) {
        const bool ran = run_with(trial, scratch_text("%s=%s", op->name, op->variants[i]->name));
        seen->ran[i] += ran;
        seen->skipped[i] += !ran;
    }
}

/* Whether `word` is one of the words in `list`. */
static bool listed(const char *list, const char *word)
{
    const size_t length = strlen(word);

    for (const char *at = list; at && (at = strstr(at, word)) != NULL; at += length) {
        const bool begins = at == list || at[-1] == ' ';
        if (begins && (at[length] == 0 || at[length] == ' ')) {
            return true;
        }
    }
    return false;
}

void check_variants(const struct variants *seen, const char *optional)
{
    check_that(seen->op != NULL, "no trial was run");
    for (size_t i = 0; i < seen->op->variant_count; i++) {
        const char *name = seen->op->variants[i]->name;
        check_that(seen->ran[i] > 0 || listed(optional, name), "variant %s=%s never ran; it was skipped %zu times",
                   seen->op->name, name, seen->skipped[i]);
    }
}
