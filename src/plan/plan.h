/* SPDX-License-Identifier: MIT */
/* A plan: the steps that compute a graph on a device, and where every tensor lies.
 *
 * Made by an ordered list of passes over the graph's values (values.h):
 *   select         the nodes between inputs and outputs, but those that change nothing
 *   fold_affine    batch normalization goes into the weights of its producer
 *   fuse_epilogue  activations and residual additions go into their producer's store
 *   fold_padding   zeros around a picture go into the windows of the operator that reads it
 *   fuse_prologue  normalization and ReLU that nothing above has taken go into the load of what reads them
 *   fuse_head      an operator whose result another one reads soon after making it, piece by piece, goes into that one
 *   place          producers write straight into the joined tensor, aliases share memory
 *   schedule       one step an operator that is left, with the variant that computes it; but an operator that makes
 *                  something of a result window by window goes, as its tail, into the step that stores that
 *   memory_plan    tensors that are never needed together share memory
 *   order          what each step waits for, if the queue runs them in any order
 * Nothing is allocated or built on the device here. */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "device/tunings.h"
#include "graph/op.h"

#include <plait/model.h>

enum storage_kind { STORAGE_ARENA, STORAGE_INPUT, STORAGE_OUTPUT };

/* Memory of one tensor, in which others may lie as views. */
struct storage {
    enum storage_kind kind;
    size_t index;  /* of the model's input or output */
    size_t floats; /* for the planned batch */
    size_t first;  /* step that touches it first, */
    size_t last;   /* and last */
    size_t offset; /* in the arena, in floats */
};

/* Where a tensor lies: the storage, its first element there, and the view for the planned batch. */
struct place {
    size_t storage;
    size_t offset;
    struct view view;
};

/* A step, and where its tensors lie. */
struct planned_step {
    struct step step;
    char *layer;          /* name of the layer whose operator computes */
    char *fused;          /* names of the layers folded or fused into it, ", " between; "" for none */
    struct place *inputs; /* step.input_count */
    struct place output;
    struct place tail_output; /* if step.tail.kind */
    struct place residual;
    size_t scratch; /* storage; only if step.scratch_floats */
    double *scale;  /* step.scale, owned */
    double *shift;
    double *input_scale; /* step.input_scale, owned */
    double *input_shift;
    struct planned_step *head; /* step.head, owned; its inputs and output lie nowhere */
    size_t *waits;             /* steps that must have ended, none of which comes before another; none: those that */
    size_t wait_count;         /* came before the run, which is enough for all that follow. If steps overlap */
    size_t wait_capacity;
};

struct plan {
    size_t batch;
    struct planned_step *steps;
    size_t step_count;
    size_t step_capacity;
    struct storage *storages;
    size_t storage_count;
    size_t storage_capacity;
    plait_shape *inputs; /* sample shapes */
    size_t input_count;
    plait_shape *outputs;
    size_t output_count;
    size_t arena_floats;
    size_t *ends; /* steps that no other waits for, if steps overlap */
    size_t end_count;
    char *free_layers; /* names of layers that cost nothing: identities, joined in place, aliases */
};

/* Whether steps that do not need each other may run at the same time. */
enum overlap {
    OVERLAP_NONE, /* they run in order */
    OVERLAP_SOME, /* they may, but share memory as if they did not: then some wait for others' memory */
    OVERLAP_BEST, /* they may, and share no memory */
};

/* What to plan for. */
struct plan_request {
    plait_nodes inputs;
    plait_nodes outputs;
    const plait_model_opts *opts; /* not NULL */
    const struct device_traits *device;
    const struct tunings *tunings; /* of the device; NULL: none */
    enum overlap overlap;
    bool without_tails; /* the steps are to be measured, which needs a reference */
};

/* Checks that a model can be made of these nodes, and says what is wrong with the graph. */
plait_status plan_check(plait_nodes inputs, plait_nodes outputs);

/* Plans; freed with plan_free. Steps' weights point into the graph. */
plait_status plan_create(const struct plan_request *request, struct plan **out);

/* Bytes that the plan needs on the device. */
plait_memory plan_memory(const struct plan *plan);

/* NULL is allowed. */
void plan_free(struct plan *plan);

#endif
