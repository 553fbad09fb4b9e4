/* SPDX-License-Identifier: MIT */
/* Which layers plait has. */
#include "load/layer_class.h"

#include "load/json.h"

#include <string.h>

const struct layer_reader *layer_class_find(const char *class_name, bool is_operation)
{
    for (size_t i = 0; i < layer_reader_count; i++) {
        for (const struct layer_reader *reader = layer_readers[i]; reader->class_name; reader++) {
            const bool of_operation = strncmp(reader->class_name, "ops.", 4) == 0;
            if (of_operation == is_operation && strcmp(reader->class_name + (of_operation ? 4 : 0), class_name) == 0) {
                return reader;
            }
        }
    }
    return NULL;
}

/* Whether a module's name is `package` or in it. */
static bool is_in(const char *module, const char *package)
{
    const size_t length = strlen(package);

    return strncmp(module, package, length) == 0 && (module[length] == '.' || module[length] == 0);
}

bool layer_class_is_keras(json_t *json)
{
    const char *module = json_text(json, "module", "");
    const bool known = !module[0] || is_in(module, "keras") || is_in(module, "tf_keras") ||
                       is_in(module, "tensorflow.keras") || is_in(module, "tensorflow.python.keras");

    return known && !strchr(json_text(json, "registered_name", ""), '>');
}
