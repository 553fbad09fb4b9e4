/* SPDX-License-Identifier: MIT */
/* plait_load_keras: from a file to calls of the layers' functions. */
#include "base/memory.h"
#include "load/file.h"
#include "load/hdf5.h"
#include "load/scope.h"
#include "load/zip.h"

#include <string.h>

/* A config is text that names each layer; thousands of them make some megabytes. */
enum { MAX_CONFIG_BYTES = 64 << 20 };

struct plait_keras {
    struct file file;
    unsigned char *member; /* model.weights.h5 of an archive; NULL: the file itself is the HDF5 file */
    struct weights *weights;
    json_t *config;
    char *name;
    bool sequential;
    struct outputs inputs;
    struct outputs outputs;
};

static plait_status parse(struct plait_keras *keras, const char *path, const char *text)
{
    json_error_t error;

    keras->config = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    if (!keras->config) {
        return error_set(PLAIT_ERR_FORMAT, "%s: the model's config is no sound JSON: line %d, column %d: %s", path,
                         error.line, error.column, error.text);
    }
    return PLAIT_OK;
}

/* A .keras file: an archive of the config and an HDF5 file. */
static plait_status read_archive(struct plait_keras *keras, const char *path)
{
    plait_status status = PLAIT_OK;
    struct archive archive = {0};
    unsigned char *config = NULL;
    size_t size = 0;

    TRY(archive_open(path, keras->file.bytes, keras->file.size, SIZE_MAX, &archive));
    TRY(archive_read(&archive, "config.json", MAX_CONFIG_BYTES, &config, &size));
    TRY(parse(keras, path, (const char *)config));
    TRY(archive_read(&archive, "model.weights.h5", SIZE_MAX, &keras->member, &size));
    TRY(weights_open(path, keras->member, size, &keras->weights));
out:
    mem_free(config);
    archive_close(&archive);
    return status;
}

/* A legacy .h5 file: the config is an attribute. */
static plait_status read_legacy(struct plait_keras *keras, const char *path)
{
    plait_status status = PLAIT_OK;
    struct hdf5_file file;
    char *config = NULL;

    TRY(hdf5_open(path, keras->file.bytes, keras->file.size, &file));
    TRY(hdf5_attribute_text(&file, "", "model_config", &config));
    if (!config) {
        status = error_set(PLAIT_ERR_FORMAT, "%s: it has no model_config, so it holds weights alone; save the whole model",
                           path);
        goto out;
    }
    TRY(parse(keras, path, config));
    TRY(weights_open(path, keras->file.bytes, keras->file.size, &keras->weights));
out:
    mem_free(config);
    return status;
}

static plait_status read_file(struct plait_keras *keras, const char *path)
{
    plait_status status = PLAIT_OK;

    TRY(file_open(path, SIZE_MAX, &keras->file));
    const bool is_zip = keras->file.size >= 4 && memcmp(keras->file.bytes, "PK\3\4", 4) == 0;
    TRY(is_zip ? read_archive(keras, path) : read_legacy(keras, path));
out:
    return status;
}

static plait_status build(struct plait_keras *keras, struct scope *scope)
{
    plait_status status = PLAIT_OK;

    TRY(scope_open(scope, keras->config));
    TRY(scope_check_supported(scope));
    if (scope->loading->problems.length == 0) {
        TRY(scope_build(scope, NULL, &keras->inputs, &keras->outputs));
    }
    keras->sequential = scope->sequential;
    const char *name = json_string_value(json_object_get(scope->config, "name"));
    TRY(mem_text(&keras->name, name ? name : "functional"));
out:
    return status;
}

plait_status plait_load_keras(plait_graph *graph, const char *path, const plait_keras_opts *opts, plait_keras **out)
{
    static const plait_keras_opts defaults = {0};
    plait_status status = PLAIT_OK;
    plait_keras *keras = NULL;
    struct loading loading = {.graph = graph, .file_name = path, .opts = opts ? opts : &defaults};
    struct scope scope = {.loading = &loading, .prefix = "", .container = "layers"};

    if (!graph || !path || !out) {
        return error_set(PLAIT_ERR_INVALID, "plait_load_keras: %s is NULL", !graph ? "graph" : !path ? "path" : "out");
    }
    *out = NULL;
    TRY(mem_alloc(&keras, 1, sizeof *keras));
    TRY(read_file(keras, path));
    loading.weights = keras->weights;
    TRY(build(keras, &scope));
    TRY(loading.problems.status);
    if (loading.problems.length > 0) {
        status = error_set(PLAIT_ERR_UNSUPPORTED, "%s: %s", path, loading.problems.data);
        goto out;
    }
    TRY(plait_graph_check(graph));
    *out = keras;
    keras = NULL; /* now the caller's */
out:
    scope_free(&scope);
    text_free(&loading.problems);
    plait_keras_free(keras);
    return status;
}

plait_nodes plait_keras_inputs(const plait_keras *keras)
{
    return keras ? (plait_nodes){keras->inputs.items, keras->inputs.count} : (plait_nodes){0};
}

plait_nodes plait_keras_outputs(const plait_keras *keras)
{
    return keras ? (plait_nodes){keras->outputs.items, keras->outputs.count} : (plait_nodes){0};
}

const char *plait_keras_name(const plait_keras *keras)
{
    return keras ? keras->name : "";
}

int plait_keras_is_sequential(const plait_keras *keras)
{
    return keras ? keras->sequential : 0;
}

void plait_keras_free(plait_keras *keras)
{
    if (!keras) {
        return;
    }
    weights_free(keras->weights);
    json_decref(keras->config);
    mem_free(keras->member);
    file_close(&keras->file);
    mem_free(keras->name);
    mem_free(keras->inputs.items);
    mem_free(keras->outputs.items);
    mem_free(keras);
}
