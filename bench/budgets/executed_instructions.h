#pragma once

#include <cstdint>
#include <functional>
#include <stdexcept>

namespace stationary::bench {

/// ptrace is not allowed here (some containers forbid it).
struct TracingNotAllowed : std::runtime_error {
    TracingNotAllowed() : std::runtime_error("counting instructions: ptrace is not allowed here") {}
};

/// Number of machine instructions that work() executes, counted one by one: a child process runs it in single steps
/// under ptrace. Exact, the same on a busy machine, and of any instruction set that the processor runs (valgrind 3.19
/// stops at AVX-512). Some hundred thousand instructions a second. A constant few for starting and stopping are
/// included, so compare the counts of two lengths of the same work.
///
/// work() runs in a fork of this process and must not start threads. Throws TracingNotAllowed, or std::runtime_error if
/// the work fails. Test: instruction_budget_test.cpp.
std::int64_t executed_instructions(const std::function<void()>& work);

}  // namespace stationary::bench
