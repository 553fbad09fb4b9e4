/* SPDX-License-Identifier: MIT */
/* The checksum is FNV-1a of 64 bits, whose values its authors give. */
#include "base/hash.h"
#include "check.h"

static void known_values(void **state)
{
    (void)state;
    assert_true(hash_text(HASH_EMPTY, "") == UINT64_C(0xCBF29CE484222325));
    assert_true(hash_text(HASH_EMPTY, "a") == UINT64_C(0xAF63DC4C8601EC8C));
    assert_true(hash_text(HASH_EMPTY, "foobar") == UINT64_C(0x85944171F73967E8));
}

static void parts_are_as_the_whole(void **state)
{
    (void)state;
    assert_true(hash_bytes(hash_text(HASH_EMPTY, "foo"), "bar", 3) == hash_text(HASH_EMPTY, "foobar"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(parts_are_as_the_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
