#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stationary {

/// 64-bit FNV-1a over bytes in little-endian order, finished by the SplitMix64 mixer so that every input bit reaches
/// every output bit. Names cells (the Philox key) and moments (the fingerprint); not a cryptographic hash.
class Hash {
  public:
    Hash& bytes(const void* data, std::size_t size);
    Hash& integer(std::uint64_t value);
    Hash& real(double value);            ///< its bits; −0 and 0 hash alike, every NaN alike
    Hash& text(std::string_view value);  ///< length, then characters
    [[nodiscard]] std::uint64_t value() const;

  private:
    std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

/// 16 lower-case hexadecimal digits.
std::string hex(std::uint64_t value);

}  // namespace stationary
