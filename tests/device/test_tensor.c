/* SPDX-License-Identifier: MIT */
/* Tensors: own memory, and parts of the application's buffers. */
#include "base/memory.h"
#include "check.h"
#include "cl_fault.h"
#include "compare.h"
#include "device/buffer.h"
#include "device/cl.h"
#include "fixture.h"
#include "random.h"

#include <string.h>

enum { COUNT = 24 };

static void values_come_back(void **state)
{
    struct random random = random_stream("values_come_back");
    const float *values = random_floats(&random, DATA_SPECIAL, COUNT);
    float back[COUNT] = {0};

    (void)state;
    for (int out_of_order = 0; out_of_order < 2; out_of_order++) {
        plait_tensor *tensor = NULL;
        check_ok(plait_tensor_create(fixture_context(out_of_order), PLAIT_SHAPE(2, 3, 4), &tensor));
        assert_int_equal(plait_tensor_shape(tensor).rank, 3);
        check_ok(plait_tensor_write(tensor, values, COUNT));
        check_ok(plait_tensor_read(tensor, back, COUNT));
        check_verdict(compare_floats(back, values, COUNT), "queue %d", out_of_order);
        plait_tensor_free(tensor);
    }
}

static void write_last(const void *user, void *memory)
{
    ((float *)memory)[COUNT - 1] = *(const float *)user;
}

/* What its writer leaves alone is 0, whatever the buffer held. */
static void check_filling(plait_context *context)
{
    const float seven = 7;
    struct buffer *buffer = NULL;
    float back[COUNT];
    float wanted[COUNT] = {0};

    memset(back, 0xFF, sizeof back);
    check_ok(buffer_create(context, sizeof back, &buffer));
    check_ok(buffer_write(buffer, 0, back, sizeof back));
    check_ok(buffer_fill(buffer, write_last, &seven));
    check_ok(buffers_settle(context, PLAIT_OK));
    assert_int_equal(buffers_settle(context, PLAIT_ERR_IO), PLAIT_ERR_IO);
    check_ok(buffer_read(buffer, 0, back, sizeof back));
    wanted[COUNT - 1] = seven;
    assert_memory_equal(back, wanted, sizeof back);
    buffer_free(buffer);
}

static void a_buffer_is_filled_in_place(void **state)
{
    (void)state;
    for (int out_of_order = 0; out_of_order < 2; out_of_order++) {
        plait_context *context = fixture_context(out_of_order);
        const bool runs_host = context->runs_host;
        check_filling(context); /* by the driver, if it can, */
        context->runs_host = false;
        check_filling(context); /* and in the caller's thread */
        context->runs_host = runs_host;
    }
}

static void wrong_counts_and_null_are_refused(void **state)
{
    float values[COUNT] = {0};
    plait_tensor *tensor = NULL;

    (void)state;
    check_ok(plait_tensor_create(fixture_context(false), PLAIT_SHAPE(2, 3, 4), &tensor));
    check_message(plait_tensor_write(tensor, values, COUNT - 1), PLAIT_ERR_INVALID, "23 values for a tensor of 24");
    check_message(plait_tensor_read(tensor, values, COUNT + 1), PLAIT_ERR_INVALID, "25 values for a tensor of 24");
    check_message(plait_tensor_write(tensor, NULL, COUNT), PLAIT_ERR_INVALID, "values is NULL");
    check_message(plait_tensor_read(tensor, NULL, COUNT), PLAIT_ERR_INVALID, "values is NULL");
    check_message(plait_tensor_write(NULL, values, COUNT), PLAIT_ERR_INVALID, "tensor is NULL");
    check_message(plait_tensor_read(NULL, values, COUNT), PLAIT_ERR_INVALID, "tensor is NULL");
    plait_tensor_free(tensor);
    plait_tensor_free(NULL);
    assert_int_equal(plait_tensor_shape(NULL).rank, 0);
}

static void impossible_shapes_are_refused(void **state)
{
    plait_context *context = fixture_context(false);
    plait_tensor *tensor = NULL;

    (void)state;
    check_message(plait_tensor_create(context, PLAIT_SHAPE(4, 0), &tensor), PLAIT_ERR_INVALID,
                  "{4,0} has an axis of size 0");
    check_message(plait_tensor_create(context, PLAIT_SHAPE(1 << 16, 1 << 15), &tensor), PLAIT_ERR_TOO_LARGE,
                  "{65536,32768} has more than 2147483647 elements");
    check_status(plait_tensor_create(context, PLAIT_SHAPE(SIZE_MAX, 2), &tensor), PLAIT_ERR_TOO_LARGE);
    check_status(plait_tensor_create(context, (plait_shape){.rank = PLAIT_MAX_RANK + 1}, &tensor), PLAIT_ERR_TOO_LARGE);
    check_message(plait_tensor_create(NULL, PLAIT_SHAPE(4), &tensor), PLAIT_ERR_INVALID, "context is NULL");
    check_message(plait_tensor_create(context, PLAIT_SHAPE(4), NULL), PLAIT_ERR_INVALID, "out is NULL");
    assert_null(tensor);
}

static cl_mem new_buffer(cl_context context, size_t bytes)
{
    cl_int code = CL_SUCCESS;
    const cl_mem mem = clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, NULL, &code);

    assert_int_equal(code, CL_SUCCESS);
    return mem;
}

static void a_part_of_a_buffer_is_written_alone(void **state)
{
    enum { ALL = COUNT + 20, FIRST = 7 };
    struct random random = random_stream("a_part_of_a_buffer");
    float *whole = random_floats(&random, DATA_NORMAL, ALL);
    const float *part = random_floats(&random, DATA_NORMAL, COUNT);
    const cl_mem mem = new_buffer(fixture_cl_context(), ALL * sizeof(float));
    plait_tensor *all = NULL;
    plait_tensor *some = NULL;
    float back[ALL] = {0};

    (void)state;
    check_ok(plait_tensor_adopt(fixture_context(false), mem, 0, PLAIT_SHAPE(ALL), &all));
    check_ok(plait_tensor_adopt(fixture_context(false), mem, FIRST * sizeof(float), PLAIT_SHAPE(COUNT), &some));
    assert_int_equal(plait_context_bytes(fixture_context(false)), 0);
    check_ok(plait_tensor_write(all, whole, ALL));
    check_ok(plait_tensor_write(some, part, COUNT));
    check_ok(plait_tensor_read(all, back, ALL));
    memcpy(whole + FIRST, part, COUNT * sizeof *part);
    check_verdict(compare_floats(back, whole, ALL), "the whole");
    check_ok(plait_tensor_read(some, back, COUNT));
    check_verdict(compare_floats(back, part, COUNT), "the part");
    plait_tensor_free(all);
    plait_tensor_free(some);
    clReleaseMemObject(mem);
}

static void a_lent_buffer_is_kept_alive(void **state)
{
    const cl_mem mem = new_buffer(fixture_cl_context(), 4 * sizeof(float));
    const float values[4] = {1, 2, 3, 4};
    plait_tensor *tensor = NULL;
    float back[4] = {0};

    (void)state;
    check_ok(plait_tensor_adopt(fixture_context(false), mem, 0, PLAIT_SHAPE(4), &tensor));
    clReleaseMemObject(mem);
    check_ok(plait_tensor_write(tensor, values, 4));
    check_ok(plait_tensor_read(tensor, back, 4));
    assert_memory_equal(back, values, sizeof values);
    plait_tensor_free(tensor);
}

static void what_cannot_be_adopted_is_refused(void **state)
{
    plait_context *context = fixture_context(false);
    const cl_mem mem = new_buffer(fixture_cl_context(), 100);
    plait_tensor *tensor = NULL;

    (void)state;
    check_message(plait_tensor_adopt(context, mem, 2, PLAIT_SHAPE(4), &tensor), PLAIT_ERR_INVALID,
                  "offset 2 is no multiple of 4");
    check_message(plait_tensor_adopt(context, mem, 0, PLAIT_SHAPE(26), &tensor), PLAIT_ERR_INVALID,
                  "needs 104 bytes, the buffer has 100");
    check_message(plait_tensor_adopt(context, mem, 88, PLAIT_SHAPE(2, 2), &tensor), PLAIT_ERR_INVALID,
                  "shape {2,2} from byte 88 on needs 16 bytes, the buffer has 100");
    check_status(plait_tensor_adopt(context, mem, SIZE_MAX - 3, PLAIT_SHAPE(4), &tensor), PLAIT_ERR_INVALID);
    check_message(plait_tensor_adopt(context, NULL, 0, PLAIT_SHAPE(4), &tensor), PLAIT_ERR_INVALID, "buffer is NULL");
    check_status(plait_tensor_adopt(context, mem, 0, PLAIT_SHAPE(4, 0), &tensor), PLAIT_ERR_INVALID);
    check_message(plait_tensor_adopt(NULL, mem, 0, PLAIT_SHAPE(4), &tensor), PLAIT_ERR_INVALID, "context is NULL");
    check_message(plait_tensor_adopt(context, mem, 0, PLAIT_SHAPE(4), NULL), PLAIT_ERR_INVALID, "out is NULL");
    assert_null(tensor);
    check_ok(plait_tensor_adopt(context, mem, 84, PLAIT_SHAPE(4), &tensor));
    plait_tensor_free(tensor);
    clReleaseMemObject(mem);
}

static void a_buffer_of_another_context_is_refused(void **state)
{
    const cl_device_id device = fixture_cl_device();
    cl_int code = CL_SUCCESS;
    const cl_context other = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    plait_tensor *tensor = NULL;

    (void)state;
    assert_int_equal(code, CL_SUCCESS);
    const cl_mem mem = new_buffer(other, 100);
    check_message(plait_tensor_adopt(fixture_context(false), mem, 0, PLAIT_SHAPE(4), &tensor), PLAIT_ERR_INVALID,
                  "the buffer belongs to cl_context");
    assert_null(tensor);
    clReleaseMemObject(mem);
    clReleaseContext(other);
}

/* Every OpenCL call and every allocation of adopting fails once. */
static void failures_while_adopting_leave_nothing(void **state)
{
    const cl_mem mem = new_buffer(fixture_cl_context(), 100);
    plait_tensor *tensor = NULL;
    const long live = cl_fault_live();
    plait_status status = PLAIT_ERR_OPENCL;

    (void)state;
    for (size_t n = 1; status != PLAIT_OK; n++) {
        cl_fault_at(n, CL_INVALID_MEM_OBJECT, false);
        status = plait_tensor_adopt(fixture_context(false), mem, 0, PLAIT_SHAPE(4), &tensor);
        cl_fault_at(0, 0, false);
        check_that(status == PLAIT_OK ? n > 4 : status == PLAIT_ERR_OPENCL, "call %zu", n);
        assert_true((tensor != NULL) == (status == PLAIT_OK));
        assert_int_equal(cl_fault_live(), live + (status == PLAIT_OK));
    }
    plait_tensor_free(tensor);
    status = PLAIT_ERR_HOST_MEMORY;
    for (size_t n = 1; status != PLAIT_OK; n++) {
        (void)mem_fail_at(n, false);
        status = plait_tensor_adopt(fixture_context(false), mem, 0, PLAIT_SHAPE(4), &tensor);
        (void)mem_fail_at(0, false);
        check_that(status == PLAIT_OK ? n > 2 : status == PLAIT_ERR_HOST_MEMORY, "allocation %zu", n);
        assert_true((tensor != NULL) == (status == PLAIT_OK));
    }
    plait_tensor_free(tensor);
    assert_int_equal(cl_fault_live(), live);
    clReleaseMemObject(mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(a_buffer_is_filled_in_place),
        cmocka_unit_test(wrong_counts_and_null_are_refused),
        cmocka_unit_test(impossible_shapes_are_refused),
        cmocka_unit_test(a_part_of_a_buffer_is_written_alone),
        cmocka_unit_test(a_lent_buffer_is_kept_alive),
        cmocka_unit_test(what_cannot_be_adopted_is_refused),
        cmocka_unit_test(a_buffer_of_another_context_is_refused),
        cmocka_unit_test(failures_while_adopting_leave_nothing),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
