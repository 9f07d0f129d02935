#pragma once

#include "tests/cuda_emulator/device.h"

namespace emulator {

class BlockRunner;

enum class FiberState : u8 { ready, at_barrier, in_warp, ended };

/// A thread of a block: it has a stack of its own, and runs until it hands control back.
struct Fiber {
    EmulatorThread thread;  ///< first: a kernel knows its fiber by it
    BlockRunner* runner;
    void* stack_pointer;
    FiberState state;
    const char* place;  ///< where it waits
    u32 barrier;        ///< at which it waits
    // Of the warp's operation at which it waits (EmulatorCollective):
    int kind;
    u32 mask, b, c;
    u64 a, result;
    u8 predicate;
    u64 warp_phase;  ///< of the last bar.warp.sync of the whole warp
};

inline Fiber& fiber_of(EmulatorThread* thread) { return *reinterpret_cast<Fiber*>(thread); }

/// Makes the fiber start anew when it is next switched to, on the stack that ends at thread.local_last.
void prepare_start(Fiber& fiber);

}  // namespace emulator

/// Saves this stack's pointer in *saved and goes on where `next` was saved.
extern "C" void emulator_switch(void** saved, void* next);
