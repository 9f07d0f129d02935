#pragma once

#include "kernels/chain/chain_args.h"
#include "kernels/interface/backend.h"
#include "kernels/noise/noise_purpose.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stationary {

/// The CPU backend's pack code as plain functions over arrays, compiled once per SIMD level (pack_functions.cpp), so
/// that tests can hold its bits against those of the scalar code. Every count of words or floats is a multiple of 16.
struct PackFunctions {
    SimdLevel level;
    int lanes;
    void (*fused_multiply_add)(const float* a, const float* b, const float* c, std::size_t count, float* out);
    void (*unsigned_to_float)(const std::uint32_t* words, std::size_t count, float* out);
    void (*squared_radius)(const std::uint32_t* words, std::size_t count, float* out);
    void (*square_root)(const float* x, std::size_t count, float* out);
    /// sin πx and cos πx.
    void (*sine_cosine)(const float* x, std::size_t count, float* sine, float* cosine);
    void (*box_muller)(const std::uint32_t* radius_words, const std::uint32_t* angle_words, std::size_t count,
                       float* first, float* second);
    /// `calls` calls of NormalStream::next(count) for chains first_chain, first_chain + 1, …: out
    /// [calls][count][lanes].
    void (*normals)(std::uint64_t key, std::uint64_t first_chain, NoisePurpose purpose, std::uint64_t position,
                    int count, std::size_t calls, float* out);
    /// `steps` batches of an IndexStream that starts at step `step`, for chains first_chain, first_chain + 1, …: out
    /// [steps][B][lanes].
    void (*indices)(const ChainArgs<float>& args, std::uint64_t first_chain, std::int64_t step, std::size_t steps,
                    std::uint32_t* out);
};

extern const PackFunctions pack_functions_generic, pack_functions_avx2, pack_functions_avx512;

/// The levels that this processor runs.
inline std::vector<PackFunctions> available_pack_functions() {
    std::vector<PackFunctions> available{pack_functions_generic};
#if defined(__x86_64__)
    for (const PackFunctions& functions : {pack_functions_avx2, pack_functions_avx512}) {
        if (simd_level_available(functions.level)) available.push_back(functions);
    }
#endif
    return available;
}

}  // namespace stationary
