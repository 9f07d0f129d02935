#include "tests/cuda_emulator/selftest.h"

int main(int count, char** arguments) {
    selftest::Tests tests = selftest::arithmetic_tests();
    tests.merge(selftest::execution_tests());
    tests.merge(selftest::error_tests());
    return selftest::run(tests, count, arguments);
}
