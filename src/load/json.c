/* SPDX-License-Identifier: MIT */
#include "load/json.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

const char *json_text(json_t *object, const char *key, const char *fallback)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text ? text : fallback;
}

/* A member of an object. */
struct member {
    const char *key;
    json_t *value;
};

static int compare_members(const void *a, const void *b)
{
    const struct member *x = a;
    const struct member *y = b;

    return strcmp(x->key, y->key);
}

plait_status json_sorted(json_t *object, json_t ***out)
{
    plait_status status = PLAIT_OK;
    struct member *members = NULL;
    json_t **values = NULL;
    const size_t count = json_object_size(object);
    const char *key;
    json_t *value;
    size_t i = 0;

    TRY(mem_alloc(&members, count, sizeof *members));
    TRY(mem_alloc(&values, count, sizeof *values));
    json_object_foreach(object, key, value)
    {
        members[i++] = (struct member){key, value};
    }
    qsort(members, count, sizeof *members, compare_members);
    for (i = 0; i < count; i++) {
        values[i] = members[i].value;
    }
    *out = values;
    values = NULL; /* now the caller's */
out:
    mem_free(members);
    mem_free(values);
    return status;
}
