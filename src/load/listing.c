/* SPDX-License-Identifier: MIT */
#include "load/listing.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* More layers, or weights of one, than a file has: lists of them are searched from end to end. */
enum { MOST_LISTED = 65536 };

plait_status listings_check(const struct hdf5_file *file, const char *path, size_t count)
{
    if (count <= MOST_LISTED) {
        return PLAIT_OK;
    }
    return error_set(PLAIT_ERR_TOO_LARGE, "%s: \"%s\" lists %zu parts; at most %d are read", file->name, path, count,
                     MOST_LISTED);
}

/* Appends the names in attribute weight_names, or in weight_names0, 1, ... where the list was too long. */
static plait_status read_listing(struct hdf5_file *file, const char *root, struct listing *listing)
{
    plait_status status = PLAIT_OK;
    struct text path = {0};
    struct hdf5_texts part = {0};
    char attribute[32] = "weight_names";
    bool found = false;

    text_add(&path, "%s%s", root, listing->layer);
    TRY(path.status);
    TRY(hdf5_attribute_texts(file, path.data, attribute, &found, &listing->names));
    for (size_t i = 0; !found || i > 0; i++) {
        (void)snprintf(attribute, sizeof attribute, "weight_names%zu", i);
        TRY(hdf5_attribute_texts(file, path.data, attribute, &found, &part));
        if (!found) {
            break;
        }
        TRY(mem_grow(&listing->names.items, &listing->names.capacity, listing->names.count + part.count,
                     sizeof(char *)));
        memcpy(listing->names.items + listing->names.count, part.items, part.count * sizeof(char *));
        listing->names.count += part.count;
        part.count = 0; /* the strings are the listing's now */
        hdf5_texts_free(&part);
    }
out:
    hdf5_texts_free(&part);
    text_free(&path);
    return status;
}

plait_status listings_find(struct listings *listings, struct hdf5_file *file, const char *root, const char *layer,
                           const struct listing **out)
{
    plait_status status = PLAIT_OK;
    struct listing listing = {0};

    for (size_t i = 0; i < listings->count; i++) {
        if (strcmp(listings->items[i].layer, layer) == 0) {
            *out = &listings->items[i];
            return PLAIT_OK;
        }
    }
    TRY(mem_text(&listing.layer, layer));
    TRY(read_listing(file, root, &listing));
    TRY(listings_check(file, layer, listing.names.count));
    TRY(mem_grow(&listings->items, &listings->capacity, listings->count + 1, sizeof listing));
    listings->items[listings->count] = listing;
    *out = &listings->items[listings->count++];
    listing = (struct listing){0}; /* now the listings' */
out:
    mem_free(listing.layer);
    hdf5_texts_free(&listing.names);
    return status;
}

/* Whether one of the path's components is `wanted`, or begins with it if that ends with an underscore. */
static bool has_component(const char *path, const char *wanted, size_t length)
{
    const bool prefix = length > 0 && wanted[length - 1] == '_';

    while (*path) {
        const size_t end = strcspn(path, "/");
        if (strncmp(path, wanted, length) == 0 && (prefix ? end > length : end == length)) {
            return true;
        }
        path += end + (path[end] == '/');
    }
    return false;
}

/* What Keras 3 calls forward_layer/cell or query_dense (in some classes _query_dense) has components forward_lstm and
 * query here, output_dense attention_output, and a recurrent layer's cell none that matters. */
bool listing_belongs(const char *name, const struct weights_place *place, const char *part)
{
    part += part[0] == '_';
    const char *dense = strstr(part, "_dense");

    if (strcmp(place->outer, place->layer) != 0 && !has_component(name, place->layer, strlen(place->layer))) {
        return false;
    }
    if (strncmp(part, "forward_layer", 13) == 0) {
        return has_component(name, "forward_", 8);
    }
    if (strncmp(part, "backward_layer", 14) == 0) {
        return has_component(name, "backward_", 9);
    }
    if (strcmp(part, "output_dense") == 0) {
        return has_component(name, "attention_output", 16);
    }
    return !dense || has_component(name, part, (size_t)(dense - part));
}

void listings_free(struct listings *listings)
{
    for (size_t i = 0; i < listings->count; i++) {
        mem_free(listings->items[i].layer);
        hdf5_texts_free(&listings->items[i].names);
    }
    mem_free(listings->items);
}
