/* SPDX-License-Identifier: MIT */
/* What the passes work on: the values of the graph's nodes, and the passes. */
#ifndef PLAN_VALUES_H
#define PLAN_VALUES_H

#include "plan/plan.h"

#define NONE SIZE_MAX

/* The output of a node that is computed. A pass that merges producer and consumer moves the producer's
 * operator into the consumer's value, so that whoever reads the consumer's output need not change. */
struct value {
    const struct node *node; /* whose operator computes the value; NULL: merged into another value */
    plait_shape shape;       /* of a sample */
    size_t *inputs;          /* values, each of a smaller index */
    size_t input_count;
    size_t uses;   /* inputs, residuals and outputs of the model that read it */
    size_t output; /* the model's output whose memory it has; NONE */
    bool is_output;
    double *scale; /* folded in, by channel; NULL: none */
    double *shift;
    size_t residual;        /* value added before the activation; NONE */
    struct padding padding; /* around input 0 */
    double *input_scale;    /* input 0 is read as relu(input_scale * x + input_shift); NULL: as it is */
    double *input_shift;
    bool gated;         /* input 0 is read as its product with input 1 */
    struct value *head; /* merged into this one: makes input 0, perhaps by a head too, of inputs[0]; NULL: none */
    struct activation activation;
    struct text fused; /* layers merged into this value */

    /* set by place */
    struct place place;
    bool placed;
    bool follows; /* an alias that shares its input's memory as it is */
    bool *copied; /* of a join or alias: inputs that are copied into place; NULL: none */

    /* set by schedule */
    size_t step; /* that computes it; NONE: it is an input, or lies in others' memory */
};

struct values {
    const struct plan_request *request;
    struct plan *plan;
    struct value *items; /* in topological order */
    size_t count;
    size_t *outputs;         /* the value of each output of the model */
    struct text free_layers; /* names of layers that no kernel runs for */
};

/* The passes, in this order. */
plait_status pass_select(struct values *values);
plait_status pass_fold_affine(struct values *values);
plait_status pass_fuse_epilogue(struct values *values);
plait_status pass_fold_padding(struct values *values);
plait_status pass_fuse_prologue(struct values *values);
plait_status pass_fuse_head(struct values *values);
plait_status pass_place(struct values *values);
plait_status pass_schedule(struct values *values);
plait_status pass_memory_plan(struct values *values);
plait_status pass_order(struct values *values);

/* Notes a layer that no kernel runs for. */
void value_note_free(struct values *values, const struct node *node);

/* The value's shape for the planned batch. */
plait_shape value_full_shape(const struct values *values, const struct value *value);

/* Whether there are zeros around its input 0. */
bool value_is_padded(const struct value *value);

/* Whether the value is read by one operator alone, so that it may be merged with it. */
bool value_is_private(const struct value *value);

/* Whether it does nothing but what its operator and an activation do. */
bool value_is_bare(const struct value *value);

/* Moves producer `from`, which only `into` reads, into value `into`: operator, inputs and all that was
 * merged into it before; what `into` was is noted as fused. */
plait_status value_absorb(struct values *values, size_t into, size_t from);

/* Lets `reader`, which has one input that it alone reads, read what that is made of instead. */
plait_status value_skip_input(struct values *values, struct value *reader);

/* Moves the value that is read as input 0, by `reader` alone, to reader->head, with its own head. */
plait_status value_take_head(struct values *values, struct value *reader);

/* Frees what the value owns. */
void value_free(struct value *value);

/* Where part `begin` to `begin + size` along `axis` of a join that has its place lies. */
struct place value_slice(const struct value *join, size_t axis, size_t begin, size_t size);

/* The variant that the options demand for an operator; NULL: none. An operator with a demand is neither
 * folded nor fused nor placed: its own kernel runs. */
struct text_range {
    const char *begin;
    size_t length;
};
bool variant_forced(const struct values *values, const struct op *op, struct text_range *name);

#endif
