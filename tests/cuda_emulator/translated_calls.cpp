// What translated kernels call.

#include "tests/cuda_emulator/block_runner.h"
#include "tests/cuda_emulator/options.h"

#include <algorithm>
#include <chrono>
#include <cmath>

using emulator::Approximate;
using emulator::Fiber;
using emulator::fiber_of;
using emulator::options;

void emulator_check(EmulatorThread* t, int space, u64 address, u32 size, int access, const char* place) {
    Fiber& f = fiber_of(t);
    f.runner->check(f, space, address, size, access, place);
}

void emulator_barrier(EmulatorThread* t, u32 number, u32 threads, const char* place) {
    Fiber& f = fiber_of(t);
    f.runner->barrier(f, number, threads, place);
}

u64 emulator_warp(EmulatorThread* t, int kind, u32 mask, u64 a, u32 b, u32 c, u8* predicate, const char* place) {
    Fiber& f = fiber_of(t);
    return f.runner->warp(f, kind, mask, a, b, c, predicate, place);
}

void emulator_fault(EmulatorThread* t, const char* what, const char* place) {
    Fiber& f = fiber_of(t);
    f.runner->fault(f, what, place);
}

u64 emulator_clock() { return static_cast<u64>(std::chrono::steady_clock::now().time_since_epoch().count()); }

/// One of the floats that the bounds allow.
f32 emulator_approximate(f64 value, f64 relative, f64 absolute) {
    const auto nearest = static_cast<f32>(value);
    if (!(std::fabs(value) < 0x1p127) || value == 0.0) return nearest;
    const f64 bound = std::max(std::fabs(value) * relative, absolute);
    f64 part = options().approximate == Approximate::up ? 1.0 : -1.0;
    if (options().approximate == Approximate::random) {  // the same for the same value
        u64 x = as_u64(value) + options().seed * 0x9e3779b97f4a7c15ULL;
        x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL, x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
        part = static_cast<f64>(static_cast<i64>(x ^ x >> 31)) * 0x1p-63;
    }
    auto y = static_cast<f32>(value + part * bound);
    if (std::fabs(static_cast<f64>(y) - value) > bound) y = nextafterf(y, nearest);
    return std::fabs(static_cast<f64>(y) - value) > bound ? nearest : y;
}
