/* SPDX-License-Identifier: MIT */
/* What reading configs needs beyond Jansson. */
#ifndef LOAD_JSON_H
#define LOAD_JSON_H

#include <jansson.h>
#include <plait/status.h>

/* The string at a key of an object; `fallback` if there is none. */
const char *json_text(json_t *object, const char *key, const char *fallback);

/* The values of an object in the order of their keys, in which Keras flattens it; freed with mem_free. */
plait_status json_sorted(json_t *object, json_t ***out);

#endif
