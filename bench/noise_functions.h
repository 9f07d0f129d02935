#pragma once

#include "kernels/interface/backend.h"

#include <cstdint>

namespace stationary::bench {

/// The noise of one pack of chains as plain functions over arrays, compiled once per SIMD level (noise_functions.cpp).
/// `blocks` blocks of four words per chain, in the order of the stream: out [4·blocks][lanes]. `blocks` is a multiple
/// of noise_blocks_at_once.
struct NoiseFunctions {
    SimdLevel level;
    int lanes;
    void (*words)(std::uint64_t key, std::uint64_t first_block, std::int64_t blocks, std::uint32_t* out);
    void (*normals)(std::uint64_t key, std::uint64_t first_block, std::int64_t blocks, float* out);
};
constexpr std::int64_t noise_blocks_at_once = 4;

extern const NoiseFunctions noise_functions_generic, noise_functions_avx2, noise_functions_avx512;

}  // namespace stationary::bench
