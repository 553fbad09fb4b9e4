/* SPDX-License-Identifier: MIT */
/* plait_load_keras: from a file to calls of the layers' functions. */
#include "base/memory.h"
#include "load/archive.h"
#include "load/hdf5.h"
#include "load/scope.h"

#include <plait/load.h>
#include <stdio.h>
#include <string.h>

enum { MAX_CONFIG_BYTES = 64 << 20 };

struct plait_keras {
    void *bytes; /* the HDF5 file: of the archive's member, or the whole legacy file */
    size_t size;
    void *archived; /* config.json; NULL: a legacy file */
    size_t archived_size;
    char *text; /* the legacy file's config */
    json_t *config;
    struct weights *weights;
    char *name;
    bool sequential;
    struct outputs inputs;
    struct outputs outputs;
};

static plait_status parse(struct plait_keras *keras, const char *path)
{
    const char *text = keras->archived ? keras->archived : keras->text;
    const size_t size = keras->archived ? keras->archived_size : strlen(keras->text);
    json_error_t error;

    keras->config = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (!keras->config) {
        return error_set(PLAIT_ERR_FORMAT, "%s: the model's config is no sound JSON: line %d, column %d: %s", path,
                         error.line, error.column, error.text);
    }
    return PLAIT_OK;
}

static plait_status read_whole(const char *path, void **bytes, size_t *size)
{
    plait_status status = PLAIT_OK;
    FILE *file = fopen(path, "rb");

    if (!file) {
        return error_set(PLAIT_ERR_IO, "%s: it cannot be opened", path);
    }
    (void)fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    TRY(mem_alloc(bytes, *size, 1));
    if (fread(*bytes, 1, *size, file) != *size) {
        status = error_set(PLAIT_ERR_IO, "%s: it cannot be read", path);
    }
out:
    (void)fclose(file);
    return status;
}

/* Reads config and weights, whichever of the two formats the file has. */
static plait_status read_file(struct plait_keras *keras, const char *path)
{
    plait_status status = PLAIT_OK;
    struct hdf5_file file;
    char magic[4] = "";
    FILE *stream = fopen(path, "rb");

    if (!stream) {
        return error_set(PLAIT_ERR_IO, "%s: it cannot be opened", path);
    }
    const bool zip = fread(magic, 1, sizeof magic, stream) == sizeof magic && memcmp(magic, "PK\3\4", 4) == 0;
    (void)fclose(stream);
    if (zip) {
        TRY(archive_member(path, "config.json", MAX_CONFIG_BYTES, &keras->archived, &keras->archived_size));
        TRY(archive_member(path, "model.weights.h5", SIZE_MAX, &keras->bytes, &keras->size));
    } else {
        TRY(read_whole(path, &keras->bytes, &keras->size));
        TRY(hdf5_open(path, keras->bytes, keras->size, &file));
        TRY(hdf5_attribute_text(&file, "", "model_config", &keras->text));
        if (!keras->text) {
            status = error_set(PLAIT_ERR_FORMAT, "%s: it has no model_config: weights alone; save the whole model", path);
            goto out;
        }
    }
    TRY(weights_open(path, keras->bytes, keras->size, &keras->weights));
    TRY(parse(keras, path));
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
    mem_free(keras->bytes);
    mem_free(keras->archived);
    mem_free(keras->text);
    mem_free(keras->name);
    mem_free(keras->inputs.items);
    mem_free(keras->outputs.items);
    mem_free(keras);
}
