/* SPDX-License-Identifier: MIT */
/* Attributes are messages of the object header, or, where they are many, objects of a fractal heap, which
 * a B-tree indexes by the names' hashes. */
#include "load/hdf5_attribute.h"

#include "base/error.h"
#include "base/memory.h"
#include "load/hdf5_group.h"
#include "load/hdf5_header.h"
#include "load/hdf5_heap.h"
#include "load/hdf5_texts.h"
#include "load/hdf5_tree.h"
#include "load/hdf5_type.h"

#include <inttypes.h>
#include <string.h>

/* A search for one attribute of an object. */
struct search {
    struct hdf5_file *file;
    const char *name;
    uint32_t hash;
    struct hdf5_fractal heap;
    bool found;
    struct hdf5_type type;
    struct hdf5_space space;
    struct hdf5_part data;
};

/* ---- Finding ---------------------------------------------------------------------------------------- */

/* The parts of an attribute message, unless they were shared. */
struct parts {
    struct hdf5_part name;
    struct hdf5_part type;
    struct hdf5_part space;
    struct hdf5_part data;
    bool shared;
};

/* Takes a part that version 1 pads to 8 bytes. */
static struct hdf5_part take_padded(struct hdf5_part *body, uint64_t bytes, uint64_t version)
{
    const struct hdf5_part part = hdf5_take_part(body, bytes);

    (void)hdf5_take_bytes(body, version == 1 ? (size_t)(-bytes % 8) : 0);
    return part;
}

static plait_status split_message(struct hdf5_part body, struct parts *out)
{
    const uint64_t version = hdf5_take(&body, 1);
    const uint64_t flags = hdf5_take(&body, 1);
    const uint64_t name_bytes = hdf5_take(&body, 2);
    const uint64_t type_bytes = hdf5_take(&body, 2);
    const uint64_t space_bytes = hdf5_take(&body, 2);

    if (version < 1 || version > 3) {
        return error_set(PLAIT_ERR_FORMAT, "attribute message version %" PRIu64 " where plait reads 1 to 3", version);
    }
    (void)hdf5_take(&body, version == 3 ? 1 : 0); /* character set */
    out->shared = version > 1 && flags & 3;
    out->name = take_padded(&body, name_bytes, version);
    out->type = take_padded(&body, type_bytes, version);
    out->space = take_padded(&body, space_bytes, version);
    out->data = body;
    return hdf5_part_check(&body, "attribute message");
}

static plait_status visit_message(struct search *search, struct hdf5_part body)
{
    plait_status status = PLAIT_OK;
    const size_t length = strlen(search->name);
    struct parts parts = {0};

    TRY(split_message(body, &parts));
    if (parts.name.left != length + 1 || memcmp(parts.name.at, search->name, length + 1) != 0) {
        return PLAIT_OK;
    }
    if (search->found) {
        return error_set(PLAIT_ERR_FORMAT, "there are two of it");
    }
    if (parts.shared) {
        return error_set(PLAIT_ERR_FORMAT, "it has a committed type, which plait does not read");
    }
    TRY(hdf5_space_parse(parts.space, &search->space));
    if (search->space.count > 0) {
        TRY(hdf5_type_parse(parts.type, &search->type));
    }
    search->data = parts.data;
    search->found = true;
out:
    return status;
}

enum { HASH_BYTES = 4 };

static int side_of_attribute(void *user, const unsigned char *record)
{
    const struct search *search = user;
    struct hdf5_part part = {record + search->heap.id_bytes + 5, HASH_BYTES, false};
    const uint64_t hash = hdf5_take(&part, HASH_BYTES);

    return (hash > search->hash) - (hash < search->hash);
}

static plait_status visit_record(void *user, const unsigned char *record)
{
    plait_status status = PLAIT_OK;
    struct search *search = user;
    struct hdf5_part object;

    if (record[search->heap.id_bytes] & 2) {
        return error_set(PLAIT_ERR_FORMAT, "it is shared with other objects, which plait does not read");
    }
    TRY(hdf5_fractal_object(&search->heap, record, &object));
    TRY(visit_message(search, object));
out:
    return status;
}

static plait_status search_dense(struct search *search, struct hdf5_part body)
{
    plait_status status = PLAIT_OK;
    struct hdf5_tree2 tree = {.type = HDF5_TREE2_ATTRIBUTES, .side = side_of_attribute, .visit = visit_record};

    (void)hdf5_take(&body, 1);                                     /* version */
    (void)hdf5_take_bytes(&body, hdf5_take(&body, 1) & 1 ? 2 : 0); /* highest order so far */
    const uint64_t heap_address = hdf5_take(&body, 8);
    const uint64_t tree_address = hdf5_take(&body, 8);
    TRY(hdf5_part_check(&body, "attribute information message"));
    if (heap_address != HDF5_UNDEFINED) {
        TRY(hdf5_fractal_open(search->file, heap_address, &search->heap));
        tree.record_bytes = search->heap.id_bytes + 5 + HASH_BYTES; /* flags, order */
        tree.user = search;
        TRY(hdf5_tree2_visit(search->file, tree_address, &tree));
    }
out:
    return status;
}

static plait_status search_header(struct search *search, uint64_t address)
{
    plait_status status = PLAIT_OK;
    struct hdf5_header header;
    struct hdf5_message message;

    TRY(hdf5_header_open(search->file, address, &header));
    TRY(hdf5_header_next(&header, &message));
    while (message.type != HDF5_END) {
        if (message.type == HDF5_ATTRIBUTE && message.shared) {
            return error_set(PLAIT_ERR_FORMAT, "the object shares attributes with others, which plait does not read");
        }
        if (message.type == HDF5_ATTRIBUTE) {
            TRY(visit_message(search, message.body));
        } else if (message.type == HDF5_ATTRIBUTE_INFO) {
            TRY(search_dense(search, message.body));
        }
        TRY(hdf5_header_next(&header, &message));
    }
out:
    return status;
}

/* ---- Reading ---------------------------------------------------------------------------------------- */

/* Adds a text that ends where the first zero stands, if there is one: behind it only zeros may follow. */
static plait_status add_text(struct search *search, struct hdf5_part text, struct hdf5_texts *texts)
{
    size_t length = text.left;

    while (length > 0 && (text.at[length - 1] == 0 || (search->type.space_padded && text.at[length - 1] == ' '))) {
        length--;
    }
    if (length > 0 && memchr(text.at, 0, length)) {
        return error_set(PLAIT_ERR_FORMAT, "text %zu has a zero byte within", texts->count);
    }
    return hdf5_texts_add(search->file, texts, (const char *)text.at, length);
}

/* The object in a global heap that a value of variable length names. */
static plait_status open_variable(struct search *search, struct hdf5_part value, struct hdf5_collection *collection,
                                  struct hdf5_part *text)
{
    plait_status status = PLAIT_OK;
    const uint64_t length = hdf5_take(&value, 4);
    const uint64_t address = hdf5_take(&value, 8);
    const uint64_t index = hdf5_take(&value, 4);

    *text = (struct hdf5_part){search->file->bytes, 0, false};
    if (length > 0) {
        TRY(hdf5_global_object(search->file, collection, address, index, text));
        *text = hdf5_take_part(text, length);
        TRY(hdf5_part_check(text, "text in the global heap"));
    }
out:
    return status;
}

static plait_status read_texts(struct search *search, struct hdf5_texts *texts)
{
    plait_status status = PLAIT_OK;
    const uint64_t count = search->space.count;
    struct hdf5_collection collection = {0};

    if (count == 0) {
        return PLAIT_OK; /* of whatever type */
    }
    if (search->type.kind != HDF5_TEXT && search->type.kind != HDF5_VARIABLE_TEXT) {
        return error_set(PLAIT_ERR_FORMAT, "it is no text");
    }
    if (search->space.rank > 1) {
        return error_set(PLAIT_ERR_FORMAT, "it has %zu axes where plait reads 0 and 1", search->space.rank);
    }
    if (hdf5_product(count, search->type.bytes) > search->data.left) {
        return error_set(PLAIT_ERR_FORMAT, "%" PRIu64 " texts of %zu bytes where there are %zu bytes", count,
                         search->type.bytes, search->data.left);
    }
    for (uint64_t i = 0; i < count; i++) {
        struct hdf5_part text = hdf5_take_part(&search->data, search->type.bytes);
        if (search->type.kind == HDF5_VARIABLE_TEXT) {
            TRY(open_variable(search, text, &collection, &text));
        }
        TRY(add_text(search, text, texts));
    }
out:
    return status;
}

plait_status hdf5_attribute_read(struct hdf5_file *file, uint64_t address, const char *attribute, bool *found,
                                 bool *scalar, struct hdf5_texts *texts)
{
    plait_status status = PLAIT_OK;
    struct search search = {.file = file, .name = attribute};

    search.hash = hdf5_checksum((const unsigned char *)attribute, strlen(attribute), SIZE_MAX);
    TRY(search_header(&search, address));
    *found = search.found;
    *scalar = search.found && search.space.rank == 0 && search.space.count == 1;
    if (search.found) {
        TRY(read_texts(&search, texts));
    }
out:
    return status == PLAIT_OK ? status : error_within(status, "attribute \"%s\": ", attribute);
}

static plait_status attribute_of_path(struct hdf5_file *file, const char *path, const char *attribute, bool *found,
                                      bool *scalar, struct hdf5_texts *texts)
{
    plait_status status = PLAIT_OK;
    uint64_t address;

    hdf5_begin(file);
    TRY(hdf5_require(file, path, &address));
    TRY(hdf5_attribute_read(file, address, attribute, found, scalar, texts));
out:
    return status;
}

plait_status hdf5_attribute_text(struct hdf5_file *file, const char *path, const char *attribute, char **text)
{
    plait_status status = PLAIT_OK;
    struct hdf5_texts texts = {0};
    bool found = false;
    bool scalar = false;

    *text = NULL;
    TRY(attribute_of_path(file, path, attribute, &found, &scalar, &texts));
    if (found && !scalar) {
        status = error_set(PLAIT_ERR_FORMAT, "attribute \"%s\": it is a list where a single text should be", attribute);
        goto out;
    }
    if (found) {
        *text = texts.items[0];
        texts.count = 0; /* its text is the caller's */
    }
out:
    hdf5_texts_free(&texts);
    return hdf5_within(status, file, path);
}

plait_status hdf5_attribute_texts(struct hdf5_file *file, const char *path, const char *attribute, bool *found,
                                  struct hdf5_texts *texts)
{
    plait_status status = PLAIT_OK;
    struct hdf5_texts all = {0};
    bool scalar = false;

    *found = false;
    TRY(attribute_of_path(file, path, attribute, found, &scalar, &all));
    if (scalar) {
        status = error_set(PLAIT_ERR_FORMAT, "attribute \"%s\": it is a single text where a list should be", attribute);
        goto out;
    }
    *texts = all;
    all = (struct hdf5_texts){0};
out:
    hdf5_texts_free(&all);
    return hdf5_within(status, file, path);
}
