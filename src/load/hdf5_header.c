/* SPDX-License-Identifier: MIT */
#include "load/hdf5_header.h"

#include "base/error.h"

#include <inttypes.h>
#include <string.h>

enum {
    LAST_TYPE = 0x17,     /* types beyond it are younger than this code */
    FLAG_SHARED = 0x02,   /* the message's content lies elsewhere */
    FLAG_DEMANDED = 0x80, /* who does not know the type must not read the object */
};

/* Opens a block of messages: of version 1, which has no signature, with NULL. */
static plait_status open_block(struct hdf5_header *header, uint64_t address, uint64_t bytes, const char *signature)
{
    plait_status status = PLAIT_OK;

    if (signature) {
        TRY(hdf5_block(header->file, address, bytes, signature, &header->block));
    } else {
        TRY(hdf5_window(header->file, address, bytes, "object header", &header->block));
    }
    TRY(hdf5_work(header->file, bytes));
out:
    return status;
}

/* Version 1: a prefix of 16 bytes and a block of messages with a prefix of 8. */
static plait_status open_old(uint64_t address, struct hdf5_header *header)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part prefix;

    TRY(hdf5_window(header->file, address, 16, "object header", &prefix));
    if (hdf5_take(&prefix, 1) != 1) {
        return error_set(PLAIT_ERR_FORMAT, "there is no object header of version 1 or 2 at %" PRIu64, address);
    }
    (void)hdf5_take_bytes(&prefix, 7); /* number of messages, of links to the object */
    header->old = true;
    header->prefix_bytes = 8;
    TRY(open_block(header, address + 16, hdf5_take(&prefix, 4), NULL));
out:
    return status;
}

/* Version 2: the first block has a prefix, with optional times and limits, whose last field is its size. */
static plait_status open_new(uint64_t address, struct hdf5_header *header)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part prefix;

    TRY(hdf5_window(header->file, address, 6, "object header", &prefix));
    (void)hdf5_take(&prefix, 4);
    const uint64_t version = hdf5_take(&prefix, 1);
    const uint64_t flags = hdf5_take(&prefix, 1);
    if (version != 2) {
        return error_set(PLAIT_ERR_FORMAT, "object header version %" PRIu64 " where plait reads 1 and 2", version);
    }
    const size_t size_at = 6U + (flags & 0x20 ? 16U : 0U) + (flags & 0x10 ? 4U : 0U);
    const size_t size_bytes = (size_t)1 << (flags & 3);
    TRY(hdf5_window(header->file, address + size_at, size_bytes, "object header", &prefix));
    const uint64_t bytes = hdf5_sum(hdf5_take(&prefix, size_bytes), size_at + size_bytes + 4);
    TRY(open_block(header, address, bytes, "OHDR"));
    (void)hdf5_take_bytes(&header->block, size_at + size_bytes - 4);
    header->prefix_bytes = flags & 0x04 ? 6 : 4; /* with the order in which messages were made */
out:
    return status;
}

plait_status hdf5_header_open(struct hdf5_file *file, uint64_t address, struct hdf5_header *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part start;

    *out = (struct hdf5_header){.file = file};
    TRY(hdf5_window(file, address, 4, "object header", &start));
    TRY(memcmp(start.at, "OHDR", 4) == 0 ? open_new(address, out) : open_old(address, out));
out:
    return status;
}

/* Notes a block that a continuation message names. */
static plait_status add_pending(struct hdf5_header *header, struct hdf5_part body)
{
    const size_t i = header->pending_count;

    if (i == HDF5_PENDING) {
        return error_set(PLAIT_ERR_FORMAT, "the object header has more than %d open continuations", HDF5_PENDING);
    }
    header->pending[i].address = hdf5_take(&body, 8);
    header->pending[i].bytes = hdf5_take(&body, 8);
    header->pending_count++;
    return hdf5_part_check(&body, "continuation message");
}

static plait_status open_pending(struct hdf5_header *header)
{
    const size_t i = --header->pending_count;

    return open_block(header, header->pending[i].address, header->pending[i].bytes, header->old ? NULL : "OCHK");
}

static plait_status take_message(struct hdf5_header *header, struct hdf5_message *out)
{
    struct hdf5_part *block = &header->block;

    out->type = (int)hdf5_take(block, header->old ? 2 : 1);
    const uint64_t bytes = hdf5_take(block, 2);
    const uint64_t flags = hdf5_take(block, 1);
    (void)hdf5_take_bytes(block, header->prefix_bytes - (header->old ? 5 : 4));
    out->body = hdf5_take_part(block, bytes);
    if (block->beyond) {
        return error_set(PLAIT_ERR_FORMAT, "a message of type %d and %" PRIu64 " bytes ends beyond its object header",
                         out->type, bytes);
    }
    if (out->type > LAST_TYPE && flags & FLAG_DEMANDED) {
        return error_set(PLAIT_ERR_FORMAT, "it has a message of type %d, which plait does not know", out->type);
    }
    out->shared = flags & FLAG_SHARED;
    return PLAIT_OK;
}

plait_status hdf5_header_next(struct hdf5_header *header, struct hdf5_message *out)
{
    plait_status status = PLAIT_OK;

    do {
        while (header->block.left < header->prefix_bytes) {
            if (header->pending_count == 0) {
                out->type = HDF5_END;
                return PLAIT_OK;
            }
            TRY(open_pending(header));
        }
        TRY(take_message(header, out));
        if (out->type == HDF5_CONTINUATION) {
            TRY(add_pending(header, out->body));
        }
    } while (out->type == HDF5_CONTINUATION);
out:
    return status;
}

static const char *message_name(int type)
{
    switch (type) {
    case HDF5_SPACE:
        return "dataspace";
    case HDF5_TYPE:
        return "datatype";
    case HDF5_EXTERNAL:
        return "list of external files";
    case HDF5_LAYOUT:
        return "layout";
    default:
        return "filters";
    }
}

plait_status hdf5_message_find(struct hdf5_file *file, uint64_t address, int type, struct hdf5_message *out)
{
    plait_status status = PLAIT_OK;
    struct hdf5_header header;
    struct hdf5_message message;

    *out = (struct hdf5_message){.type = HDF5_END};
    TRY(hdf5_header_open(file, address, &header));
    TRY(hdf5_header_next(&header, &message));
    while (message.type != HDF5_END) {
        if (message.type == type && out->type == type) {
            return error_set(PLAIT_ERR_FORMAT, "its %s is given twice", message_name(type));
        }
        if (message.type == type) {
            *out = message;
        }
        TRY(hdf5_header_next(&header, &message));
    }
    if (out->type == type && out->shared) {
        return error_set(PLAIT_ERR_FORMAT, "its %s is committed or shared, which plait does not read",
                         message_name(type));
    }
out:
    return status;
}
