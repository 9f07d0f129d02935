#pragma once

#include "tests/cuda_emulator/device.h"
#include "tests/cuda_emulator/race_cell.h"

#include <map>
#include <mutex>
#include <string>

namespace emulator {

constexpr u8 poison = 0xfb;  ///< what fresh memory holds: a float of -2.6e36, a double of -1e288

/// What is known of a byte of memory.
enum Shadow : u8 { nothing = 0, allocated = 1, written = 2 };

/// The memory of a device. Its addresses are a window that this process cannot touch, so that host code that uses a
/// device pointer crashes as it would with a GPU; the bytes lie `delta` higher.
class EmulatedMemory {
  public:
    EmulatedMemory();
    EmulatedMemory(const EmulatedMemory&) = delete;
    EmulatedMemory& operator=(const EmulatedMemory&) = delete;

    [[nodiscard]] u64 first() const { return reinterpret_cast<u64>(window_); }
    [[nodiscard]] u64 size() const { return size_; }
    [[nodiscard]] u64 delta() const { return reinterpret_cast<u64>(real_) - first(); }
    [[nodiscard]] bool contains(u64 address) const { return address - first() < size_; }
    [[nodiscard]] u8* real(u64 address) const { return reinterpret_cast<u8*>(address + delta()); }
    [[nodiscard]] u8* shadow(u64 address) const { return shadow_ + (address - first()); }
    [[nodiscard]] RaceCell& race(u64 address) const { return races_[(address - first()) / 4]; }
    [[nodiscard]] u64 free_bytes() const;

    /// Addresses for so many bytes, or 0. They become memory by open().
    u64 take(u64 bytes);
    void open(u64 address, u64 bytes) const;
    /// Lets the host use these addresses too.
    void share_with_host(u64 address, u64 bytes) const;
    /// False if no allocation starts there.
    bool give_back(u64 address);
    [[nodiscard]] bool is_allocation(u64 address) const;
    [[nodiscard]] bool is_allocated(u64 address, u64 bytes) const;
    /// Where the address lies, seen from the allocation before it.
    [[nodiscard]] std::string describe(u64 address) const;

  private:
    struct Allocation {
        u64 bytes, reserved;
    };

    mutable std::mutex mutex_;
    std::map<u64, Allocation> live_;
    u8* window_ = nullptr;
    u8* real_ = nullptr;
    u8* shadow_ = nullptr;
    RaceCell* races_ = nullptr;
    u64 size_ = 0;
    u64 used_ = 0;
    u64 next_ = 0;
    int file_ = -1;
};

EmulatedMemory& memory(int device);

/// The memory that an address belongs to, or null for an address of the host.
EmulatedMemory* memory_at(const void* place);

}  // namespace emulator
