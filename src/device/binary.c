/* SPDX-License-Identifier: MIT */
#include "device/binary.h"

#include "base/hash.h"
#include "base/memory.h"
#include "base/text.h"
#include "device/cache.h"

#include <inttypes.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

/* The instruction sets of the processor: drivers of CPUs compile for it, and the name of a virtual one does not tell.
 */
static uint64_t hash_processor(uint64_t hash)
{
#if defined(__x86_64__) || defined(__i386__)
    static const unsigned leaves[] = {1, 7};
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        unsigned a = 0, b = 0, c = 0, d = 0;
        (void)__get_cpuid_count(leaves[i], 0, &a, &b, &c, &d);
        const unsigned sets[] = {a, leaves[i] == 1 ? 0 : b, c, d}; /* without the number of the core */
        hash = hash_bytes(hash, sets, sizeof sets);
    }
#endif
    return hash;
}

/* Everything that a binary depends on, in two texts. */
struct key {
    struct text device;
    struct text name;
};

static plait_status make_key(const plait_context *context, const struct kernel_source *source, const char *options,
                             struct key *key)
{
    plait_status status = PLAIT_OK;
    char platform[256] = {0};
    cl_platform_id id = NULL;
    uint64_t hash = hash_bytes(hash_text(HASH_EMPTY, kernel_builtins.text), source->text, source->length);

    if (clGetDeviceInfo(context->device, CL_DEVICE_PLATFORM, sizeof id, &id, NULL) == CL_SUCCESS) {
        (void)clGetPlatformInfo(id, CL_PLATFORM_VERSION, sizeof platform - 1, platform, NULL);
    }
    hash = hash_text(hash, platform);
    hash = context->info.kind == PLAIT_DEVICE_CPU ? hash_processor(hash) : hash;
    tunings_device(context, &key->device);
    text_add(&key->name, "%s %s #%016" PRIx64, source->name, options, hash);
    TRY(key->device.status);
    TRY(key->name.status);
out:
    return status;
}

static void free_key(struct key *key)
{
    text_free(&key->device);
    text_free(&key->name);
}

/* The program of a binary; NULL if the driver does not take it, or does not find the kernel in it. */
static cl_program take(const plait_context *context, const struct cached_program *cached, const char *kernel_name)
{
    const unsigned char *binary = cached->binary;
    cl_int code = CL_SUCCESS;
    cl_kernel kernel = NULL;
    cl_program program =
        clCreateProgramWithBinary(context->context, 1, &context->device, &cached->size, &binary, NULL, &code);

    if (program && clBuildProgram(program, 1, &context->device, NULL, NULL, NULL) == CL_SUCCESS) {
        kernel = clCreateKernel(program, kernel_name, &code);
    }
    if (kernel) {
        (void)clReleaseKernel(kernel);
    } else if (program) {
        (void)clReleaseProgram(program);
        program = NULL;
    }
    return program;
}

plait_status binary_load(plait_context *context, const struct kernel_source *source, const char *options,
                         cl_program *out)
{
    plait_status status = PLAIT_OK;
    struct key key = {0};
    struct cached_program cached = {0};

    *out = NULL;
    if (!context->reads_programs) {
        return PLAIT_OK;
    }
    TRY(make_key(context, source, options, &key));
    cached.device = text_string(&key.device);
    cached.name = text_string(&key.name);
    TRY(cache_read_program(context->cache, &cached));
    if (cached.binary) {
        *out = take(context, &cached, source->name);
    }
out:
    mem_free(cached.binary);
    free_key(&key);
    return status;
}

/* Asks the driver for a program's binary, NULL if it has none, or several for the context's several devices. */
static plait_status get_binary(cl_program program, unsigned char **binary, size_t *size)
{
    plait_status status = PLAIT_OK;
    cl_uint devices = 0;

    *size = 0;
    if (clGetProgramInfo(program, CL_PROGRAM_NUM_DEVICES, sizeof devices, &devices, NULL) != CL_SUCCESS ||
        devices != 1 || clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof *size, size, NULL) != CL_SUCCESS ||
        *size == 0) {
        return PLAIT_OK;
    }
    TRY(mem_alloc(binary, *size, 1));
    if (clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof *binary, binary, NULL) != CL_SUCCESS) {
        mem_free(*binary);
        *binary = NULL;
    }
out:
    return status;
}

plait_status binary_keep(plait_context *context, const struct kernel_source *source, const char *options,
                         cl_program program)
{
    plait_status status = PLAIT_OK;
    struct key key = {0};
    struct cached_program cached = {0};

    if (!context->keeps_programs) {
        return PLAIT_OK;
    }
    TRY(make_key(context, source, options, &key));
    cached.device = text_string(&key.device);
    cached.name = text_string(&key.name);
    TRY(get_binary(program, &cached.binary, &cached.size));
    if (cached.binary) { /* where one cannot be written, others cannot either: no more waiting */
        TRY(cache_write_program(context->cache, &cached, &context->keeps_programs));
    }
out:
    mem_free(cached.binary);
    free_key(&key);
    return status;
}
