/* SPDX-License-Identifier: MIT */
/* Reading a model's layers. */
#include "load/scope.h"

#include "base/memory.h"
#include "graph/name.h"
#include "load/keras2.h"
#include "load/layer_class.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPORT_BYTES = 3500 }; /* of the thread's message; mistakes beyond it are counted */

/* Names come from the file; what would steer a terminal, or begin another line, is not shown. */
static void hide_controls(char *text)
{
    for (; *text; text++) {
        *text = (unsigned char)*text < ' ' || *text == 0x7F ? '?' : *text;
    }
}

void scope_refuse(const struct scope *scope, const struct entry *entry, plait_status status, const char *format, ...)
{
    char line[768];
    va_list args;
    struct loading *loading = scope->loading;
    struct text *mistakes = &loading->mistakes;
    const int shown = (int)strlen(scope->prefix) - 1; /* without the slash */

    if (loading->status == PLAIT_OK || status == PLAIT_ERR_FORMAT) {
        loading->status = status;
    }
    loading->mistake_count++;
    if (mistakes->length > REPORT_BYTES) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    loading->mistakes_told++;
    text_add(mistakes, mistakes->length ? "\n" : "");
    const size_t begin = mistakes->length;
    if (entry) {
        text_add(mistakes, "%.64s \"%.256s%.256s\": ", entry->class_name, scope->prefix, entry->name);
    } else if (shown > 0) {
        text_add(mistakes, "model \"%.*s\": ", shown < 256 ? shown : 256, scope->prefix);
    }
    text_add(mistakes, "%s", line);
    if (mistakes->status == PLAIT_OK) {
        hide_controls(mistakes->data + begin);
    }
}

bool is_model_class(const char *class_name)
{
    return strcmp(class_name, "Functional") == 0 || strcmp(class_name, "Model") == 0 ||
           strcmp(class_name, "Sequential") == 0;
}

bool entry_is_input(const struct entry *entry)
{
    return strcmp(entry->class_name, "InputLayer") == 0;
}

/* An input is called once, and so is each layer of a Sequential model, on what is not written. */
static plait_status read_calls(struct scope *scope, struct entry *entry)
{
    plait_status status = PLAIT_OK;
    json_t *inbound = json_object_get(entry->json, "inbound_nodes");
    const bool written = !scope->sequential && !entry_is_input(entry);
    const size_t count = written ? json_array_size(inbound) : 1;

    if (written && !json_is_array(inbound)) {
        scope_refuse(scope, entry, PLAIT_ERR_FORMAT, "it has no list of inbound_nodes");
    }
    TRY(mem_alloc(&entry->calls, count, sizeof *entry->calls));
    entry->call_count = count;
    for (size_t i = 0; i < count; i++) {
        json_t *call = written ? json_array_get(inbound, i) : NULL;
        scope->keras2 = scope->keras2 || json_is_array(call) || json_object_get(call, "keras2");
        entry->calls[i] = (struct call){.entry = entry, .index = i, .inbound = call};
    }
    scope->loading->layers += count;
out:
    return status;
}

/* By its module. Legacy files of Keras 3 have none, but layers have options of training, and operations have not. */
static bool is_operation(const struct entry *entry, const char *module)
{
    static const char *const modules[] = {"keras.src.ops", "keras.ops", "keras.src.activations"};

    for (size_t i = 0; i < sizeof modules / sizeof modules[0]; i++) {
        if (strncmp(module, modules[i], strlen(modules[i])) == 0) {
            return true;
        }
    }
    return !module[0] && !json_object_get(entry->config, "trainable") && layer_class_find(entry->class_name, true);
}

static plait_status read_entry(struct scope *scope, struct entry *entry, json_t *json, size_t index)
{
    plait_status status = PLAIT_OK;

    TRY(keras2_operation(json, &entry->json));
    json = entry->json;
    const char *module = json_text(json, "module", "");
    entry->config = json_object_get(json, "config");
    entry->class_name = json_text(json, "class_name", "");
    entry->name = json_text(json, "name", json_text(entry->config, "name", ""));
    entry->is_operation = is_operation(entry, module);
    if (!entry->class_name[0] || !entry->name[0] || !entry->config) {
        scope_refuse(scope, NULL, PLAIT_ERR_FORMAT, "layer %zu, \"%s\", has no %s", index, entry->name,
                     !entry->class_name[0] ? "class_name"
                     : !entry->name[0]     ? "name"
                                           : "config");
        return PLAIT_OK;
    }
    TRY(read_calls(scope, entry));
out:
    return status;
}

/* Equal ones stay in the order of their places. */
static int compare_classes(const void *a, const void *b)
{
    const struct entry *const *x = a;
    const struct entry *const *y = b;
    const int order = strcmp((*x)->class_name, (*y)->class_name);

    return order ? order : (*x > *y) - (*x < *y);
}

static int compare_names(const void *a, const void *b)
{
    const struct entry *const *x = a;
    const struct entry *const *y = b;

    const int order = strcmp((*x)->name, (*y)->name);

    return order ? order : (*x > *y) - (*x < *y);
}

/* Numbers each layer among those of its class, as the weights' groups do. */
static plait_status number_entries(struct scope *scope)
{
    plait_status status = PLAIT_OK;
    size_t number = 0;

    qsort(scope->by_name, scope->count, sizeof(struct entry *), compare_classes);
    for (size_t i = 0; i < scope->count; i++) {
        struct entry *entry = scope->by_name[i];
        const char *class_name = strcmp(entry->class_name, "Model") == 0 ? "Functional" : entry->class_name;
        char numbered[NAME_BYTES];
        number = i > 0 && strcmp(scope->by_name[i - 1]->class_name, entry->class_name) == 0 ? number : 0;
        name_number(class_name, number, numbered);
        TRY(mem_text(&entry->numbered, numbered));
        number += !entry->is_operation;
    }
out:
    return status;
}

static void sort_names(struct scope *scope)
{
    qsort(scope->by_name, scope->count, sizeof(struct entry *), compare_names);
    for (size_t i = 1; i < scope->count; i++) {
        const struct entry *entry = scope->by_name[i];
        if (entry->name[0] && strcmp(scope->by_name[i - 1]->name, entry->name) == 0) {
            scope_refuse(scope, entry, PLAIT_ERR_FORMAT, "two layers of the model have this name");
        }
    }
}

static plait_status read_entries(struct scope *scope, json_t *layers)
{
    plait_status status = PLAIT_OK;
    const size_t count = json_array_size(layers);

    TRY(mem_alloc(&scope->entries, count, sizeof *scope->entries));
    TRY(mem_alloc(&scope->by_name, count, sizeof *scope->by_name));
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &scope->entries[scope->count++];
        scope->by_name[i] = entry;
        TRY(read_entry(scope, entry, json_array_get(layers, i), i));
    }
    TRY(number_entries(scope));
    sort_names(scope);
out:
    return status;
}

/* Counts calls of layers: more of them than layers that are written come from models called again. */
static plait_status check_size(const struct scope *scope, size_t more)
{
    if (scope->loading->layers + more <= SCOPE_MOST_LAYERS) {
        return PLAIT_OK;
    }
    return error_set(PLAIT_ERR_TOO_LARGE, "%s: the model has more than %d calls of layers, inner models' included",
                     scope->loading->file_name, SCOPE_MOST_LAYERS);
}

plait_status scope_count_calls(const struct scope *scope, size_t more)
{
    const plait_status status = check_size(scope, more);

    scope->loading->layers += status == PLAIT_OK ? more : 0;
    return status;
}

plait_status scope_open(struct scope *scope, json_t *model)
{
    plait_status status = PLAIT_OK;
    const char *class_name = json_text(model, "class_name", "");

    scope->config = json_object_get(model, "config");
    scope->sequential = strcmp(class_name, "Sequential") == 0;
    json_t *layers = json_is_array(scope->config) ? scope->config : json_object_get(scope->config, "layers");
    if (!is_model_class(class_name)) {
        scope_refuse(scope, NULL, class_name[0] ? PLAIT_ERR_UNSUPPORTED : PLAIT_ERR_FORMAT,
                     "the config's class_name is \"%.64s\"; plait has Functional and Sequential models", class_name);
    } else if (json_array_size(layers) == 0) {
        scope_refuse(scope, NULL, PLAIT_ERR_FORMAT, "the model's config has no layers");
    } else {
        TRY(check_size(scope, json_array_size(layers)));
        TRY(read_entries(scope, layers));
        TRY(check_size(scope, 0));
    }
out:
    return status;
}

void scope_free(struct scope *scope)
{
    for (size_t i = 0; i < scope->count; i++) {
        struct entry *entry = &scope->entries[i];
        for (size_t k = 0; k < entry->call_count; k++) {
            mem_free(entry->calls[k].inputs.items);
            mem_free(entry->calls[k].given.items);
            mem_free(entry->calls[k].outputs.items);
        }
        mem_free(entry->calls);
        mem_free(entry->numbered);
        json_decref(entry->json);
        rows_free(entry->inner.rows, entry->inner.count);
    }
    mem_free(scope->by_name);
    mem_free(scope->entries);
    *scope = (struct scope){0};
}

static int compare_name(const void *name, const void *b)
{
    const struct entry *const *entry = b;

    return strcmp(name, (*entry)->name);
}

struct entry *scope_find(const struct scope *scope, const char *name)
{
    struct entry **found = bsearch(name, scope->by_name, scope->count, sizeof(struct entry *), compare_name);

    return found ? *found : NULL;
}

plait_status scope_find_group(const struct scope *scope, const struct entry *entry, char **group)
{
    const plait_status status =
        weights_find_group(scope->loading->weights, scope->container, entry->name, entry->numbered, group);

    if (status != PLAIT_ERR_FORMAT) {
        return status;
    }
    scope_refuse(scope, entry, status, "%s", plait_error_message());
    return PLAIT_OK;
}
