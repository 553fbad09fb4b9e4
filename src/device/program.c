/* SPDX-License-Identifier: MIT */
#include "device/program.h"

#include "base/memory.h"
#include "base/text.h"
#include "device/binary.h"

#include <string.h>

enum { LOG_BYTES = 2000 }; /* of a driver's build log, in a message */

/* A built program; a list of them hangs on the context. */
struct program {
    struct program *next;
    cl_program program;
    const char *name;  /* of its source */
    char *options;     /* or, if the source has them in it, what they are */
    const char *flags; /* for the compiler: the options, or none */
};

const struct kernel_source *kernel_source_of(const char *name)
{
    for (size_t i = 0; i < kernel_source_count; i++) {
        if (strcmp(kernel_sources[i].name, name) == 0) {
            return &kernel_sources[i];
        }
    }
    return NULL;
}

plait_status kernel_source_get(const char *name, const struct kernel_source **out)
{
    *out = kernel_source_of(name);
    return *out ? PLAIT_OK : error_set(PLAIT_ERR_UNSUPPORTED, "kernel %s is not part of this build", name);
}

static void free_program(struct program *program)
{
    if (program) {
        if (program->program) {
            (void)clReleaseProgram(program->program);
        }
        mem_free(program->options);
        mem_free(program);
    }
}

void programs_free(struct program *programs)
{
    while (programs) {
        struct program *next = programs->next;
        free_program(programs);
        programs = next;
    }
}

/* Puts the start of the driver's log behind what failed. */
static plait_status build_error(cl_int code, const plait_context *context, const struct program *program)
{
    plait_status status = PLAIT_OK;
    char *log = NULL;
    size_t length = 0;

    (void)clGetProgramBuildInfo(program->program, context->device, CL_PROGRAM_BUILD_LOG, 0, NULL, &length);
    TRY(mem_alloc(&log, length + 1, 1));
    if (length > 0) {
        (void)clGetProgramBuildInfo(program->program, context->device, CL_PROGRAM_BUILD_LOG, length, log, NULL);
    }
    status = error_set(code == CL_OUT_OF_HOST_MEMORY ? PLAIT_ERR_HOST_MEMORY : PLAIT_ERR_BUILD,
                       "kernel %s with \"%s\" does not build on \"%s\" (%s, %d); the driver says: %.*s", program->name,
                       program->options, context->info.name, cl_code_name(code), (int)code, LOG_BYTES, log);
out:
    mem_free(log);
    return status;
}

/* Builds the program. For PoCL, the source declares by itself what it calls (kernels/builtins.clh), and the header
 * opencl-c.h, which PoCL puts before every source, is told that it was there already. Should another PoCL not take
 * that, the program is built as usual. */
static plait_status build_program(plait_context *context, struct program *program)
{
    plait_status status = PLAIT_OK;
    struct text options = {0};
    cl_int code = CL_BUILD_PROGRAM_FAILURE;

    if (device_is_pocl(&context->info)) {
        text_add(&options, "%s -D _OPENCL_H_ -D DECLARE_BUILTINS", program->flags);
        TRY(options.status);
        code = clBuildProgram(program->program, 1, &context->device, options.data, NULL, NULL);
    }
    if (code == CL_BUILD_PROGRAM_FAILURE) {
        code = clBuildProgram(program->program, 1, &context->device, program->flags, NULL, NULL);
    }
    if (code != CL_SUCCESS) {
        status = build_error(code, context, program);
    }
out:
    text_free(&options);
    return status;
}

/* Builds the program from its source. */
static plait_status build_source(plait_context *context, const struct kernel_source *source, struct program *program)
{
    plait_status status = PLAIT_OK;
    const char *const texts[] = {kernel_builtins.text, source->text};
    const size_t lengths[] = {kernel_builtins.length, source->length};
    cl_int code = CL_SUCCESS;

    program->program = clCreateProgramWithSource(context->context, 2, (const char **)texts, lengths, &code);
    TRY(error_from_cl(code, "kernel %s: clCreateProgramWithSource", source->name));
    TRY(build_program(context, program));
    TRY(binary_keep(context, source, program->options, program->program));
out:
    return status;
}

static plait_status build(plait_context *context, const struct kernel_source *source, const char *options,
                          bool has_options, struct program **out)
{
    plait_status status = PLAIT_OK;
    struct program *program = NULL;

    TRY(mem_alloc(&program, 1, sizeof *program));
    program->name = source->name;
    TRY(mem_text(&program->options, options));
    program->flags = has_options ? "" : program->options;
    TRY(binary_load(context, source, options, &program->program));
    if (!program->program) {
        TRY(build_source(context, source, program));
    }
    *out = program;
    program = NULL; /* now the caller's */
out:
    free_program(program);
    return status;
}

static struct program *find(const plait_context *context, const char *name, const char *options)
{
    struct program *program = context->programs;

    while (program && (strcmp(program->name, name) != 0 || strcmp(program->options, options) != 0)) {
        program = program->next;
    }
    return program;
}

/* Makes the kernel of a program that is called as its source. */
static plait_status kernel_of(const struct program *program, struct kernel **out)
{
    plait_status status = PLAIT_OK;
    struct kernel *kernel = NULL;
    cl_int code = CL_SUCCESS;

    TRY(mem_alloc(&kernel, 1, sizeof *kernel));
    kernel->name = program->name;
    kernel->kernel = clCreateKernel(program->program, program->name, &code);
    TRY(error_from_cl(code, "kernel %s: clCreateKernel", program->name));
    *out = kernel;
    kernel = NULL; /* now the caller's */
out:
    kernel_free(kernel);
    return status;
}

/* The kernel of a source, whose program is built if the context has none for the options. */
static plait_status create(plait_context *context, const struct kernel_source *source, const char *options,
                           bool has_options, struct kernel **out)
{
    plait_status status = PLAIT_OK;

    (void)mtx_lock(&context->lock);
    struct program *program = find(context, source->name, options);
    if (!program) {
        TRY(build(context, source, options, has_options, &program));
        program->next = context->programs;
        context->programs = program;
    }
out:
    (void)mtx_unlock(&context->lock);
    return status == PLAIT_OK ? kernel_of(program, out) : status;
}

plait_status kernel_create(plait_context *context, const char *name, const char *options, struct kernel **out)
{
    plait_status status = PLAIT_OK;
    const struct kernel_source *source = NULL;

    TRY(kernel_source_get(name, &source));
    TRY(create(context, source, options, false, out));
out:
    return status;
}

plait_status kernel_build(plait_context *context, const struct kernel_source *source, const char *options,
                          struct kernel **out)
{
    return create(context, source, options, true, out);
}

void kernel_free(struct kernel *kernel)
{
    if (kernel) {
        if (kernel->kernel) {
            (void)clReleaseKernel(kernel->kernel);
        }
        mem_free(kernel);
    }
}
