/* SPDX-License-Identifier: MIT */
/* A dense layer over the last axes of x, to several axes: Keras's EinsumDense, but for equations that do
 * something else. Where only one axis is summed over and one comes out, it is a Dense layer. */
#include "graph/source.h"
#include "ops/activation.h"
#include "ops/projection.h"
#include "ops/reshape.h"
#include "shape/shape.h"

#include <ctype.h>
#include <string.h>

static const struct op op_einsum_dense = {
    .name = "einsum_dense",
    .class_name = "EinsumDense",
    .infer = projection_infer,
    .flops = dense_flops,
    .variants = dense_variants,
    .variant_count = DENSE_VARIANTS,
    .takes_affine = true,
    .takes_activation = true,
    .takes_residual = true,
};

/* The axes that are summed over, as one. */
static const struct op op_fold = {
    .name = "einsum_dense",
    .class_name = "EinsumDense",
    .infer = reshape_infer,
    .aliases = true,
};

/* Whether the last axes of x are those that the kernel sums over. */
static bool fits(plait_shape x, const struct projection *projection)
{
    const size_t summed = projection->summed;
    bool fits = x.rank >= summed && projection->kernel.rank > summed && projection->kernel.rank <= PLAIT_MAX_RANK;

    for (size_t i = 0; fits && i < summed; i++) {
        fits = x.dims[x.rank - summed + i] == projection->kernel.dims[i];
    }
    return fits;
}

/* Begins the layer. If x does not fit the kernel, the projection is left to say so. */
static plait_node begin(plait_node x, const char *name, const struct projection *projection)
{
    const size_t channels = projection->dense.kernel.shape.dims[0];
    struct reshape fold = {.target = plait_node_shape(x)};

    if (projection->summed == 1 || !fits(fold.target, projection)) {
        return graph_add(&op_einsum_dense, PLAIT_NODES(x), name, projection, sizeof *projection);
    }
    for (size_t i = 0; i < projection->summed; i++) {
        fold.target.dims[--fold.target.rank] = 0;
    }
    fold.target.dims[fold.target.rank++] = channels;
    const plait_node folded = graph_add(&op_fold, PLAIT_NODES(x), name, &fold, sizeof fold);
    return graph_extend(folded, &op_einsum_dense, projection, sizeof *projection);
}

plait_node plait_einsum_dense(plait_node x, const plait_einsum_dense_opts *opts)
{
    const plait_einsum_dense_opts given = opts ? *opts : (plait_einsum_dense_opts){0};
    const plait_projection weights = {given.kernel, given.bias};
    const struct projection projection = projection_of(weights, "", given.summed ? given.summed : 1, 0);
    const bool along_axis = given.activation == PLAIT_SOFTMAX || given.activation == PLAIT_LOG_SOFTMAX;
    plait_node y = begin(x, given.name, &projection);

    y = along_axis ? y : layer_activation(y, given.activation); /* at once, in the product's own store */
    y = projection_unfold(y, &projection);
    return along_axis ? layer_activation(y, given.activation) : y;
}

/* ---- Equations -------------------------------------------------------------------------------------- */

/* The three words of an equation, the last with nothing behind it. */
struct equation {
    const char *words[3]; /* x, kernel, y */
    size_t lengths[3];
    bool elided; /* x and y begin with "...", which is not of the words */
};

static bool read_word(const char **text, const char *before, struct equation *equation, size_t index)
{
    const size_t length = strlen(before);

    if (strncmp(*text, before, length) != 0) {
        return false;
    }
    *text += length;
    equation->words[index] = *text;
    while (isalpha((unsigned char)**text)) {
        equation->lengths[index]++;
        (*text)++;
    }
    return true;
}

static bool read_equation(const char *text, struct equation *equation)
{
    equation->elided = strncmp(text, "...", 3) == 0;
    return read_word(&text, equation->elided ? "..." : "", equation, 0) && read_word(&text, ",", equation, 1) &&
           read_word(&text, equation->elided ? "->..." : "->", equation, 2) && !text[0];
}

/* The axes that are summed over, if it is kept + summed, summed + new -> kept + new; else 0. */
static size_t summed_axes(const struct equation *equation)
{
    const char *const *words = equation->words;
    const size_t *lengths = equation->lengths;
    size_t kept = 0;

    while (kept < lengths[0] && kept < lengths[2] && words[0][kept] == words[2][kept]) {
        kept++;
    }
    const size_t summed = lengths[0] - kept;
    const size_t made = lengths[2] - kept;
    const bool has_batch = kept > 0 || equation->elided;
    const bool whole = has_batch && lengths[1] == summed + made && made > 0 &&
                       strncmp(words[0] + kept, words[1], summed) == 0 &&
                       strncmp(words[2] + kept, words[1] + summed, made) == 0;
    return whole ? summed : 0;
}

/* Whether each letter of the words x and kernel stands for one axis. */
static bool letters_differ(const struct equation *equation, size_t summed)
{
    bool seen[256] = {false};
    const size_t kept = equation->lengths[0] - summed;

    for (size_t i = 0; i < kept + equation->lengths[1]; i++) {
        const char letter = i < kept ? equation->words[0][i] : equation->words[1][i - kept];
        if (seen[(unsigned char)letter]) {
            return false;
        }
        seen[(unsigned char)letter] = true;
    }
    return true;
}

/* The axes that are summed over; 0, with a note, if plait cannot do it. */
static size_t read_summed(struct source *source, plait_node x, struct equation *equation)
{
    const char *text = source_text(source, "equation", "");
    const plait_shape shape = plait_node_shape(x);
    const size_t summed = read_equation(text, equation) ? summed_axes(equation) : 0;

    if (summed == 0 || !letters_differ(equation, summed)) {
        source_unsupported(source,
                           "equation is \"%.64s\"; plait sums over x's last axes, which must be the kernel's first, as "
                           "in \"abc,cde->abde\"",
                           text);
        return 0;
    }
    if (shape.rank > 0 && !equation->elided && shape.rank + 1 != equation->lengths[0]) {
        source_refuse(source, "equation \"%.64s\" is of %zu axes but the input has %zu, the batch counted", text,
                      equation->lengths[0], shape.rank + 1);
        return 0;
    }
    return summed;
}

/* bias_axes must be all new axes, in their order. */
static bool read_bias_axes(struct source *source, const struct equation *equation, size_t summed)
{
    const char *axes = source_text(source, "bias_axes", "");
    const size_t made = equation->lengths[1] - summed;

    if (summed > 0 && axes[0] && (strlen(axes) != made || strncmp(axes, equation->words[1] + summed, made) != 0)) {
        source_unsupported(source,
                           "bias_axes is \"%.64s\"; plait adds a bias along all axes that the kernel makes, \"%.*s\"",
                           axes, (int)made, equation->words[1] + summed);
    }
    return axes[0] != 0;
}

static plait_node read(struct source *source, plait_nodes x)
{
    plait_einsum_dense_opts opts = {.name = source->name, .activation = source_activation(source, "activation")};
    struct equation equation = {.elided = false};
    size_t index = 0;

    opts.summed = read_summed(source, x.items[0], &equation);
    const bool has_bias = read_bias_axes(source, &equation, opts.summed);
    opts.kernel = source_next_weight(source, true, &index);
    opts.bias = source_next_weight(source, has_bias, &index);
    if (opts.summed > 0 && opts.kernel.data && opts.kernel.shape.rank != equation.lengths[1]) {
        source_refuse(source, "the kernel in the file has shape %s where its equation has %zu axes",
                      shape_name(opts.kernel.shape).text, equation.lengths[1]);
    }
    return plait_einsum_dense(x.items[0], &opts);
}

const struct layer_reader einsum_dense_readers[] = {{"EinsumDense", read}, {0}};
