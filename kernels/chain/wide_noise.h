#pragma once

#include "kernels/chain/wide_team.h"
#include "kernels/noise/noise_stream.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Calls put(i, z) for i = 0 … count − 1 with normal first + i of NoisePurpose::gradient_noise, as NormalStream gives
/// it, the blocks shared out to the team. A block that belongs to two vectors is made for each of them. Test:
/// wide_chain_test.cpp.
template <class Lanes, class Team, class Put>
STATIONARY_HD void each_normal(Team& team, std::uint64_t key, typename Lanes::Chain chain, std::uint64_t first,
                               int count, Put&& put) {
    constexpr int chunk = 4 * Lanes::blocks_at_once;
    const std::uint64_t first_block =
        block_counter(NoisePurpose::gradient_noise, first / chunk * Lanes::blocks_at_once);
    const int skipped = static_cast<int>(first % chunk);
    team.each((skipped + count + chunk - 1) / chunk, [&](int k) {
        typename Lanes::Single normals[chunk];
        chunk_of_normals<Lanes>(key, first_block + static_cast<std::uint64_t>(k) * Lanes::blocks_at_once, chain,
                                normals);
        STATIONARY_UNROLL
        for (int place = 0; place < chunk; ++place) {
            const int i = k * chunk + place - skipped;
            if (i >= 0 && i < count) put(i, widen<typename Lanes::Real>(normals[place]));
        }
    });
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
