/* SPDX-License-Identifier: MIT */
/* NumPy files: what is written is read back, files as NumPy writes them are read, others are refused. */
#include "base/memory.h"
#include "check.h"
#include "shape/shape.h"
#include "folder.h"

#include <plait/load.h>
#include <stdio.h>
#include <string.h>

static const char file_name[] = "test_npy.npy";

static const float six[6] = {0.0F, -1.5F, 2.25F, 1e-38F, 3e38F, -0.0F};

static void write_bytes(const void *bytes, size_t count)
{
    FILE *file = fopen(file_name, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* Writes a .npy file of this version and header text, followed by the first `values_bytes` of `six`. */
static size_t write_npy(int version, const char *header, size_t values_bytes)
{
    unsigned char bytes[512] = {0x93, 'N', 'U', 'M', 'P', 'Y', (unsigned char)version, 0};
    const size_t length = strlen(header);
    const size_t start = version == 1 ? 10 : 12;

    bytes[8] = (unsigned char)length;
    memcpy(bytes + start, header, length);
    memcpy(bytes + start + length, six, values_bytes);
    write_bytes(bytes, start + length + values_bytes);
    return start + length + values_bytes;
}

static void check_refused(plait_status wanted, const char *part)
{
    plait_array array = {six, {0}};

    check_message(plait_npy_read(file_name, &array), wanted, part);
    check_has(plait_error_message(), file_name);
    assert_ptr_equal(array.data, six);
}

static void check_reads(plait_shape shape)
{
    plait_array array;

    check_ok(plait_npy_read(file_name, &array));
    assert_true(shape_equal(array.shape, shape));
    assert_memory_equal(array.data, six, shape_count(shape) * sizeof *six);
    plait_array_free(&array);
    assert_null(array.data);
    plait_array_free(&array);
}

static void test_round_trip(void **state)
{
    const plait_shape shapes[] = {
        {0},
        PLAIT_SHAPE(6),
        PLAIT_SHAPE(0),
        PLAIT_SHAPE(2, 3),
        PLAIT_SHAPE(3, 0, 2),
        PLAIT_SHAPE(1, 1, 1, 1, 3, 1, 2, 1),
    };

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        check_ok(plait_npy_write(file_name, &(plait_array){six, shapes[i]}));
        check_reads(shapes[i]);
    }
}

static void test_writes_what_numpy_writes(void **state)
{
    static const char wanted[] = "\x93NUMPY\x01\0\x76\0{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    char got[192] = {0};

    (void)state;
    check_ok(plait_npy_write(file_name, &(plait_array){six, PLAIT_SHAPE(2, 3)}));
    FILE *file = fopen(file_name, "rb");
    assert_non_null(file);
    assert_int_equal(fread(got, 1, sizeof got, file), 128 + sizeof six);
    assert_int_equal(fclose(file), 0);
    assert_memory_equal(got, wanted, sizeof wanted - 1);
    assert_int_equal(got[127], '\n');
    assert_memory_equal(got + 128, six, sizeof six);
}

static void test_reads_every_header_form(void **state)
{
    static const struct {
        int version;
        const char *header;
    } rows[] = {
        {1, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }     \n"},
        {2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n"},
        {3, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}\n"},
        {1, "{'shape':(2,3,),\"fortran_order\":False,\"descr\":\"<f4\"}"},
        {1, " { 'shape' : ( 2 , 3 ) , 'descr' : '<f4' , 'fortran_order' : False , } \n\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)write_npy(rows[i].version, rows[i].header, sizeof six);
        check_reads(PLAIT_SHAPE(2, 3));
    }
}

/* Whole numbers become floats, as long as float32 has each of them. */
static void test_reads_integers(void **state)
{
    static const struct {
        const char *descr;
        size_t bytes;
        int64_t value;
        const char *refused;
    } rows[] = {
        {"<i4", 4, 16777216, NULL},
        {"<i4", 4, -16777216, NULL},
        {"<i8", 8, -7, NULL},
        {"<i8", 8, 16777217, "value number 1, counted from 0, is 16777217; plait computes with float32"},
        {"<i8", 8, INT64_MIN, "is -9223372036854775808"},
        {"<i4", 4, INT32_MIN, "is -2147483648"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const int64_t wide[] = {3, rows[i].value};
        const int32_t narrow[] = {3, (int32_t)rows[i].value};
        char bytes[256];
        plait_array array = {0};
        const int length = snprintf(bytes + 10, sizeof bytes - 10,
                                    "{'descr': '%s', 'fortran_order': False, 'shape': (2,), }\n", rows[i].descr);
        memcpy(bytes, "\x93NUMPY\1\0", 8);
        bytes[8] = (char)length;
        bytes[9] = 0;
        memcpy(bytes + 10 + length, rows[i].bytes == 8 ? (const void *)wide : narrow, 2 * rows[i].bytes);
        write_bytes(bytes, 10 + (size_t)length + 2 * rows[i].bytes);
        if (rows[i].refused) {
            check_refused(PLAIT_ERR_FORMAT, rows[i].refused);
            continue;
        }
        check_ok(plait_npy_read(file_name, &array));
        assert_true(array.data[0] == 3 && array.data[1] == (float)rows[i].value);
        plait_array_free(&array);
    }
}

#define HEADER(descr, order, shape) "{'descr': " descr ", 'fortran_order': " order ", 'shape': " shape ", }\n"

static void test_refuses_other_headers(void **state)
{
    static const struct {
        const char *header;
        plait_status status;
        const char *part;
    } rows[] = {
        {HEADER("'<f8'", "False", "(2, 3)"), PLAIT_ERR_FORMAT, "\"<f8\" where plait reads \"<f4\""},
        {HEADER("'>f4'", "False", "(2, 3)"), PLAIT_ERR_FORMAT, "\">f4\""},
        {HEADER("[('a', '<f4')]", "False", "(2, 3)"), PLAIT_ERR_FORMAT, "wrong: \"[('a', "},
        {HEADER("'<f4'", "True", "(2, 3)"), PLAIT_ERR_FORMAT, "fortran_order is True"},
        {HEADER("'<f4'", "0", "(2, 3)"), PLAIT_ERR_FORMAT, "no dict"},
        {HEADER("'<f4'", "False", "(6)"), PLAIT_ERR_FORMAT, "no dict"},
        {HEADER("'<f4'", "False", "6"), PLAIT_ERR_FORMAT, "no dict"},
        {HEADER("'<f4'", "False", "(-6,)"), PLAIT_ERR_FORMAT, "no dict"},
        {HEADER("'<f4'", "False", "(2 3)"), PLAIT_ERR_FORMAT, "no dict"},
        {HEADER("'<f4'", "False", "(,)"), PLAIT_ERR_FORMAT, "no dict"},
        {HEADER("'<f4'", "False", "(1,1,1,1,1,1,1,1,6)"), PLAIT_ERR_FORMAT, "9 axes where plait reads up to 8"},
        {HEADER("'<f4'", "False", "(99999999999999999999,)"), PLAIT_ERR_FORMAT, "no dict"},
        {HEADER("'<f4'", "False", "(9999999999,9999999999)"), PLAIT_ERR_TOO_LARGE, "overflows"},
        {HEADER("'<f4'", "False", "(9223372036854775807,)"), PLAIT_ERR_TOO_LARGE, "overflows"},
        {HEADER("'<f4'", "False", "(7,)"), PLAIT_ERR_FORMAT, "within its values: 28 bytes are needed, 24 are left"},
        {HEADER("'<f4'", "False", "(5,)"), PLAIT_ERR_FORMAT, "24 bytes of values where shape {5} has 20"},
        {"{'descr': '<f4', 'fortran_order': False}\n", PLAIT_ERR_FORMAT, "no dict"},
        {"{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", PLAIT_ERR_FORMAT, "no dict"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'more': 1}", PLAIT_ERR_FORMAT, "'more'"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (6,)} 1", PLAIT_ERR_FORMAT, "wrong: \"1\""},
        {"{'descr': '<f4' 'fortran_order': False, 'shape': (6,)}", PLAIT_ERR_FORMAT, "no dict"},
        {"{'descr': '<f4", PLAIT_ERR_FORMAT, "no dict"},
        {"", PLAIT_ERR_FORMAT, "no dict"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)write_npy(1, rows[i].header, sizeof six);
        check_refused(rows[i].status, rows[i].part);
    }
}

static void test_refuses_other_files(void **state)
{
    (void)state;
    write_bytes("PK\3\4 this is a zip", 18);
    check_refused(PLAIT_ERR_FORMAT, "no .npy file");
    (void)write_npy(4, HEADER("'<f4'", "False", "(6,)"), sizeof six);
    check_refused(PLAIT_ERR_FORMAT, "format 4.0");
    write_bytes("\x93NUMPY\2\0\xff\xff\xff\xff{}", 14);
    check_refused(PLAIT_ERR_FORMAT, "within its header: 4294967295 bytes are needed, 2 are left");
}

static void test_refuses_every_cut(void **state)
{
    unsigned char bytes[512];
    const size_t length = write_npy(1, HEADER("'<f4'", "False", "(2, 3)"), sizeof six);

    (void)state;
    FILE *file = fopen(file_name, "rb");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, sizeof bytes, file), length);
    assert_int_equal(fclose(file), 0);
    for (size_t cut = 0; cut < length; cut++) {
        write_bytes(bytes, cut);
        check_refused(PLAIT_ERR_FORMAT, "within its");
    }
}

static void test_names_what_cannot_be_opened(void **state)
{
    plait_array array = {0};
    const plait_array two = {six, PLAIT_SHAPE(2)};

    (void)state;
    check_message(plait_npy_read("no/such.npy", &array), PLAIT_ERR_IO, "npy \"no/such.npy\": cannot be opened");
    check_message(plait_npy_read(".", &array), PLAIT_ERR_IO, "cannot be read");
    check_message(plait_npy_write("no/such.npy", &two), PLAIT_ERR_IO, "npy \"no/such.npy\": cannot be written");
    check_message(plait_npy_write(".", &two), PLAIT_ERR_IO, "cannot be written");
}

static void test_refuses_null(void **state)
{
    plait_array array = {0};
    const plait_array deep = {six, {.rank = PLAIT_MAX_RANK + 1}};

    (void)state;
    check_message(plait_npy_read(NULL, &array), PLAIT_ERR_INVALID, "path is NULL");
    check_message(plait_npy_read(file_name, NULL), PLAIT_ERR_INVALID, "out is NULL");
    check_message(plait_npy_write(NULL, &array), PLAIT_ERR_INVALID, "path is NULL");
    check_message(plait_npy_write(file_name, NULL), PLAIT_ERR_INVALID, "array is NULL");
    check_message(plait_npy_write(file_name, &array), PLAIT_ERR_INVALID, "array's data is NULL");
    check_message(plait_npy_write(file_name, &deep), PLAIT_ERR_INVALID, "rank 9 is above 8");
    plait_array_free(NULL);
}

static void test_survives_every_failing_allocation(void **state)
{
    const plait_array two = {six, PLAIT_SHAPE(2)};
    const plait_array four = {six, PLAIT_SHAPE(4)};
    plait_array array;
    plait_status status = PLAIT_ERR_HOST_MEMORY;

    (void)state;
    check_ok(plait_npy_write(file_name, &two));
    for (size_t n = 1; status != PLAIT_OK; n++) {
        (void)mem_fail_at(n, false);
        status = plait_npy_write(file_name, &four);
        (void)mem_fail_at(0, false);
        assert_true(status == PLAIT_OK || status == PLAIT_ERR_HOST_MEMORY);
        check_reads(status == PLAIT_OK ? four.shape : two.shape);
    }
    status = PLAIT_ERR_HOST_MEMORY;
    for (size_t n = 1; status != PLAIT_OK; n++) {
        (void)mem_fail_at(n, false);
        status = plait_npy_read(file_name, &array);
        (void)mem_fail_at(0, false);
        assert_true(status == PLAIT_OK || status == PLAIT_ERR_HOST_MEMORY);
    }
    plait_array_free(&array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_writes_what_numpy_writes),
        cmocka_unit_test(test_reads_every_header_form),
        cmocka_unit_test(test_reads_integers),
        cmocka_unit_test(test_refuses_other_headers),
        cmocka_unit_test(test_refuses_other_files),
        cmocka_unit_test(test_refuses_every_cut),
        cmocka_unit_test(test_names_what_cannot_be_opened),
        cmocka_unit_test(test_refuses_null),
        cmocka_unit_test(test_survives_every_failing_allocation),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
