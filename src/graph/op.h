/* SPDX-License-Identifier: MIT */
/* The whole contract of an operator.
 *
 * An operator is one file in ops/ with one `struct op`. The graph calls `infer`; the planner asks the
 * traits what it may do with the operator, and its variants how they would compute a step; the model
 * lets the chosen variant pack its weights and, at each run, enqueue its kernels. Nothing else in plait
 * knows an operator by name. */
#ifndef GRAPH_OP_H
#define GRAPH_OP_H

#include "device/device.h"
#include "device/launch.h"
#include "graph/activation.h"
#include "graph/ir.h"
#include "graph/tail.h"
#include "shape/view.h"

#include <plait/model.h>

enum { STEP_MAX_KERNELS = 4 };

/* Where a tensor lies at run time: a buffer, the first element in it, and the view from there, whose
 * axis 0 has the size of this run's batch. */
struct operand {
    const struct buffer *buffer;
    size_t offset;
    struct view view;
};

/* A kernel that a step needs: file stem and function name, and build options. */
struct kernel_request {
    const char *name;
    struct text options;
};

/* Zeros around a picture, {rows, cols}. */
struct padding {
    size_t before[2];
    size_t after[2];
};

/* One operator as planned: what its variant computes. Outlives the graph. */
struct step {
    const struct op *op;
    const struct variant *variant;
    const char *layer;            /* its layer's name; belongs to the plan */
    void *params;                 /* copy of the node's */
    const struct weight *weights; /* the node's; valid while planning and packing only */
    size_t weight_count;
    size_t input_count;
    struct view *inputs; /* axis 0 has the planned batch */
    struct view output;
    bool has_residual; /* a tensor of the output's shape is added before the activation */
    struct view residual;
    struct padding padding;       /* input 0 is to be read as if it had these around it; none unless takes_padding */
    struct activation activation; /* applied last; linear if none */
    const double *scale;          /* folded into the weights, by output channel: y = scale * y + shift, */
    const double *shift;          /* before residual and activation; NULL: none */
    const double *input_scale;    /* input 0 is to be read as relu(input_scale[c] * x + input_shift[c]); NULL: */
    const double *input_shift;    /* as it is */
    bool gated;                   /* input 0 is to be read as its product with input 1, which has a value for each
                                     channel of a sample */
    const struct step *head;      /* computes input 0 as the others see it, within this step, from what inputs[0] is;
                                     it has neither variant nor residual, but perhaps a head itself. NULL: none */
    struct tail tail;             /* what is made of the output, within this step, as that is stored */
    struct view tail_output;      /* where that goes; only with a tail */
    bool fleeting;                /* nothing but the tail reads the output, which has no memory then */
    double flops;                 /* arithmetic a sample, the heads' included */
    plait_accuracy accuracy;      /* that the variants must keep to */

    /* Filled in by variant->plan. */
    size_t packed_floats;  /* weights as this variant wants them; 0: none */
    size_t scratch_floats; /* device memory during the step, for the planned batch */
    struct kernel_request kernels[STEP_MAX_KERNELS];
    size_t kernel_count;
    size_t tile[5]; /* what the variant wants to remember */
};

/* What a step gets when it is enqueued. */
struct run {
    struct stream *stream;
    size_t batch;
    const struct operand *inputs;
    struct operand output;         /* but for its view not if step->fleeting */
    struct operand tail_output;    /* if step->tail.kind */
    struct operand residual;       /* if step->has_residual */
    const struct buffer *packed;   /* if step->packed_floats */
    const struct buffer *scratch;  /* if step->scratch_floats */
    size_t scratch_offset;         /* first element of scratch in its buffer */
    struct kernel *const *kernels; /* as step->kernels */
};

/* One way to compute an operator. */
struct variant {
    const char *name;
    /* Whether it can compute the step, and is meant to on this device; a single expression. NULL: always. */
    bool (*applicable)(const struct step *step, const struct device_traits *device);
    /* Asks for packed weights, scratch and kernels. */
    plait_status (*plan)(struct step *step, const struct device_traits *device);
    /* Writes the packed weights, scale and shift folded in, to zeroed memory; NULL if the variant has none. */
    void (*pack)(const struct step *step, float *packed);
    /* Launches the kernels on run->stream. */
    plait_status (*enqueue)(const struct step *step, const struct run *run);
    /* How long the applicable variant takes, in multiply-adds that the device does at its peak in that time. The
     * cheapest is chosen, of those that do not know the first. NULL: it does not. */
    double (*cost)(const struct step *step, const struct device_traits *device);
    bool calls_library;  /* enqueue does not only launch kernels, but has a library enqueue its own */
    bool takes_prologue; /* also computes steps whose input_scale is set or that are gated */
    bool takes_head;     /* also steps that have a head */
    /* Whether it also computes the step, which it can compute as it is, with this tail; `plan` must ask for as much
     * scratch then. NULL: not. */
    bool (*takes_tail)(const struct step *step, const struct tail *tail);
};

/* A node that may be computed in one step with what makes its input 0, and what the planner has merged into it. */
struct stage {
    const struct node *node;
    plait_shape input; /* of a sample of input 0 */
    struct padding padding;
    struct activation activation;
    const struct stage *head; /* makes input 0; NULL: that lies in memory */
};

struct op {
    const char *name;       /* Keras's function: "conv2d" */
    const char *class_name; /* Keras's class: "Conv2D" */

    /* Checks params and inputs and sets node->shape and node->weights, or says what is wrong with
     * node_fail. `inputs` are the sample shapes of the node's inputs, none of them poisoned. */
    void (*infer)(plait_graph *graph, struct node *node, const plait_shape *inputs);

    /* Arithmetic a sample, a multiply-add counting 2; NULL: none worth counting. */
    double (*flops)(const struct node *node, const plait_shape *inputs);

    /* The ways to compute it, fastest first; the last is the plain reference, which is always applicable,
     * but perhaps not to steps with a prologue or head. None for inputs and for operators that only alias. */
    const struct variant *const *variants;
    size_t variant_count;

    /* What the planner may do with it. */
    bool is_input;         /* a value from outside */
    bool repeats_inputs;   /* its inputs are those of another node of its layer: shown once */
    bool aliases;          /* the output is input 0, in C order, under another shape */
    bool takes_affine;     /* scale and shift of its output's last axis fold into its weights */
    bool takes_activation; /* applies step->activation in its store */
    bool takes_residual;   /* adds step->residual before the activation */
    bool takes_padding;    /* reads input 0, a picture, as if step->padding were around it */
    bool is_product;       /* of all inputs: the factor that has a value for each channel can be another's gate */
    bool is_sum;           /* of all inputs: with two of equal shape, one can be the other's residual */

    /* y = scale[c] * x + shift[c] along the last axis: writes both, `channels` values each, and returns
     * true; false if this node works along another axis. NULL: not affine. */
    bool (*affine)(const struct node *node, size_t channels, double *scale, double *shift);

    /* Whether step->input_scale may be set for this node, or the step gated, on this device. NULL: not. */
    bool (*takes_prologue)(const struct node *node, const struct device_traits *device);

    /* Whether a variant computes the stage of this node and its heads as one step, on this device. NULL: none does. */
    bool (*takes_head)(const struct stage *stage, const struct device_traits *device);

    /* What it makes of input 0, whose samples have shape `input`, and does nothing else, if another can do that to its
     * result. NULL: nothing. */
    bool (*tail)(const struct node *node, plait_shape input, struct tail *tail);

    /* The zeros that it puts around a picture, and does nothing else. NULL: none. */
    bool (*padding)(const struct node *node, struct padding *padding);

    /* The pointwise function that it is, if it is one that takes_activation operators may apply. NULL: none. */
    bool (*activation)(const struct node *node, struct activation *activation);

    /* Joins its inputs along this axis, the batch being axis 0: they may be written in place. NULL: not. */
    size_t (*join_axis)(const struct node *node);
};

/* Asks for a kernel: the function `name` in kernels/<name>.cl. Returns its options, to add to. */
struct text *step_kernel(struct step *step, const char *name);

/* Arguments of a kernel for an operand: its buffer and its offset (__global float *, long). */
#define ARG_OPERAND(operand) arg_buffer((operand).buffer), arg_long((operand).offset)

#endif
