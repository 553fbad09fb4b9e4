/* SPDX-License-Identifier: MIT */
/* Stands in for keras.c where plait is built without PLAIT_LOADER. */
#include "base/error.h"

#include <plait/load.h>

plait_status plait_load_keras(plait_graph *graph, const char *path, const plait_keras_opts *opts, plait_keras **out)
{
    (void)opts;
    if (!graph || !path || !out) {
        return error_set(PLAIT_ERR_INVALID, "plait_load_keras: %s is NULL", !graph ? "graph" : !path ? "path" : "out");
    }
    *out = NULL;
    return error_set(PLAIT_ERR_UNSUPPORTED,
                     "%s: this plait was built without the loader of Keras's files; build it with -D PLAIT_LOADER=ON, "
                     "which needs libzip, Jansson and zlib",
                     path);
}

plait_nodes plait_keras_inputs(const plait_keras *keras)
{
    (void)keras;
    return (plait_nodes){0};
}

plait_nodes plait_keras_outputs(const plait_keras *keras)
{
    (void)keras;
    return (plait_nodes){0};
}

const char *plait_keras_name(const plait_keras *keras)
{
    (void)keras;
    return "";
}

int plait_keras_is_sequential(const plait_keras *keras)
{
    (void)keras;
    return 0;
}

static plait_status refuse(const char *function)
{
    return error_set(PLAIT_ERR_INVALID, "%s: keras is NULL, as always without PLAIT_LOADER", function);
}

plait_status plait_keras_summary(const plait_keras *keras, const plait_summary_opts *opts, char *text, size_t bytes,
                                 size_t *length)
{
    (void)keras, (void)opts, (void)text, (void)bytes, (void)length;
    return refuse("plait_keras_summary");
}

plait_status plait_keras_dot(const plait_keras *keras, char *text, size_t bytes, size_t *length)
{
    (void)keras, (void)text, (void)bytes, (void)length;
    return refuse("plait_keras_dot");
}

void plait_keras_free(plait_keras *keras)
{
    (void)keras;
}
