/* SPDX-License-Identifier: MIT */
#include "keras_change.h"

#include <plait/load.h>

plait_status keras_try(const char *path)
{
    plait_graph *graph = NULL;
    plait_keras *keras = NULL;

    check_ok(plait_graph_create(&graph));
    const plait_status status = plait_load_keras(graph, path, NULL, &keras);
    assert_true((keras != NULL) == (status == PLAIT_OK));
    plait_keras_free(keras);
    plait_graph_free(graph);
    return status;
}

void check_config(const char *config, const char *weights_of, plait_status wanted, const char *part)
{
    static const char file_name[] = "changed.keras";

    keras_write(file_name, config, weights_of);
    if (wanted == PLAIT_OK) {
        check_ok(keras_try(file_name));
    } else {
        check_message(keras_try(file_name), wanted, part);
        check_has(plait_error_message(), file_name);
    }
}

void check_changes(const char *file, const struct change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_config(keras_replace(keras_config(file), changes[i].old, changes[i].new), file, changes[i].status,
                     changes[i].part);
        scratch_reset();
    }
}
