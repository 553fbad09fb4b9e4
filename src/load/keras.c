/* SPDX-License-Identifier: MIT */
/* plait_load_keras: from a file to calls of the layers' functions. */
#include "base/memory.h"
#include "load/file.h"
#include "load/scope.h"
#include "load/zip.h"

#include <plait/load.h>
#include <string.h>

struct plait_keras {
    struct file *file;
    void *member; /* model.weights.h5, read from the archive; NULL: a legacy .h5, which is the file itself */
    struct weights *weights;
    json_t *config;
    struct outputs inputs;
    struct outputs outputs;
};

enum { MAX_CONFIG_BYTES = 64 << 20 };

static plait_status parse(const char *path, const char *text, size_t bytes, json_t **out)
{
    json_error_t error;

    *out = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (!*out) {
        return error_set(PLAIT_ERR_FORMAT, "%s: the model's config is no sound JSON: line %d, column %d: %s", path,
                         error.line, error.column, error.text);
    }
    return PLAIT_OK;
}
