/* SPDX-License-Identifier: MIT */
/* A model: a graph planned for a device, ready to run many times. */
#ifndef PLAIT_MODEL_H
#define PLAIT_MODEL_H

#include <plait/context.h>
#include <plait/graph.h>
#include <plait/tensor.h>

PLAIT_EXTERN_C_BEGIN

/* Owner: whoever creates it frees it, before its context. Threads: one at a time; models that share a
 * context may run in different threads. */
typedef struct plait_model plait_model;

typedef enum plait_accuracy {
    PLAIT_FAST = 0,   /* faster algorithms with slightly larger rounding errors are allowed */
    PLAIT_STRICT = 1, /* direct summation in short blocks */
} plait_accuracy;

typedef struct plait_model_opts {
    size_t batch;            /* samples a run is planned for; larger batches are split. 0: 32, as Keras */
    plait_accuracy accuracy;
    int disjoint_memory;     /* 1: no two values share memory, so that a fault can be traced */
    const char *variants;    /* force kernels: "conv2d=reference,dense=clblast"; NULL: the fastest known */
    /* Called while the model is created, in the same thread, before each of its `total` steps gets its kernels
     * and weights, with `done` of them ready, and once more at the end; NULL: not. It must not call plait. */
    void (*progress)(void *user, size_t done, size_t total);
    void *user;           /* for progress */
    uint64_t less_memory; /* 1: no algorithms that enlarge weights by much or take scratch beyond a step's values, at
                             the price of time; plait_model_plan_memory tells what it is worth */
    uint64_t reserved[5]; /* 0 */
} plait_model_opts;

/* Device memory of a model, in bytes. The peak is their sum. */
typedef struct plait_memory {
    uint64_t weights_bytes; /* as packed for the device */
    uint64_t arena_bytes;   /* intermediate values and scratch, shared by lifetime */
    uint64_t staging_bytes; /* inputs and outputs on the device while plait_model_predict runs; PoCL takes these only
                               if arrays overlap, else its kernels work in the arrays themselves */
    uint64_t reserved[8];
} plait_memory;

/* Plans the graph's part between inputs and outputs for the context's device, and uploads its weights.
 *   inputs   nodes made by plait_input, in the order in which runs get them; every input that the
 *            outputs depend on must be among them
 *   outputs  any nodes, in the order in which runs give them
 *   opts     NULL: defaults
 * PLAIT_ERR_GRAPH reports all mistakes of the graph at once; PLAIT_ERR_DEVICE_MEMORY what is needed and
 * what there is, before anything was allocated. */
PLAIT_API PLAIT_NODISCARD plait_status plait_model_create(plait_context *context, plait_nodes inputs,
                                                          plait_nodes outputs, const plait_model_opts *opts,
                                                          plait_model **out);

/* What plait_model_create would take, without allocating or building anything on the device. */
PLAIT_API PLAIT_NODISCARD plait_status plait_model_plan_memory(plait_context *context, plait_nodes inputs,
                                                               plait_nodes outputs, const plait_model_opts *opts,
                                                               plait_memory *memory);

/* What the model takes. */
PLAIT_API PLAIT_NODISCARD plait_status plait_model_memory(const plait_model *model, plait_memory *memory);

/* Runs `batch` samples from host memory to host memory.
 *   inputs   one array of batch * (size of input i) floats for each input, C order
 *   outputs  one array of batch * (size of output i) floats for each output; written on PLAIT_OK only
 *            as a whole, undefined after an error
 * Any batch: one above the planned batch is run in parts; 0 does nothing. Returns when the outputs are there. */
PLAIT_API PLAIT_NODISCARD plait_status plait_model_predict(plait_model *model, size_t batch,
                                                           const float *const *inputs, float *const *outputs);

/* Enqueues a run on device tensors and returns at once; tensors hold the batch axis first and at least
 * `batch` samples. Order with other work is the context queue's; plait_tensor_read waits for it.
 * opencl.h has the form with a wait list and an event. Outputs must not overlap inputs or each other. */
PLAIT_API PLAIT_NODISCARD plait_status plait_model_run(plait_model *model, size_t batch,
                                                       const plait_tensor *const *inputs,
                                                       plait_tensor *const *outputs);

/* Numbers of inputs and outputs; 0 for NULL. */
PLAIT_API size_t plait_model_input_count(const plait_model *model);
PLAIT_API size_t plait_model_output_count(const plait_model *model);

/* Shape of input or output `index` without its batch axis; rank 0 if there is none. */
PLAIT_API plait_shape plait_model_input_shape(const plait_model *model, size_t index);
PLAIT_API plait_shape plait_model_output_shape(const plait_model *model, size_t index);

/* Writes the table that Keras's summary() prints into `text`, ended by 0, and its full length without
 * the 0 into `length` (may be NULL). `bytes` of 0 with a NULL text asks for the length alone; a text too
 * small gets what fits and PLAIT_ERR_INVALID.
 *   columns  width of the table; 0: Keras's own (88 or 108). Drawn wider where Keras refuses (below 16 or
 *            19), and not above 10000 */
PLAIT_API PLAIT_NODISCARD plait_status plait_model_summary(const plait_model *model, size_t columns, char *text,
                                                           size_t bytes, size_t *length);

/* What the plan does, one line a kernel launch: layer, kernel variant, output shape, GFLOP a sample, and
 * under each what was folded or fused into it; then values that cost nothing, and the memory. Same
 * rules for text as plait_model_summary. */
PLAIT_API PLAIT_NODISCARD plait_status plait_model_report(const plait_model *model, char *text, size_t bytes,
                                                          size_t *length);

/* One kernel launch of the plan, in the order of running. */
typedef struct plait_step_info {
    const char *layer;    /* name of the layer; belongs to the model */
    const char *kind;     /* operator, "conv2d" */
    const char *variant;  /* kernel variant, "cpu" */
    double gflop;         /* arithmetic a sample, 10^9 operations; a multiply-add counts 2 */
    double seconds;       /* device time of the last run, if the context profiles; else 0 */
    uint64_t sample_bytes;  /* values read and written for a sample, each once */
    uint64_t weights_bytes; /* weights as packed, read for a run */
    uint64_t reserved[6];
} plait_step_info;

/* Number of steps of the plan; 0 for NULL. */
PLAIT_API size_t plait_model_step_count(const plait_model *model);

/* Describes step `index`. With profiling, waits until the last run has ended. */
PLAIT_API PLAIT_NODISCARD plait_status plait_model_step(const plait_model *model, size_t index, plait_step_info *info);

/* Name of variant `number` of the operator of step `index`, from the fastest to the plain reference, whether or not it
 * can compute this step on this device: plait_model_create says so if it is forced. NULL if there is none of that
 * number. */
PLAIT_API const char *plait_model_step_variant(const plait_model *model, size_t index, size_t number);

/* Frees the model; NULL is allowed. Waits for its own runs still in the queue. */
PLAIT_API void plait_model_free(plait_model *model);

PLAIT_EXTERN_C_END
#endif
