#include "host/base/hash.h"

#include <array>
#include <bit>

namespace stationary {
namespace {

constexpr std::uint64_t fnv_prime = 0x100000001b3ULL;

/// SplitMix64's output function (Steele, Lea & Flood 2014): a bijection in which every input bit reaches every output
/// bit.
std::uint64_t mix(std::uint64_t z) {
    z += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

}  // namespace

Hash& Hash::bytes(const void* data, std::size_t size) {
    const auto* byte = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) state_ = (state_ ^ byte[i]) * fnv_prime;
    return *this;
}

Hash& Hash::integer(std::uint64_t value) {
    // Spelled out so that the order of bytes is the same on every machine.
    std::array<unsigned char, 8> little_endian;
    for (unsigned i = 0; i < 8; ++i) little_endian[i] = static_cast<unsigned char>(value >> (8 * i));
    return bytes(little_endian.data(), little_endian.size());
}

Hash& Hash::real(double value) {
    constexpr std::uint64_t quiet_nan = 0x7ff8000000000000ULL;
    if (value == 0.0) return integer(0);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const bool is_nan = (bits & 0x7fffffffffffffffULL) > 0x7ff0000000000000ULL;
    return integer(is_nan ? quiet_nan : bits);
}

Hash& Hash::text(std::string_view value) { return integer(value.size()).bytes(value.data(), value.size()); }

std::uint64_t Hash::value() const { return mix(state_); }

std::string hex(std::uint64_t value) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text(16, '0');
    for (std::size_t i = 0; i < 16; ++i) text[15 - i] = digits[(value >> (4 * i)) & 15U];
    return text;
}

}  // namespace stationary
