// Compiled once per SIMD level, with the options of the kernels at that level.
#include "tests/kernel_support/pack_functions.h"

#include "kernels/cpu/cpu_level.h"
#include "kernels/lanes/pack_lanes.h"
#include "kernels/models/index_stream.h"
#include "kernels/noise/noise_stream.h"

#include <cstring>

namespace stationary {
namespace {

using Lanes = PackLanes<float>;

template <class Pack, class Number>
Pack load(const Number* source) {
    Pack pack;
    static_assert(sizeof pack.v == pack_lanes * sizeof(Number));
    std::memcpy(&pack.v, source, sizeof pack.v);
    return pack;
}

template <class Pack, class Number>
void store(Pack pack, Number* target) {
    std::memcpy(target, &pack.v, sizeof pack.v);
}

void fused_multiply_add_all(const float* a, const float* b, const float* c, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; i += pack_lanes) {
        store(fused_multiply_add(load<FloatPack>(a + i), load<FloatPack>(b + i), load<FloatPack>(c + i)), out + i);
    }
}

void unsigned_to_float_all(const std::uint32_t* words, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; i += pack_lanes) store(unsigned_to_float(load<WordPack>(words + i)), out + i);
}

void squared_radius_all(const std::uint32_t* words, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; i += pack_lanes) {
        store(squared_radius<FloatPack>(load<WordPack>(words + i)), out + i);
    }
}

void square_root_all(const float* x, std::size_t count, float* out) {
    for (std::size_t i = 0; i < count; i += pack_lanes) store(square_root(load<FloatPack>(x + i)), out + i);
}

void sine_cosine_all(const float* x, std::size_t count, float* sine, float* cosine) {
    for (std::size_t i = 0; i < count; i += pack_lanes) {
        const auto angle = sine_cosine_pi(load<FloatPack>(x + i));
        store(angle.sine, sine + i);
        store(angle.cosine, cosine + i);
    }
}

void box_muller_all(const std::uint32_t* radius_words, const std::uint32_t* angle_words, std::size_t count,
                    float* first, float* second) {
    for (std::size_t i = 0; i < count; i += pack_lanes) {
        FloatPack z0;
        FloatPack z1;
        box_muller(load<WordPack>(radius_words + i), load<WordPack>(angle_words + i), z0, z1);
        store(z0, first + i);
        store(z1, second + i);
    }
}

void normals_all(std::uint64_t key, std::uint64_t first_chain, NoisePurpose purpose, std::uint64_t position, int count,
                 std::size_t calls, float* out) {
    NormalStream<Lanes> stream(key, Lanes::chains_from(first_chain), purpose, position);
    for (std::size_t call = 0; call < calls; ++call) {
        FloatPack z[NormalStream<Lanes>::chunk];
        stream.next(z, count);
        for (int k = 0; k < count; ++k, out += pack_lanes) store(z[k], out);
    }
}

void indices_all(const ChainArgs<float>& args, std::uint64_t first_chain, std::int64_t step, std::size_t steps,
                 std::uint32_t* out) {
    IndexStream<Lanes> stream(args, Lanes::chains_from(first_chain), step);
    for (std::size_t s = 0; s < steps; ++s) {
        FloatPack none[1];
        stream.add_batch(none, [&](const Lanes::Index& index, FloatPack(&)[1]) {
            std::memcpy(out, index.lane, sizeof index.lane);
            out += pack_lanes;
        });
    }
}

}  // namespace

extern const PackFunctions STATIONARY_AT_LEVEL(pack_functions){SimdLevel::STATIONARY_SIMD_LEVEL,
                                                               pack_lanes,
                                                               &fused_multiply_add_all,
                                                               &unsigned_to_float_all,
                                                               &squared_radius_all,
                                                               &square_root_all,
                                                               &sine_cosine_all,
                                                               &box_muller_all,
                                                               &normals_all,
                                                               &indices_all};

}  // namespace stationary
