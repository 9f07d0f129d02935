// usage: selftest NAME; without a name the list of names.

#include "tests/cuda_emulator/selftest.h"

int main(int count, char** arguments) {
    selftest::Tests tests = selftest::arithmetic_tests();
    tests.merge(selftest::execution_tests());
    tests.merge(selftest::error_tests());
    if (count != 2) {
        for (const auto& [name, test] : tests) std::puts(name.c_str());
        return 0;
    }
    const auto test = tests.find(arguments[1]);
    if (test == tests.end()) {
        std::printf("no test is called %s\n", arguments[1]);
        return 2;
    }
    test->second();
    return selftest::failures > 0 ? 1 : 0;
}
