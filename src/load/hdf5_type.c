/* SPDX-License-Identifier: MIT */
#include "load/hdf5_type.h"

#include "base/error.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(float) == 4 && sizeof(double) == 8,
               "values are copied between files and memory as they are");

/* ---- Dataspaces ------------------------------------------------------------------------------------- */

static plait_status take_dims(struct hdf5_part *body, bool has_most, struct hdf5_space *out)
{
    for (size_t i = 0; i < out->rank; i++) {
        out->dims[i] = hdf5_take(body, 8);
        out->most[i] = out->dims[i];
        out->count = hdf5_product(out->count, out->dims[i]);
    }
    for (size_t i = 0; has_most && i < out->rank; i++) {
        out->most[i] = hdf5_take(body, 8);
        if (out->most[i] < out->dims[i]) {
            return error_set(PLAIT_ERR_FORMAT, "axis %zu has size %" PRIu64 ", more than its limit %" PRIu64, i,
                             out->dims[i], out->most[i]);
        }
    }
    return hdf5_part_check(body, "dataspace");
}

plait_status hdf5_space_parse(struct hdf5_part body, struct hdf5_space *out)
{
    const uint64_t version = hdf5_take(&body, 1);
    const uint64_t rank = hdf5_take(&body, 1);
    const uint64_t flags = hdf5_take(&body, 1);
    const uint64_t kind = hdf5_take(&body, 1); /* version 2: 0 scalar, 1 array, 2 null */

    *out = (struct hdf5_space){0};
    if (version != 1 && version != 2) {
        return error_set(PLAIT_ERR_FORMAT, "dataspace version %" PRIu64 " where plait reads 1 and 2", version);
    }
    if (rank > PLAIT_MAX_RANK) {
        return error_set(PLAIT_ERR_FORMAT, "it has %" PRIu64 " axes where plait reads up to %d", rank, PLAIT_MAX_RANK);
    }
    if (version == 1) {
        (void)hdf5_take(&body, 4);
    }
    out->rank = (size_t)rank;
    out->count = version == 2 && kind == 2 ? 0 : 1;
    return take_dims(&body, flags & 1, out);
}

/* ---- Datatypes -------------------------------------------------------------------------------------- */

enum { CLASS_INTEGER = 0, CLASS_FLOAT = 1, CLASS_TEXT = 3, CLASS_OPAQUE = 5, CLASS_VARIABLE = 9 };

static plait_status refuse(const char *what)
{
    return error_set(PLAIT_ERR_FORMAT, "its values are %s, which plait does not read", what);
}

static plait_status parse_integer(struct hdf5_part *body, uint64_t bits, struct hdf5_type *out)
{
    const bool is_signed = bits & 8;
    const uint64_t offset = hdf5_take(body, 2);
    const uint64_t precision = hdf5_take(body, 2);

    if (bits & 1) {
        return refuse("big-endian");
    }
    if (offset != 0 || precision != 8 * out->bytes) {
        return refuse("integers padded with unused bits");
    }
    out->kind = HDF5_NUMBER;
    switch (out->bytes) {
    case 1:
        out->number = is_signed ? HDF5_INT8 : HDF5_UINT8;
        return PLAIT_OK;
    case 2:
        out->number = is_signed ? HDF5_INT16 : HDF5_UINT16;
        return PLAIT_OK;
    case 4:
        out->number = is_signed ? HDF5_INT32 : HDF5_UINT32;
        return PLAIT_OK;
    case 8:
        out->number = is_signed ? HDF5_INT64 : HDF5_UINT64;
        return PLAIT_OK;
    default:
        return refuse("integers of an odd size");
    }
}

/* A float's fields, as they stand in the file. */
struct layout {
    unsigned char bytes;
    unsigned char sign_at;
    unsigned char exponent_at, exponent_bits;
    unsigned char mantissa_at, mantissa_bits;
    unsigned short bias;
    enum hdf5_number number;
};

static const struct layout layouts[] = {
    {2, 15, 10, 5, 0, 10, 15, HDF5_FLOAT16},
    {2, 15, 7, 8, 0, 7, 127, HDF5_BFLOAT16},
    {4, 31, 23, 8, 0, 23, 127, HDF5_FLOAT32},
    {8, 63, 52, 11, 0, 52, 1023, HDF5_FLOAT64},
};

static plait_status parse_float(struct hdf5_part *body, uint64_t bits, struct hdf5_type *out)
{
    enum { BIG_ENDIAN_OR_VAX = 0x41, NORMALIZATION = 0x30, IMPLIED = 0x20 };

    if (bits & BIG_ENDIAN_OR_VAX) {
        return refuse("big-endian");
    }
    (void)hdf5_take(body, 2);
    const uint64_t precision = hdf5_take(body, 2);
    const unsigned char *field = hdf5_take_bytes(body, 4);
    const uint64_t bias = hdf5_take(body, 4);
    for (size_t i = 0; field && i < sizeof layouts / sizeof *layouts; i++) {
        const struct layout *it = &layouts[i];
        if (out->bytes == it->bytes && precision == 8 * out->bytes && (bits & NORMALIZATION) == IMPLIED &&
            bits >> 8 == it->sign_at && field[0] == it->exponent_at && field[1] == it->exponent_bits &&
            field[2] == it->mantissa_at && field[3] == it->mantissa_bits && bias == it->bias) {
            out->kind = HDF5_NUMBER;
            out->number = it->number;
            return PLAIT_OK;
        }
    }
    return refuse("floats of a kind that is neither float16, bfloat16, float32 nor float64");
}

static plait_status parse_variable(uint64_t bits, struct hdf5_type *out)
{
    if ((bits & 0xf) != 1 || out->bytes != 16) {
        return refuse("lists of variable length");
    }
    out->kind = HDF5_VARIABLE_TEXT;
    return PLAIT_OK;
}

static plait_status parse_class(struct hdf5_part *body, uint64_t class, uint64_t bits, struct hdf5_type *out)
{
    static const char *const names[] = {"integers",           "floats", "times",     "text",
                                        "bit fields",         "opaque", "compounds", "references",
                                        "enumerated (bool?)", "lists",  "arrays",    "complex"};

    switch (class) {
    case CLASS_INTEGER:
        return parse_integer(body, bits, out);
    case CLASS_FLOAT:
        return parse_float(body, bits, out);
    case CLASS_TEXT:
        out->kind = HDF5_TEXT;
        out->space_padded = (bits & 0xf) == 2;
        return PLAIT_OK;
    case CLASS_OPAQUE:
        out->kind = HDF5_OPAQUE;
        return PLAIT_OK;
    case CLASS_VARIABLE:
        return parse_variable(bits, out);
    default:
        return refuse(class < sizeof names / sizeof *names ? names[class] : "of an unknown class");
    }
}

plait_status hdf5_type_parse(struct hdf5_part body, struct hdf5_type *out)
{
    plait_status status = PLAIT_OK;
    const uint64_t class_version = hdf5_take(&body, 1);
    const uint64_t bits = hdf5_take(&body, 3);

    *out = (struct hdf5_type){.bytes = (size_t)hdf5_take(&body, 4)};
    TRY(hdf5_part_check(&body, "datatype"));
    if (class_version >> 4 < 1 || class_version >> 4 > 5) {
        return error_set(PLAIT_ERR_FORMAT, "datatype version %" PRIu64 " where plait reads 1 to 5", class_version >> 4);
    }
    TRY(parse_class(&body, class_version & 0xf, bits, out));
    if (out->bytes == 0) {
        return error_set(PLAIT_ERR_FORMAT, "its values have 0 bytes each");
    }
    TRY(hdf5_part_check(&body, "datatype"));
out:
    return status;
}

/* ---- Numbers ---------------------------------------------------------------------------------------- */

const char *hdf5_number_name(enum hdf5_number number)
{
    static const char *const names[] = {
#define NAME_ENTRY(name, text) text,
        HDF5_NUMBERS(NAME_ENTRY)
#undef NAME_ENTRY
    };

    return names[number];
}

static float float_from_bits(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static float float_from_half(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000U) << 16;
    const uint32_t exponent = half >> 10 & 0x1fU;
    const uint32_t mantissa = half & 0x3ffU;

    if (exponent == 0) {
        const float size = (float)mantissa * 0x1p-24F;
        return sign ? -size : size;
    }
    return float_from_bits(sign | (exponent == 31 ? 255 : exponent + 112) << 23 | mantissa << 13);
}

/* Each value v, of C's `type`, gives one float. */
#define CONVERT(type, float_of_v)                     \
    do {                                              \
        for (size_t i = 0; i < count; i++) {          \
            type v;                                   \
            memcpy(&v, src + i * sizeof v, sizeof v); \
            out[i] = (float_of_v);                    \
        }                                             \
    } while (0)

static bool convert_doubles(const unsigned char *src, size_t count, float *out, size_t *bad)
{
    for (size_t i = 0; i < count; i++) {
        double v;
        memcpy(&v, src + i * sizeof v, sizeof v);
        out[i] = (float)v;
        if (isinf(out[i]) && !isinf(v)) {
            *bad = i;
            return false;
        }
    }
    return true;
}

bool hdf5_convert(enum hdf5_number number, const unsigned char *src, size_t count, float *out, size_t *bad)
{
    switch (number) {
    case HDF5_FLOAT16:
        CONVERT(uint16_t, float_from_half(v));
        break;
    case HDF5_BFLOAT16:
        CONVERT(uint16_t, float_from_bits((uint32_t)v << 16));
        break;
    case HDF5_FLOAT32:
        memcpy(out, src, count * sizeof *out);
        break;
    case HDF5_FLOAT64:
        return convert_doubles(src, count, out, bad);
    case HDF5_INT8:
        CONVERT(int8_t, (float)v);
        break;
    case HDF5_INT16:
        CONVERT(int16_t, (float)v);
        break;
    case HDF5_INT32:
        CONVERT(int32_t, (float)v);
        break;
    case HDF5_INT64:
        CONVERT(int64_t, (float)v);
        break;
    case HDF5_UINT8:
        CONVERT(uint8_t, (float)v);
        break;
    case HDF5_UINT16:
        CONVERT(uint16_t, (float)v);
        break;
    case HDF5_UINT32:
        CONVERT(uint32_t, (float)v);
        break;
    case HDF5_UINT64:
        CONVERT(uint64_t, (float)v);
        break;
    }
    return true;
}
