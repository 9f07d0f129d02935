#pragma once

#include "tests/cuda_emulator/device.h"
#include "tests/cuda_emulator/emulated_memory.h"
#include "tests/cuda_emulator/fiber.h"
#include "tests/cuda_emulator/launch.h"

#include <string>
#include <vector>

namespace emulator {

/// A thread's access to memory. In shared memory addresses start at 0.
struct Access {
    int space;  ///< EmulatorSpace
    u64 address;
    u32 size;
    int kind;  ///< EmulatorAccess
    const char* place;
};

/// Watches what the threads of a block read and write.
class AccessChecks {
  public:
    AccessChecks(const Launch& launch, EmulatedMemory& memory, u64 shared_bytes);

    void start_block(u64 block);

    /// What makes the access a fault, or nothing. Reports what a device would let pass.
    std::string check(const Fiber& f, u64 phase, Access access);

  private:
    /// The space and, of shared memory, the address that a generic one means.
    void resolve(const EmulatorThread& thread, Access& access) const;
    [[nodiscard]] std::string shared_fault(const Access& access) const;
    [[nodiscard]] std::string global_fault(const Access& access) const;

    void check_written(const Fiber& f, const Access& access, const u8* shadow) const;
    void check_races(const Fiber& f, u64 phase, const Access& access);
    void check_race(const Fiber& f, const Touch& now, const Access& access, u64 address, RaceCell& cell) const;
    /// Whether another thread touched the word with nothing between that orders the two.
    [[nodiscard]] bool unordered(const Touch& other, const Touch& now) const;

    [[nodiscard]] const char* name() const { return launch_.kernel->shown_name.c_str(); }

    const Launch& launch_;
    EmulatedMemory& memory_;
    u64 shared_bytes_;
    u64 block_ = 0;
    std::vector<u8> shared_shadow_;
    std::vector<RaceCell> shared_races_;
};

}  // namespace emulator
