// Compiled once per SIMD level (bench/CMakeLists.txt).
#include "bench/noise_functions.h"

#include "kernels/cpu/cpu_level.h"
#include "kernels/lanes/pack_lanes.h"
#include "kernels/noise/noise_stream.h"

#include <cstring>

namespace stationary::bench {
namespace {

using Lanes = PackLanes<float>;

void make_words(std::uint64_t key, std::uint64_t first_block, std::int64_t blocks, std::uint32_t* out) {
    const Lanes::Chain chain = Lanes::chains_from(0);
    for (std::int64_t block = 0; block < blocks; block += Lanes::blocks_at_once) {
        Lanes::NoiseWord words[4];
        Lanes::noise_blocks(key, first_block + static_cast<std::uint64_t>(block), chain, words);
        for (int k = 0; k < 4 * Lanes::blocks_at_once; ++k) {
            const WordPack word = k < 4 ? words[k].first : words[k - 4].second;
            std::memcpy(out, &word, sizeof word);
            out += Lanes::lanes;
        }
    }
}

void make_normals(std::uint64_t key, std::uint64_t first_block, std::int64_t blocks, float* out) {
    constexpr int at_once = 4 * static_cast<int>(noise_blocks_at_once);
    NormalStream<Lanes> stream(key, Lanes::chains_from(0), NoisePurpose::gradient_noise, 4 * first_block);
    for (std::int64_t block = 0; block < blocks; block += noise_blocks_at_once) {
        FloatPack z[at_once];
        draw_normals(stream, at_once, z);
        std::memcpy(out, z, sizeof z);
        out += at_once * Lanes::lanes;
    }
}

}  // namespace

extern const NoiseFunctions STATIONARY_AT_LEVEL(noise_functions){SimdLevel::STATIONARY_SIMD_LEVEL, pack_lanes,
                                                                 &make_words, &make_normals};

}  // namespace stationary::bench
