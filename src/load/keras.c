/* SPDX-License-Identifier: MIT */
/* plait_load_keras: from a file to calls of the layers' functions. */
#include "base/memory.h"
#include "load/file.h"
#include "load/hdf5.h"
#include "load/scope.h"
#include "load/zip.h"

#include <stdio.h>
#include <string.h>

/* A config is text that names each layer: Keras's largest models have 2 MB. In memory it takes 20 times as much. */
enum { MOST_CONFIG_BYTES = 16 << 20 };

struct plait_keras {
    struct file file;
    unsigned char *member; /* model.weights.h5 of an archive; NULL: the file itself is the HDF5 file */
    struct weights *weights;
    char *name;
    bool sequential;
    struct outputs inputs;
    struct outputs outputs;
    struct outline outline;
};

static plait_status parse(const char *path, const char *text, size_t size, json_t **out)
{
    json_error_t error;

    if (size > MOST_CONFIG_BYTES) {
        return error_set(PLAIT_ERR_TOO_LARGE, "%s: the model's config has %zu bytes; at most %d are read", path, size,
                         MOST_CONFIG_BYTES);
    }
    *out = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    if (*out) {
        return PLAIT_OK;
    }
    if (error.text[0] == 0) { /* Jansson says nothing of memory that it does not get */
        return error_set(PLAIT_ERR_HOST_MEMORY, "%s: host memory: no room for the model's config", path);
    }
    return error_set(PLAIT_ERR_FORMAT, "%s: the model's config is no sound JSON: line %d, column %d: %s", path,
                     error.line, error.column, error.text);
}

/* A .keras file: an archive of the config and an HDF5 file. */
static plait_status read_archive(struct plait_keras *keras, const char *path, json_t **config)
{
    plait_status status = PLAIT_OK;
    struct archive archive = {0};
    unsigned char *text = NULL;
    size_t size = 0;

    TRY(archive_open(path, keras->file.bytes, keras->file.size, SIZE_MAX, &archive));
    archive.file = &keras->file;
    TRY(archive_read(&archive, "config.json", MOST_CONFIG_BYTES, &text, &size));
    TRY(parse(path, (const char *)text, size, config));
    TRY(archive_read(&archive, "model.weights.h5", SIZE_MAX, &keras->member, &size));
    TRY(weights_open(path, keras->member, size, &keras->weights));
out:
    mem_free(text);
    archive_close(&archive);
    return status;
}

/* A legacy .h5 file: the config is an attribute. */
static plait_status read_legacy(struct plait_keras *keras, const char *path, json_t **config)
{
    plait_status status = PLAIT_OK;
    struct hdf5_file file;
    char *text = NULL;

    TRY(hdf5_open(path, keras->file.bytes, keras->file.size, &file));
    TRY(hdf5_attribute_text(&file, "", "model_config", &text));
    if (!text) {
        status = error_set(PLAIT_ERR_FORMAT,
                           "%s: it has no model_config, so it holds weights alone; save the whole model", path);
        goto out;
    }
    TRY(parse(path, text, strlen(text), config));
    TRY(weights_open(path, keras->file.bytes, keras->file.size, &keras->weights));
out:
    mem_free(text);
    return status;
}

static bool begins(const struct file *file, const char signature[4])
{
    return file->size >= 4 && memcmp(file->bytes, signature, 4) == 0;
}

static plait_status read_file(struct plait_keras *keras, const char *path, json_t **config)
{
    plait_status status = PLAIT_OK;

    TRY(file_open(path, SIZE_MAX, &keras->file));
    if (keras->file.size == 0) {
        status = error_set(PLAIT_ERR_FORMAT, "%s: the file is empty; save the model again, or copy it again", path);
    } else if (begins(&keras->file, "PK\3\4")) {
        TRY(read_archive(keras, path, config));
    } else if (begins(&keras->file, "\x89HDF")) {
        TRY(read_legacy(keras, path, config));
    } else {
        status = error_set(PLAIT_ERR_FORMAT,
                           "%s: this is no model that Keras saved: neither an archive (.keras) nor HDF5 (.h5); "
                           "model.save(\"model.keras\") makes one",
                           path);
    }
out:
    return status;
}

/* The mistakes that were noted; PLAIT_OK if there are none. */
static plait_status report(const struct loading *loading)
{
    char more[64] = "";
    const struct text *lines = &loading->mistakes;

    if (lines->status != PLAIT_OK || loading->mistake_count == 0) {
        return lines->status;
    }
    if (loading->mistakes_told < loading->mistake_count) {
        (void)snprintf(more, sizeof more, "\n... and %zu more mistakes",
                       loading->mistake_count - loading->mistakes_told);
    }
    return error_set(loading->status, "%s: %s%s", loading->file_name, lines->data, more);
}

/* Layers that plait does not have are all named before any is made. */
static plait_status build(struct plait_keras *keras, struct loading *loading, json_t *config)
{
    plait_status status = PLAIT_OK;
    struct scope scope = {.loading = loading, .prefix = "", .container = "layers"};

    TRY(scope_open(&scope, config));
    TRY(layer_check_all(&scope));
    TRY(report(loading));
    loading->layers = scope.count; /* inner models are opened once more at each call */
    TRY(scope_build(&scope, NULL, &keras->inputs, &keras->outputs));
    TRY(report(loading));
    TRY(outline_create(&scope, &keras->outline));
    keras->sequential = scope.sequential;
    TRY(mem_text(&keras->name, json_text(scope.config, "name", "functional")));
    status = plait_graph_check(loading->graph);
    if (status != PLAIT_OK) {
        (void)error_within(status, "%s: ", loading->file_name);
    }
out:
    scope_free(&scope);
    return status;
}

plait_status plait_load_keras(plait_graph *graph, const char *path, const plait_keras_opts *opts, plait_keras **out)
{
    static const plait_keras_opts defaults = {0};
    plait_status status = PLAIT_OK;
    plait_keras *keras = NULL;
    json_t *config = NULL;
    struct loading loading = {
        .graph = graph, .file_name = path, .opts = opts ? opts : &defaults, .call_model = scope_call_model};

    if (!graph || !path || !out) {
        return error_set(PLAIT_ERR_INVALID, "plait_load_keras: %s is NULL", !graph ? "graph" : !path ? "path" : "out");
    }
    if (opts && opts->size_count > 0 && !opts->sizes) {
        return error_set(PLAIT_ERR_INVALID, "plait_load_keras: sizes is NULL, size_count %zu", opts->size_count);
    }
    *out = NULL;
    TRY(mem_alloc(&keras, 1, sizeof *keras));
    TRY(read_file(keras, path, &config));
    loading.weights = keras->weights;
    TRY(build(keras, &loading, config));
    *out = keras;
    keras = NULL; /* now the caller's */
out:
    text_free(&loading.mistakes);
    masks_free(&loading.masks);
    json_decref(config);
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

plait_status plait_keras_summary(const plait_keras *keras, const plait_summary_opts *opts, char *text, size_t bytes,
                                 size_t *length)
{
    plait_status status = PLAIT_OK;
    plait_summary_opts complete = opts ? *opts : (plait_summary_opts){0};
    struct text summary = {0};

    if (!keras) {
        return error_set(PLAIT_ERR_INVALID, "plait_keras_summary: keras is NULL");
    }
    complete.title = complete.title ? complete.title : keras->name;
    complete.hide_input = complete.hide_input && !keras->sequential; /* which has no row for it */
    TRY(rows_summary(keras->outline.rows, keras->outline.count, &complete, &summary));
    status = text_deliver(&summary, text, bytes, length);
out:
    text_free(&summary);
    return status;
}

plait_status plait_keras_dot(const plait_keras *keras, char *text, size_t bytes, size_t *length)
{
    plait_status status = PLAIT_OK;
    struct text dot = {0};

    if (!keras) {
        return error_set(PLAIT_ERR_INVALID, "plait_keras_dot: keras is NULL");
    }
    TRY(rows_dot(keras->outline.rows, keras->outline.count, &dot));
    status = text_deliver(&dot, text, bytes, length);
out:
    text_free(&dot);
    return status;
}

void plait_keras_free(plait_keras *keras)
{
    if (!keras) {
        return;
    }
    weights_free(keras->weights);
    mem_free(keras->member);
    file_close(&keras->file);
    mem_free(keras->name);
    mem_free(keras->inputs.items);
    mem_free(keras->outputs.items);
    outline_free(&keras->outline);
    mem_free(keras);
}
