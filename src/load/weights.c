/* SPDX-License-Identifier: MIT */
#include "load/weights.h"

#include "base/memory.h"
#include "base/text.h"
#include "load/hdf5.h"
#include "load/listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECENT = 32 }; /* more weights than a layer has */

/* The groups of a container, with the layers' names that Keras 3.6 and later note on them. */
struct container {
    char *path;
    struct hdf5_texts groups;
    char **names; /* one a group; NULL: none noted */
};

/* Values that could not be used in place. */
struct kept {
    char *path;
    float *values;
};

struct weights {
    struct hdf5_file file;
    bool legacy;
    const char *root; /* legacy: "model_weights/", or "" in a file of weights alone */
    struct container *containers;
    size_t container_count;
    size_t container_capacity;
    struct listings listings;
    struct kept *kept;
    size_t kept_count;
    size_t kept_capacity;
};

plait_status weights_open(const char *file_name, const void *bytes, size_t size, struct weights **out)
{
    plait_status status = PLAIT_OK;
    struct weights *weights = NULL;
    enum hdf5_kind kind;
    bool listed = false;
    struct hdf5_texts names = {0};

    TRY(mem_alloc(&weights, 1, sizeof *weights));
    TRY(hdf5_open(file_name, bytes, size, &weights->file));
    TRY(hdf5_find(&weights->file, "model_weights", &kind));
    weights->root = kind == HDF5_GROUP ? "model_weights/" : "";
    TRY(hdf5_attribute_texts(&weights->file, "", "layer_names", &listed, &names));
    weights->legacy = kind == HDF5_GROUP || listed;
    *out = weights;
    weights = NULL; /* now the caller's */
out:
    hdf5_texts_free(&names);
    weights_free(weights);
    return status;
}

bool weights_are_legacy(const struct weights *weights)
{
    return weights->legacy;
}

static void free_container(struct container *container)
{
    for (size_t i = 0; container->names && i < container->groups.count; i++) {
        mem_free(container->names[i]);
    }
    mem_free(container->names);
    hdf5_texts_free(&container->groups);
    mem_free(container->path);
}

void weights_free(struct weights *weights)
{
    if (!weights) {
        return;
    }
    for (size_t i = 0; i < weights->container_count; i++) {
        free_container(&weights->containers[i]);
    }
    for (size_t i = 0; i < weights->kept_count; i++) {
        mem_free(weights->kept[i].path);
        mem_free(weights->kept[i].values);
    }
    mem_free(weights->containers);
    listings_free(&weights->listings);
    mem_free(weights->kept);
    mem_free(weights);
}

plait_status weights_keep(struct weights *weights, float *values)
{
    plait_status status = PLAIT_OK;

    TRY(mem_grow(&weights->kept, &weights->kept_capacity, weights->kept_count + 1, sizeof *weights->kept));
    weights->kept[weights->kept_count++] = (struct kept){.values = values};
out:
    return status;
}

/* The values of a dataset that cannot be used in place. A layer may be made for many steps one after the other,
 * which share what was read for the first. */
static plait_status keep_values(struct weights *weights, const char *path, const struct hdf5_dataset *dataset,
                                const float **out)
{
    plait_status status = PLAIT_OK;
    struct kept kept = {0};

    for (size_t i = weights->kept_count; i-- > 0 && weights->kept_count - i <= RECENT;) {
        if (weights->kept[i].path && strcmp(weights->kept[i].path, path) == 0) {
            *out = weights->kept[i].values;
            return PLAIT_OK;
        }
    }
    TRY(mem_grow(&weights->kept, &weights->kept_capacity, weights->kept_count + 1, sizeof kept));
    TRY(mem_text(&kept.path, path));
    TRY(mem_alloc(&kept.values, dataset->count, sizeof *kept.values));
    TRY(hdf5_dataset_read(dataset, kept.values));
    *out = kept.values;
    weights->kept[weights->kept_count++] = kept;
    kept = (struct kept){0}; /* now the weights' */
out:
    mem_free(kept.path);
    mem_free(kept.values);
    return status;
}

/* The array at a path: in place if the file holds it as it is. */
static plait_status read_array(struct weights *weights, const char *path, plait_array *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_dataset dataset;
    const float *values = NULL;

    TRY(hdf5_dataset_open(&weights->file, path, &dataset));
    if (dataset.number >= HDF5_INT8 && dataset.shape.rank > 0) { /* a single number may be a counter */
        return error_set(PLAIT_ERR_FORMAT,
                         "%s: \"%s\" holds %s, not floats: weights are quantized; save the model in "
                         "float32",
                         weights->file.name, path, hdf5_number_name(dataset.number));
    }
    if (!dataset.floats) {
        TRY(keep_values(weights, path, &dataset, &values));
    }
    *out = (plait_array){.data = values ? values : dataset.floats, .shape = dataset.shape};
out:
    return status;
}

/* ---- Keras 3: groups of variables ---- */

static void add_vars_path(struct text *path, const struct weights_place *place, const char *part)
{
    text_add(path, "%s%s%s/vars", place->group, part[0] ? "/" : "", part);
}

static plait_status read_variable(struct weights *weights, const struct weights_place *place, const char *part,
                                  size_t index, plait_array *out)
{
    plait_status status = PLAIT_OK;
    struct text path = {0};
    enum hdf5_kind kind;

    add_vars_path(&path, place, part);
    text_add(&path, "/%zu", index);
    TRY(path.status);
    TRY(hdf5_find(&weights->file, path.data, &kind));
    if (kind != HDF5_NONE) {
        TRY(read_array(weights, path.data, out));
    }
out:
    text_free(&path);
    return status;
}

static plait_status count_variables(struct weights *weights, const struct weights_place *place, const char *part,
                                    size_t *count)
{
    plait_status status = PLAIT_OK;
    struct text path = {0};
    struct hdf5_texts names = {0};
    enum hdf5_kind kind;

    add_vars_path(&path, place, part);
    TRY(path.status);
    TRY(hdf5_find(&weights->file, path.data, &kind));
    if (kind == HDF5_GROUP) {
        TRY(hdf5_list(&weights->file, path.data, &names));
    }
    *count = names.count;
out:
    hdf5_texts_free(&names);
    text_free(&path);
    return status;
}

static plait_status read_names(struct weights *weights, struct container *container)
{
    plait_status status = PLAIT_OK;
    struct text path = {0};
    enum hdf5_kind kind;

    TRY(mem_alloc(&container->names, container->groups.count, sizeof(char *)));
    for (size_t i = 0; i < container->groups.count; i++) {
        path.length = 0;
        text_add(&path, "%s/%s/vars", container->path, container->groups.items[i]);
        TRY(path.status);
        TRY(hdf5_find(&weights->file, path.data, &kind));
        if (kind == HDF5_GROUP) {
            TRY(hdf5_attribute_text(&weights->file, path.data, "name", &container->names[i]));
        }
    }
out:
    text_free(&path);
    return status;
}

/* The container of a path, read when it is first asked for. */
static plait_status find_container(struct weights *weights, const char *path, const struct container **out)
{
    plait_status status = PLAIT_OK;
    struct container container = {0};
    enum hdf5_kind kind;

    for (size_t i = 0; i < weights->container_count; i++) {
        if (strcmp(weights->containers[i].path, path) == 0) {
            *out = &weights->containers[i];
            return PLAIT_OK;
        }
    }
    TRY(mem_text(&container.path, path));
    TRY(hdf5_find(&weights->file, path, &kind));
    if (kind == HDF5_GROUP) {
        TRY(hdf5_list(&weights->file, path, &container.groups));
    }
    TRY(listings_check(&weights->file, path, container.groups.count));
    TRY(read_names(weights, &container));
    TRY(mem_grow(&weights->containers, &weights->container_capacity, weights->container_count + 1, sizeof container));
    weights->containers[weights->container_count] = container;
    *out = &weights->containers[weights->container_count++];
    container = (struct container){0}; /* now the weights' */
out:
    free_container(&container);
    return status;
}

/* Chooses a layer's group among those of the container; what Keras 3.6 and later noted goes before numbers. */
static plait_status choose_group(const struct weights *weights, const struct container *container, const char *name,
                                 const char *numbered, const char **out)
{
    const char *holder = NULL; /* the layer that the group of that number says it belongs to */

    *out = numbered;
    for (size_t i = 0; i < container->groups.count; i++) {
        const char *noted = container->names[i];
        if (noted && strcmp(noted, name) == 0) {
            *out = container->groups.items[i];
            return PLAIT_OK;
        }
        holder = noted && strcmp(container->groups.items[i], numbered) == 0 ? noted : holder;
    }
    if (!holder) {
        return PLAIT_OK;
    }
    return error_set(PLAIT_ERR_FORMAT,
                     "%s: \"%s/%s\" holds the weights of layer \"%s\", but \"%s\" is in its place in "
                     "the config, and no group has that one's",
                     weights->file.name, container->path, numbered, holder, name);
}

/* Keras 2.12 to 2.14 call a container "_layer_checkpoint_dependencies" where others call it "layers". */
static plait_status find_either(struct weights *weights, const char *path, const struct container **out, bool *is_old)
{
    static const char last[] = "layers";
    plait_status status = PLAIT_OK;
    struct text old = {0};
    enum hdf5_kind kind;

    TRY(hdf5_find(&weights->file, path, &kind));
    *is_old = false;
    if (kind == HDF5_NONE) {
        text_add(&old, "%.*s_layer_checkpoint_dependencies", (int)(strlen(path) - strlen(last)), path);
        TRY(old.status);
        TRY(hdf5_find(&weights->file, old.data, &kind));
        *is_old = kind == HDF5_GROUP;
    }
    TRY(find_container(weights, *is_old ? old.data : path, out));
out:
    text_free(&old);
    return status;
}

static bool has_group(const struct container *container, const char *name)
{
    for (size_t i = 0; i < container->groups.count; i++) {
        if (strcmp(container->groups.items[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* Keras 2.12 and 2.13 count each layer with weights twice, so that the first three of a class are "dense",
 * "dense_2" and "dense_4". */
static void double_number(const struct container *container, const char *numbered, struct text *out)
{
    const char *end = strrchr(numbered, '_');
    const size_t digits = end ? strspn(end + 1, "0123456789") : 0;
    const bool has_number = digits > 0 && digits < 6 && end[1 + digits] == 0;
    const int base = (int)(has_number ? (size_t)(end - numbered) : strlen(numbered));

    text_add(out, "%.*s_1", base, numbered);
    if (out->status != PLAIT_OK) {
        return;
    }
    const bool is_doubled = has_number && !has_group(container, out->data);
    out->length = 0;
    if (is_doubled) {
        text_add(out, "%.*s_%lu", base, numbered, 2 * strtoul(end + 1, NULL, 10));
    } else {
        text_add(out, "%s", numbered);
    }
}

plait_status weights_find_group(struct weights *weights, const char *container, const char *name, const char *numbered,
                                char **group)
{
    plait_status status = PLAIT_OK;
    const struct container *found = NULL;
    const char *chosen = numbered;
    bool is_old = false;
    struct text own = {0};
    struct text path = {0};

    if (!weights->legacy) {
        TRY(find_either(weights, container, &found, &is_old));
        if (is_old) {
            double_number(found, numbered, &own);
            TRY(own.status);
        }
        TRY(choose_group(weights, found, name, is_old ? own.data : numbered, &chosen));
    }
    text_add(&path, "%s/%s", found ? found->path : container, chosen);
    TRY(path.status);
    TRY(mem_text(group, path.data));
out:
    text_free(&own);
    text_free(&path);
    return status;
}

/* ---- Legacy: lists of names ---- */

static plait_status read_listed(struct weights *weights, const struct weights_place *place, const char *part,
                                size_t index, plait_array *out)
{
    plait_status status = PLAIT_OK;
    const struct listing *listing = NULL;
    struct text path = {0};
    size_t seen = 0;

    TRY(listings_find(&weights->listings, &weights->file, weights->root, place->outer, &listing));
    for (size_t i = 0; i < listing->names.count; i++) {
        if (listing_belongs(listing->names.items[i], place, part) && seen++ == index) {
            text_add(&path, "%s%s/%s", weights->root, place->outer, listing->names.items[i]);
            TRY(path.status);
            TRY(read_array(weights, path.data, out));
            break;
        }
    }
out:
    text_free(&path);
    return status;
}

static plait_status count_listed(struct weights *weights, const struct weights_place *place, const char *part,
                                 size_t *count)
{
    plait_status status = PLAIT_OK;
    const struct listing *listing = NULL;

    *count = 0;
    TRY(listings_find(&weights->listings, &weights->file, weights->root, place->outer, &listing));
    for (size_t i = 0; i < listing->names.count; i++) {
        *count += listing_belongs(listing->names.items[i], place, part);
    }
out:
    return status;
}

/* ---- Both ---- */

plait_status weights_read(struct weights *weights, const struct weights_place *place, const char *part, size_t index,
                          plait_array *out)
{
    *out = (plait_array){0};
    if (!place->group) {
        return PLAIT_OK;
    }
    return weights->legacy ? read_listed(weights, place, part, index, out)
                           : read_variable(weights, place, part, index, out);
}

plait_status weights_count(struct weights *weights, const struct weights_place *place, const char *part, size_t *count)
{
    *count = 0;
    if (!place->group) {
        return PLAIT_OK;
    }
    return weights->legacy ? count_listed(weights, place, part, count) : count_variables(weights, place, part, count);
}
