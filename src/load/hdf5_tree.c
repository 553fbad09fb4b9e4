/* SPDX-License-Identifier: MIT */
#include "load/hdf5_tree.h"

#include "base/error.h"

#include <inttypes.h>

/* ---- Version 1 -------------------------------------------------------------------------------------- */

/* Takes the head of the node at an address and leaves `out` at its first key. */
static plait_status open_node1(struct hdf5_file *file, uint64_t address, const struct hdf5_tree1 *tree, unsigned *level,
                               size_t *count, struct hdf5_part *out)
{
    plait_status status = PLAIT_OK;

    TRY(hdf5_window(file, address, 24, "B-tree node", out));
    TRY(hdf5_take_signature(out, "TREE"));
    const unsigned type = (unsigned)hdf5_take(out, 1);
    *level = (unsigned)hdf5_take(out, 1);
    *count = (size_t)hdf5_take(out, 2);
    if (type != tree->type) {
        return error_set(PLAIT_ERR_FORMAT, "the B-tree node at %" PRIu64 " has type %u where %u should be", address,
                         type, tree->type);
    }
    const uint64_t bytes = *count * (tree->key_bytes + 8) + tree->key_bytes;
    TRY(hdf5_part(file, hdf5_sum(address, 24), bytes, "B-tree node", out));
out:
    return status;
}

static plait_status visit_node1(struct hdf5_file *file, uint64_t address, const struct hdf5_tree1 *tree,
                                unsigned most_level)
{
    plait_status status = PLAIT_OK;
    struct hdf5_part part;
    unsigned level;
    size_t count;

    TRY(open_node1(file, address, tree, &level, &count, &part));
    if (level > most_level) {
        return error_set(PLAIT_ERR_FORMAT, "the B-tree node at %" PRIu64 " has level %u where %u is the most", address,
                         level, most_level);
    }
    for (size_t i = 0; i < count; i++) {
        const unsigned char *low = hdf5_take_bytes(&part, tree->key_bytes);
        const uint64_t child = hdf5_take(&part, 8);
        bool wanted = true;
        if (tree->wanted) {
            TRY(tree->wanted(tree->user, low, part.at, &wanted));
        }
        if (wanted && level == 0) {
            TRY(tree->visit(tree->user, low, child));
        } else if (wanted) {
            TRY(visit_node1(file, child, tree, level - 1));
        }
    }
out:
    return status;
}

plait_status hdf5_tree1_visit(struct hdf5_file *file, uint64_t address, const struct hdf5_tree1 *tree)
{
    return visit_node1(file, address, tree, HDF5_TREE_LEVELS);
}

/* ---- Version 2 -------------------------------------------------------------------------------------- */

/* A node's records, behind them, in a node that is no leaf, for each child its address, its number of
 * records, and, if it is no leaf either, the number of all records below it. */
struct tree2 {
    struct hdf5_file *file;
    const struct hdf5_tree2 *want;
    size_t count_bytes;
    size_t total_bytes[HDF5_TREE_LEVELS + 1]; /* by the child's level */
};

/* Sets the widths of counts, which follow from what a node can hold at most. */
static plait_status set_widths(struct tree2 *tree, uint64_t node_bytes, size_t depth)
{
    enum { OVERHEAD = 10 }; /* signature, version, type, checksum */

    if (node_bytes < OVERHEAD + tree->want->record_bytes) {
        return error_set(PLAIT_ERR_FORMAT, "B-tree nodes of %" PRIu64 " bytes with records of %zu bytes", node_bytes,
                         tree->want->record_bytes);
    }
    uint64_t most = (node_bytes - OVERHEAD) / tree->want->record_bytes;
    uint64_t most_below = most;
    tree->count_bytes = hdf5_width(most);
    for (size_t level = 1; level <= depth; level++) {
        const size_t pointer_bytes = 8 + tree->count_bytes + tree->total_bytes[level - 1];
        if (node_bytes < OVERHEAD + pointer_bytes) {
            return error_set(PLAIT_ERR_FORMAT, "B-tree nodes of %" PRIu64 " bytes cannot hold a child", node_bytes);
        }
        most = (node_bytes - OVERHEAD - pointer_bytes) / (tree->want->record_bytes + pointer_bytes);
        most_below = hdf5_sum(hdf5_product(most + 1, most_below), most);
        tree->total_bytes[level] = hdf5_width(most_below);
    }
    return PLAIT_OK;
}

static plait_status visit_node2(struct tree2 *tree, uint64_t address, uint64_t count, size_t level)
{
    plait_status status = PLAIT_OK;
    const size_t pointer_bytes = level > 0 ? 8 + tree->count_bytes + tree->total_bytes[level - 1] : 0;
    const uint64_t record_bytes = hdf5_product(count, tree->want->record_bytes);
    struct hdf5_part records;
    struct hdf5_part children;

    const uint64_t bytes = hdf5_sum(record_bytes, hdf5_product(hdf5_sum(count, 1), pointer_bytes));
    TRY(hdf5_block(tree->file, address, hdf5_sum(bytes, 10), level > 0 ? "BTIN" : "BTLF", &records));
    TRY(hdf5_work(tree->file, bytes));
    (void)hdf5_take(&records, 2); /* version, type */
    children = records;
    (void)hdf5_take_bytes(&children, record_bytes);
    for (uint64_t i = 0; i <= count; i++) {
        const unsigned char *record = i < count ? hdf5_take_bytes(&records, tree->want->record_bytes) : NULL;
        const int side = record && tree->want->side ? tree->want->side(tree->want->user, record) : 0;
        struct hdf5_part child = hdf5_take_part(&children, pointer_bytes);
        if (level > 0 && side >= 0) {
            const uint64_t child_address = hdf5_take(&child, 8);
            TRY(visit_node2(tree, child_address, hdf5_take(&child, tree->count_bytes), level - 1));
        }
        if (record && side == 0) {
            TRY(tree->want->visit(tree->want->user, record));
        }
        if (side > 0) {
            break;
        }
    }
out:
    return status;
}

plait_status hdf5_tree2_visit(struct hdf5_file *file, uint64_t address, const struct hdf5_tree2 *want)
{
    plait_status status = PLAIT_OK;
    struct tree2 tree = {.file = file, .want = want};
    struct hdf5_part part;

    TRY(hdf5_block(file, address, 38, "BTHD", &part));
    (void)hdf5_take(&part, 1); /* version */
    const unsigned type = (unsigned)hdf5_take(&part, 1);
    const uint64_t node_bytes = hdf5_take(&part, 4);
    const uint64_t record_bytes = hdf5_take(&part, 2);
    const size_t depth = (size_t)hdf5_take(&part, 2);
    (void)hdf5_take(&part, 2); /* when nodes are split and merged */
    const uint64_t root = hdf5_take(&part, 8);
    const uint64_t root_count = hdf5_take(&part, 2);
    if (type != want->type || record_bytes != want->record_bytes || depth > HDF5_TREE_LEVELS) {
        return error_set(PLAIT_ERR_FORMAT,
                         "the B-tree at %" PRIu64 " has type %u, records of %" PRIu64
                         " bytes and depth %zu where type %u, %zu "
                         "bytes and depth 0 to %d should be",
                         address, type, record_bytes, depth, want->type, want->record_bytes, HDF5_TREE_LEVELS);
    }
    TRY(set_widths(&tree, node_bytes, depth));
    if (root != HDF5_UNDEFINED) {
        TRY(visit_node2(&tree, root, root_count, depth));
    }
out:
    return status;
}
