#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

/// The emulator's own tests: what its operations compute, and that it sees the errors planted in some kernels. Each
/// runs in a process of its own (the script `selftest`). Plain programs, because a finding ends the process.
namespace selftest {

/// By name. Those named wrong_… must be reported.
using Tests = std::map<std::string, void (*)()>;
Tests arithmetic_tests();
Tests execution_tests();
Tests error_tests();

inline int failures = 0;

#define SELFTEST_CALL(...)                                                  \
    do {                                                                    \
        const cudaError_t error = (__VA_ARGS__);                            \
        if (error != cudaSuccess) {                                         \
            std::printf("%s: %s\n", #__VA_ARGS__, cudaGetErrorName(error)); \
            std::exit(4);                                                   \
        }                                                                   \
    } while (false)

/// The same bits.
template <class A, class B>
void expect(const std::string& what, A actual, B expected) {
    static_assert(sizeof actual == sizeof expected);
    if (std::memcmp(&actual, &expected, sizeof actual) == 0) return;
    std::printf("%s: %.17g, expected %.17g\n", what.c_str(), static_cast<double>(actual),
                static_cast<double>(expected));
    ++failures;
}

/// Numbers that host and device use, zero at first.
template <class T>
class Managed {
  public:
    explicit Managed(std::size_t count) {
        SELFTEST_CALL(cudaMallocManaged(&data_, count * sizeof(T)));
        std::memset(static_cast<void*>(data_), 0, count * sizeof(T));
    }
    Managed(const Managed&) = delete;
    Managed& operator=(const Managed&) = delete;
    ~Managed() { SELFTEST_CALL(cudaFree(data_)); }
    T& operator[](std::size_t k) { return data_[k]; }
    [[nodiscard]] T* data() const { return data_; }

  private:
    T* data_ = nullptr;
};

/// What main returns. usage: PROGRAM NAME; without a name it lists the names.
inline int run(const Tests& tests, int count, char** arguments) {
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
    return failures > 0 ? 1 : 0;
}

}  // namespace selftest
