#pragma once

#include "tests/cuda_emulator/device.h"

#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

namespace emulator {

/// Two 64-bit hashes of a text; the first is FNV-1a.
class Hash {
  public:
    static constexpr std::size_t digits = 32;

    void add(std::string_view text) {
        for (const char c : text) {
            a_ = (a_ ^ static_cast<u8>(c)) * 0x100000001b3ULL;
            b_ = (b_ + static_cast<u8>(c)) * 0x9e3779b97f4a7c15ULL;
            b_ ^= b_ >> 29;
        }
    }
    /// In hexadecimal.
    [[nodiscard]] std::string text() const {
        char all[digits + 1];
        std::snprintf(all, sizeof all, "%016llx%016llx", static_cast<unsigned long long>(a_),
                      static_cast<unsigned long long>(b_));
        return all;
    }

  private:
    u64 a_ = 0xcbf29ce484222325ULL;
    u64 b_ = 0x84222325cbf29ce4ULL;
};

}  // namespace emulator
