#pragma once

#include "tests/cuda_emulator/access_checks.h"
#include "tests/cuda_emulator/device.h"
#include "tests/cuda_emulator/fiber.h"
#include "tests/cuda_emulator/launch.h"

#include <string>
#include <vector>

namespace emulator {

/// The stacks of a block's fibers, each with a page below it that nobody may touch.
class Stacks {
  public:
    explicit Stacks(u32 count);
    Stacks(const Stacks&) = delete;
    Stacks& operator=(const Stacks&) = delete;
    ~Stacks();
    [[nodiscard]] u64 first(u32 fiber) const { return reinterpret_cast<u64>(place_) + each * fiber + guard_bytes; }
    [[nodiscard]] u64 last(u32 fiber) const { return first(fiber) + stack_bytes; }

  private:
    static constexpr u64 stack_bytes = 256 * 1024, guard_bytes = 4096, each = stack_bytes + guard_bytes;
    u64 bytes_;
    u8* place_;
};

/// Runs blocks of a launch one after the other, a thread of a block as a fiber: it runs until it has to wait for
/// others.
class BlockRunner {
  public:
    explicit BlockRunner(Launch& launch);
    BlockRunner(const BlockRunner&) = delete;
    BlockRunner& operator=(const BlockRunner&) = delete;

    void run(u64 block);

    // What follows is called on a fiber's own stack.

    void run_kernel(Fiber& f) const { code_.run(&f.thread, launch_.parameters.data()); }
    void end(Fiber& f);
    void barrier(Fiber& f, u32 number, u32 threads, const char* place);
    /// The fiber's result of an operation of its warp.
    u64 warp(Fiber& f, int kind, u32 mask, u64 a, u32 b, u32 c, u8* predicate, const char* place);
    void check(Fiber& f, int space, u64 address, u32 size, int access, const char* place);
    /// The launch ends here, and with it the device.
    void fault(Fiber& f, const std::string& what, const char* place);

  private:
    static constexpr u32 barriers = 16;
    struct Arrived {
        u32 count, expected;
        const char* place;
    };

    void set_up(Fiber& f, u32 index, u8* shared);
    void start(Fiber& f);
    /// Back to the scheduler.
    void pause(Fiber& f) { emulator_switch(&f.stack_pointer, scheduler_); }
    void make_ready(Fiber& f);
    Fiber& next_ready();
    u64 random(u64 below);

    void release_if_complete(u32 number);
    void complete_warp(Fiber& one);
    void deadlock();

    [[nodiscard]] const char* name() const { return launch_.kernel->shown_name.c_str(); }
    [[nodiscard]] unsigned long long block() const { return block_; }

    Launch& launch_;
    const EmulatorKernel& code_;
    EmulatedMemory& memory_;
    u32 count_;
    u32 alive_ = 0;
    Stacks stacks_;
    std::vector<Fiber> fibers_;
    std::vector<Fiber*> ready_;  ///< a ring
    u32 head_ = 0, tail_ = 0, waiting_ready_ = 0;
    Arrived arrived_[barriers] = {};
    u64 shared_bytes_;
    std::vector<u8> shared_;
    AccessChecks checks_;
    void* scheduler_ = nullptr;
    u64 block_ = 0, phase_ = 0, random_;
};

}  // namespace emulator
