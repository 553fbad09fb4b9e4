/* SPDX-License-Identifier: MIT */
#include "device/chain.h"

#include "base/memory.h"
#include "device/cl.h"

#include <string.h>

enum {
    FIXED_BYTES = 64, /* of parameters besides the buffers: more than enough */
};

bool context_chains(const plait_context *context)
{
    return context->chains;
}

bool chain_takes(const char *name)
{
    const struct kernel_source *source = kernel_source_of(name);

    return source && !strstr(source->text, "barrier(");
}

plait_status chain_create(plait_context *context, struct chain **out)
{
    plait_status status = PLAIT_OK;
    struct chain *chain = NULL;

    TRY(mem_alloc(&chain, 1, sizeof *chain));
    chain->context = context;
    *out = chain;
out:
    return status;
}

/* The number of the part, which is added if it is new. */
static plait_status find_part(struct chain *chain, const struct kernel_source *source, const char *options,
                              size_t *number)
{
    plait_status status = PLAIT_OK;
    size_t i = 0;

    while (i < chain->count && (chain->parts[i].source != source || strcmp(chain->parts[i].options, options) != 0)) {
        i++;
    }
    if (i == chain->count) {
        char *copy = NULL;
        TRY(mem_grow(&chain->parts, &chain->capacity, i + 1, sizeof *chain->parts));
        TRY(mem_text(&copy, options));
        chain->parts[chain->count++] = (struct chain_part){source, copy};
    }
    *number = i;
out:
    return status;
}

plait_status chain_kernel(struct chain *chain, const char *name, const char *options, struct kernel **out)
{
    plait_status status = PLAIT_OK;
    struct kernel *kernel = NULL;
    const struct kernel_source *source = NULL;

    TRY(kernel_source_get(name, &source));
    TRY(mem_alloc(&kernel, 1, sizeof *kernel));
    kernel->name = source->name;
    TRY(find_part(chain, source, options, &kernel->number));
    *out = kernel;
    kernel = NULL; /* now the caller's */
out:
    kernel_free(kernel);
    return status;
}

plait_status chain_build(struct chain *chain, size_t buffers)
{
    plait_status status = PLAIT_OK;
    struct text source = {0};
    struct text options = {0};

    const size_t most = (chain->context->parameter_bytes - FIXED_BYTES) / sizeof(cl_mem);

    chain->buffers = buffers < most ? buffers : most;
    TRY(chain_source(chain->parts, chain->count, chain->buffers, &source));
    text_add(&options, "%zu buffers", chain->buffers);
    for (size_t i = 0; i < chain->count; i++) {
        text_add(&options, "; %s %s", chain->parts[i].source->name, chain->parts[i].options);
    }
    TRY(options.status);
    TRY(kernel_build(chain->context, &(struct kernel_source){"chain", source.data, source.length}, options.data,
                     &chain->kernel));
out:
    text_free(&source);
    text_free(&options);
    return status;
}

void chain_free(struct chain *chain)
{
    if (chain) {
        kernel_free(chain->kernel);
        for (size_t i = 0; i < chain->count; i++) {
            mem_free((char *)chain->parts[i].options);
        }
        mem_free(chain->parts);
        mem_free(chain);
    }
}
