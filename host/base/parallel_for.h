#pragma once

#include <cstddef>
#include <exception>
#include <vector>

namespace stationary {

/// Calls body(i) for every i < count on all cores. Throws what the call of the lowest i that threw did, once all
/// are done, so that an error does not depend on the threads. Test: parallel_for_test.cpp.
template <typename Body>
void parallel_for(std::size_t count, const Body& body) {
    std::vector<std::exception_ptr> failures(count);
#pragma omp parallel for schedule(dynamic, 1)
    for (std::size_t i = 0; i < count; ++i) {
        try {
            body(i);
        } catch (...) {
            failures[i] = std::current_exception();
        }
    }
    for (const std::exception_ptr& failure : failures)
        if (failure) std::rethrow_exception(failure);
}

}  // namespace stationary
