/* SPDX-License-Identifier: MIT */
/* Old groups: a B-tree leads to nodes of symbols, whose names are in a local heap. New groups: links are
 * messages of the object header, or, where they are many, objects of a fractal heap, which a B-tree
 * indexes by the names' hashes. */
#include "load/hdf5_group.h"

#include "base/error.h"
#include "load/hdf5_header.h"
#include "load/hdf5_heap.h"
#include "load/hdf5_texts.h"
#include "load/hdf5_tree.h"

#include <inttypes.h>
#include <string.h>

struct name {
    const char *text;
    size_t length;
};

/* A walk through a group's links: all of them, or the one that is wanted. */
struct walk {
    struct hdf5_file *file;
    const struct name *wanted; /* NULL: all */
    uint64_t address;          /* of the wanted one's object; HDF5_UNDEFINED if it was not found */
    struct hdf5_texts *names;  /* of all */
    struct hdf5_part segment;  /* old groups: the local heap */
    struct hdf5_fractal heap;  /* new groups with many links */
    uint32_t hash;             /* of the wanted one */
};

static int name_compare(struct name a, struct name b)
{
    const int order = memcmp(a.text, b.text, a.length < b.length ? a.length : b.length);

    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* ---- One link --------------------------------------------------------------------------------------- */

/* `other` says what kind of link it is if it is none to an object of this file. */
static plait_status visit_link(struct walk *walk, struct name name, uint64_t address, const char *other)
{
    if (!walk->wanted) {
        return hdf5_texts_add(walk->file, walk->names, name.text, name.length);
    }
    if (name_compare(name, *walk->wanted) != 0) {
        return PLAIT_OK;
    }
    if (other) {
        return error_set(PLAIT_ERR_FORMAT, "\"%.*s\" is %s, which plait does not follow", (int)name.length, name.text,
                         other);
    }
    if (walk->address != HDF5_UNDEFINED) {
        return error_set(PLAIT_ERR_FORMAT, "there are two links \"%.*s\"", (int)name.length, name.text);
    }
    walk->address = address;
    return PLAIT_OK;
}

/* ---- Old groups ------------------------------------------------------------------------------------- */

static plait_status local_name(struct walk *walk, uint64_t offset, struct name *out)
{
    plait_status status = PLAIT_OK;

    TRY(hdf5_local_text(walk->file, walk->segment, offset, &out->text));
    out->length = strlen(out->text);
out:
    return status;
}

static plait_status visit_symbol(struct walk *walk, struct hdf5_part *part)
{
    plait_status status = PLAIT_OK;
    enum { SOFT_LINK = 2 };
    struct name name;

    TRY(local_name(walk, hdf5_take(part, 8), &name));
    const uint64_t address = hdf5_take(part, 8);
    const uint64_t kind = hdf5_take(part, 4);
    (void)hdf5_take_bytes(part, 20);
    TRY(visit_link(walk, name, address, kind == SOFT_LINK ? "a soft link" : NULL));
out:
    return status;
}

/* Called for each node of symbols. */
static plait_status visit_symbols(void *user, const unsigned char *key, uint64_t address)
{
    plait_status status = PLAIT_OK;
    struct walk *walk = user;
    struct hdf5_part part;

    (void)key;
    TRY(hdf5_window(walk->file, address, 8, "symbol table node", &part));
    TRY(hdf5_take_signature(&part, "SNOD"));
    (void)hdf5_take(&part, 2); /* version */
    const uint64_t count = hdf5_take(&part, 2);
    TRY(hdf5_part(walk->file, address + 8, count * 40, "symbol table node", &part));
    for (uint64_t i = 0; i < count; i++) {
        TRY(visit_symbol(walk, &part));
    }
out:
    return status;
}

/* A node holds names greater than its low key, up to its high key. */
static plait_status wants_symbols(void *user, const unsigned char *low, const unsigned char *high, bool *wanted)
{
    plait_status status = PLAIT_OK;
    struct walk *walk = user;
    struct hdf5_part low_key = {low, 8, false};
    struct hdf5_part high_key = {high, 8, false};
    struct name name;

    *wanted = !walk->wanted;
    if (walk->wanted) {
        TRY(local_name(walk, hdf5_take(&low_key, 8), &name));
        *wanted = name_compare(name, *walk->wanted) < 0;
    }
    if (walk->wanted && *wanted) {
        TRY(local_name(walk, hdf5_take(&high_key, 8), &name));
        *wanted = name_compare(name, *walk->wanted) >= 0;
    }
out:
    return status;
}

static plait_status walk_old(struct walk *walk, struct hdf5_part body)
{
    plait_status status = PLAIT_OK;
    const struct hdf5_tree1 tree = {HDF5_TREE1_GROUP, 8, wants_symbols, visit_symbols, walk};
    const uint64_t tree_address = hdf5_take(&body, 8);
    const uint64_t heap_address = hdf5_take(&body, 8);

    TRY(hdf5_part_check(&body, "symbol table message"));
    TRY(hdf5_local_heap(walk->file, heap_address, &walk->segment));
    TRY(hdf5_tree1_visit(walk->file, tree_address, &tree));
out:
    return status;
}

/* ---- New groups ------------------------------------------------------------------------------------- */

static const char *link_kind(uint64_t kind)
{
    switch (kind) {
    case 0:
        return NULL;
    case 1:
        return "a soft link";
    case 64:
        return "an external link";
    default:
        return "a user-defined link";
    }
}

static plait_status visit_message(struct walk *walk, struct hdf5_part body)
{
    plait_status status = PLAIT_OK;
    const uint64_t version = hdf5_take(&body, 1);
    const uint64_t flags = hdf5_take(&body, 1);
    const char *other = link_kind(flags & 0x08 ? hdf5_take(&body, 1) : 0);

    if (version != 1) {
        return error_set(PLAIT_ERR_FORMAT, "link message version %" PRIu64 " where plait reads 1", version);
    }
    (void)hdf5_take_bytes(&body, (flags & 0x04 ? 8 : 0) + (flags & 0x10 ? 1 : 0)); /* order, character set */
    const struct hdf5_part text = hdf5_take_part(&body, hdf5_take(&body, (size_t)1 << (flags & 3)));
    const struct name name = {(const char *)text.at, text.left};
    const uint64_t address = other ? HDF5_UNDEFINED : hdf5_take(&body, 8);
    TRY(hdf5_part_check(&body, "link message"));
    TRY(visit_link(walk, name, address, other));
out:
    return status;
}

enum { HASH_BYTES = 4 };

static int side_of_link(void *user, const unsigned char *record)
{
    const struct walk *walk = user;
    struct hdf5_part part = {record, HASH_BYTES, false};
    const uint64_t hash = hdf5_take(&part, HASH_BYTES);

    return walk->wanted ? (hash > walk->hash) - (hash < walk->hash) : 0;
}

static plait_status visit_record(void *user, const unsigned char *record)
{
    plait_status status = PLAIT_OK;
    struct walk *walk = user;
    struct hdf5_part object;

    TRY(hdf5_fractal_object(&walk->heap, record + HASH_BYTES, &object));
    TRY(visit_message(walk, object));
out:
    return status;
}

static plait_status walk_dense(struct walk *walk, struct hdf5_part body)
{
    plait_status status = PLAIT_OK;
    struct hdf5_tree2 tree = {.type = HDF5_TREE2_LINKS, .side = side_of_link, .visit = visit_record};

    (void)hdf5_take(&body, 1);                                     /* version */
    (void)hdf5_take_bytes(&body, hdf5_take(&body, 1) & 1 ? 8 : 0); /* highest order so far */
    const uint64_t heap_address = hdf5_take(&body, 8);
    const uint64_t tree_address = hdf5_take(&body, 8);
    TRY(hdf5_part_check(&body, "link information message"));
    if (heap_address != HDF5_UNDEFINED) {
        TRY(hdf5_fractal_open(walk->file, heap_address, &walk->heap));
        tree.record_bytes = HASH_BYTES + walk->heap.id_bytes;
        tree.user = walk;
        TRY(hdf5_tree2_visit(walk->file, tree_address, &tree));
    }
out:
    return status;
}

/* ---- Groups ----------------------------------------------------------------------------------------- */

/* Walks a group in whichever form it is; *is_group is false for an object that is none. */
static plait_status walk_group(struct walk *walk, uint64_t address, bool *is_group)
{
    plait_status status = PLAIT_OK;
    struct hdf5_header header;
    struct hdf5_message message;

    *is_group = false;
    TRY(hdf5_header_open(walk->file, address, &header));
    TRY(hdf5_header_next(&header, &message));
    while (message.type != HDF5_END) {
        if (message.type == HDF5_SYMBOL_TABLE) {
            TRY(walk_old(walk, message.body));
        } else if (message.type == HDF5_LINK_INFO) {
            TRY(walk_dense(walk, message.body));
        } else if (message.type == HDF5_LINK) {
            TRY(visit_message(walk, message.body));
        }
        *is_group = *is_group || message.type == HDF5_SYMBOL_TABLE || message.type == HDF5_LINK_INFO;
        TRY(hdf5_header_next(&header, &message));
    }
out:
    return status;
}

plait_status hdf5_resolve(struct hdf5_file *file, const char *path, uint64_t *address)
{
    plait_status status = PLAIT_OK;
    bool is_group;

    *address = file->root;
    for (const char *at = path + strspn(path, "/"); *at != 0; at += strspn(at, "/")) {
        const struct name name = {at, strcspn(at, "/")};
        struct walk walk = {.file = file, .wanted = &name, .address = HDF5_UNDEFINED};
        walk.hash = hdf5_checksum((const unsigned char *)name.text, name.length, SIZE_MAX);
        TRY(walk_group(&walk, *address, &is_group));
        *address = walk.address;
        if (walk.address == HDF5_UNDEFINED) {
            return PLAIT_OK;
        }
        at += name.length;
    }
out:
    return status;
}

plait_status hdf5_require(struct hdf5_file *file, const char *path, uint64_t *address)
{
    plait_status status = PLAIT_OK;

    TRY(hdf5_resolve(file, path, address));
    if (*address == HDF5_UNDEFINED) {
        return error_set(PLAIT_ERR_FORMAT, "there is no such object");
    }
out:
    return status;
}

static plait_status find_kind(struct hdf5_file *file, const char *path, enum hdf5_kind *kind)
{
    plait_status status = PLAIT_OK;
    uint64_t address;
    struct hdf5_header header;
    struct hdf5_message message;

    *kind = HDF5_NONE;
    TRY(hdf5_resolve(file, path, &address));
    if (address == HDF5_UNDEFINED) {
        return PLAIT_OK;
    }
    TRY(hdf5_header_open(file, address, &header));
    TRY(hdf5_header_next(&header, &message));
    while (message.type != HDF5_END) {
        if (message.type == HDF5_LAYOUT) {
            *kind = HDF5_DATASET;
        } else if (message.type == HDF5_SYMBOL_TABLE || message.type == HDF5_LINK_INFO) {
            *kind = HDF5_GROUP;
        }
        TRY(hdf5_header_next(&header, &message));
    }
    if (*kind == HDF5_NONE) {
        return error_set(PLAIT_ERR_FORMAT, "it is neither a group nor a dataset");
    }
out:
    return status;
}

plait_status hdf5_find(struct hdf5_file *file, const char *path, enum hdf5_kind *kind)
{
    hdf5_begin(file);
    return hdf5_within(find_kind(file, path, kind), file, path);
}

static plait_status list_names(struct hdf5_file *file, const char *path, struct hdf5_texts *names)
{
    plait_status status = PLAIT_OK;
    struct walk walk = {.file = file, .names = names};
    uint64_t address;
    bool is_group;

    TRY(hdf5_require(file, path, &address));
    TRY(walk_group(&walk, address, &is_group));
    if (!is_group) {
        return error_set(PLAIT_ERR_FORMAT, "it is no group");
    }
out:
    return status;
}

plait_status hdf5_list(struct hdf5_file *file, const char *path, struct hdf5_texts *names)
{
    struct hdf5_texts all = {0};

    hdf5_begin(file);
    const plait_status status = list_names(file, path, &all);
    if (status != PLAIT_OK) {
        hdf5_texts_free(&all);
        return hdf5_within(status, file, path);
    }
    *names = all;
    return PLAIT_OK;
}
