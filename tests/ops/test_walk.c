/* SPDX-License-Identifier: MIT */
/* Walking operands together: aligned views visit the same elements in the same order. */
#include "check.h"
#include "ops/walk.h"
#include "random.h"
#include "shape/shape.h"

enum { OPERANDS = 3 };

/* A view of `shape` as planning makes them: a whole tensor, a slice of a wider one, or a broadcast part. */
static struct view random_view(struct random *random, plait_shape shape)
{
    plait_shape wide = shape;
    size_t offset;

    for (size_t axis = 1; axis < shape.rank; axis++) {
        wide.dims[axis] += random_between(random, 0, 5) ? 0 : 1;
    }
    struct view view = view_of(wide);
    for (size_t axis = 1; axis < shape.rank; axis++) {
        view = view_slice(&view, axis, 0, shape.dims[axis], &offset);
        view.strides[axis] *= random_between(random, 0, 5) ? 1 : 0;
    }
    return view;
}

static plait_shape random_shape(struct random *random)
{
    plait_shape shape = {.rank = random_between(random, 1, PLAIT_MAX_RANK)};

    for (size_t axis = 0; axis < shape.rank; axis++) {
        shape.dims[axis] = random_between(random, 1, 3);
    }
    return shape;
}

/* The offset of element `index` in C order. */
static size_t offset_of(const struct view *view, size_t index)
{
    size_t offset = 0;

    for (size_t axis = view->rank; axis-- > 0;) {
        offset += index % view->dims[axis] * view->strides[axis];
        index /= view->dims[axis];
    }
    return offset;
}

static void the_same_elements(void **state)
{
    struct random random = random_stream("the_same_elements");

    (void)state;
    for (size_t round = 0; round < test_rounds(2000); round++) {
        const plait_shape shape = random_shape(&random);
        struct view views[OPERANDS];
        struct operand operands[OPERANDS] = {0};
        for (size_t i = 0; i < OPERANDS; i++) {
            views[i] = random_view(&random, shape);
            operands[i].view = views[i];
        }
        walk_align(operands, OPERANDS);
        for (size_t i = 0; i < OPERANDS; i++) {
            assert_int_equal(operands[i].view.rank, WALK_AXES);
            for (size_t e = 0; e < shape_count(shape); e++) {
                assert_int_equal(offset_of(&operands[i].view, e), offset_of(&views[i], e));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_elements),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
