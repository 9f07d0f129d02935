#include "bench/ceiling/core_frequency.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace stationary::bench {
namespace {

#if defined(__x86_64__)
// Register to register: recent cores drop additions of constants before execution.
#define STATIONARY_DEPENDENT_ADDITION "add %1, %0\n\t"
#elif defined(__aarch64__)
#define STATIONARY_DEPENDENT_ADDITION "add %0, %0, %1\n\t"
#endif

#if defined(STATIONARY_DEPENDENT_ADDITION)
constexpr double additions_per_round = 100;
void dependent_additions(std::int64_t rounds) {
#define STATIONARY_FIVE_TIMES(text) text text text text text
    std::uint64_t sum = 0;
    const std::uint64_t term = 1;
    for (std::int64_t round = 0; round < rounds; ++round) {
        // 5·5·4 = 100
        asm volatile(STATIONARY_FIVE_TIMES(
                         STATIONARY_FIVE_TIMES(STATIONARY_DEPENDENT_ADDITION STATIONARY_DEPENDENT_ADDITION
                                                   STATIONARY_DEPENDENT_ADDITION STATIONARY_DEPENDENT_ADDITION))
                     : "+r"(sum)
                     : "r"(term));
    }
#undef STATIONARY_FIVE_TIMES
}
#else
constexpr double additions_per_round = 0;
void dependent_additions(std::int64_t) {}
#endif

double time_once(std::int64_t rounds) {
    const auto start = std::chrono::steady_clock::now();
    dependent_additions(rounds);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    return additions_per_round * static_cast<double>(rounds) / seconds.count();
}

}  // namespace

double measure_core_hertz() {
    if (additions_per_round == 0) return 0.0;
    time_once(400'000);  // some 15 ms
    std::array<double, 11> tries{};
    for (double& hertz : tries) hertz = time_once(40'000);
    std::nth_element(tries.begin(), tries.begin() + tries.size() / 2, tries.end());
    return tries[tries.size() / 2];
}

}  // namespace stationary::bench
