#include "kernels/noise/noise_stream.h"

#include "kernels/models/gaussian_regression_oracle.h"
#include "kernels/models/least_squares_oracle.h"
#include "kernels/models/quadratic_oracle.h"
#include "kernels/steps/sgd_stepper.h"
#include "tests/kernel_support/pack_functions.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace stationary {
namespace {

using Lanes = ScalarLanes<float>;
constexpr std::uint64_t key = 0x0123456789abcdefULL;
constexpr std::uint64_t edge = std::uint64_t{1} << 32;

/// Word w of a purpose, straight from the documented layout.
std::uint32_t documented_word(NoisePurpose purpose, std::uint64_t chain, std::uint64_t w) {
    std::uint32_t words[4];
    philox_block(key, (static_cast<std::uint64_t>(purpose) << 56) + w / 4, chain, words);
    return words[w % 4];
}

/// Normal n of a purpose: words 2k and 2k+1 give normals 2k and 2k+1.
float documented_normal(NoisePurpose purpose, std::uint64_t chain, std::uint64_t n) {
    float z[2];
    box_muller(documented_word(purpose, chain, n - n % 2), documented_word(purpose, chain, n - n % 2 + 1), z[0], z[1]);
    return z[n % 2];
}

template <class Stream>
void expect_next(Stream& stream, int count, std::uint64_t chain, std::uint64_t& position) {
    float out[4];
    stream.next(out, count);
    for (int k = 0; k < count; ++k, ++position) {
        ASSERT_EQ(as_word(out[k]), as_word(documented_normal(NoisePurpose::gradient_noise, chain, position)))
            << position;
    }
    for (const float z : out) ASSERT_LE(std::abs(z), 6.77F);  // entries beyond the count are finite
}

TEST(NormalStream, normals_of_every_dimension_come_in_linear_order) {
    for (int dimension = 1; dimension <= 33; ++dimension) {
        NormalStream<Lanes> stream(key, 5, NoisePurpose::gradient_noise, 0);
        std::uint64_t position = 0;
        for (int step = 0; step < 9; ++step) {
            for (int left = dimension; left > 0; left -= 4) expect_next(stream, std::min(left, 4), 5, position);
        }
        EXPECT_EQ(position, static_cast<std::uint64_t>(9 * dimension));
    }
}

TEST(NormalStream, any_start_and_any_counts) {
    std::mt19937_64 generator(31);
    for (std::uint64_t start = 0; start < 41; ++start) {
        for (int pattern = 0; pattern < 20; ++pattern) {
            NormalStream<Lanes> stream(key, 77, NoisePurpose::gradient_noise, start);
            std::uint64_t position = start;
            for (int call = 0; call < 25; ++call)
                expect_next(stream, 1 + static_cast<int>(generator() % 4U), 77, position);
        }
    }
}

TEST(NormalStream, positions_and_chains_across_32_bits) {
    for (const std::uint64_t chain : {edge - 1, edge, edge + 1}) {
        for (const std::uint64_t start : {edge - 3, edge - 1, edge, edge + 1, 4 * edge - 5, 4 * edge, 4 * edge + 3}) {
            NormalStream<Lanes> stream(key, chain, NoisePurpose::gradient_noise, start);
            std::uint64_t position = start;
            for (const int count : {1, 3, 4, 2, 4, 4, 1}) expect_next(stream, count, chain, position);
        }
    }
}

TEST(NormalStream, every_simd_level_gives_the_scalar_bits) {
    constexpr std::size_t calls = 9;
    for (const PackFunctions& pack : available_pack_functions()) {
        const auto lanes = static_cast<std::size_t>(pack.lanes);
        for (const std::uint64_t chain : {std::uint64_t{0}, edge - 1, edge - lanes / 2, edge, edge + 1}) {
            for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{3}, edge - 2, 4 * edge - 6}) {
                for (int count = 1; count <= 4; ++count) {
                    std::vector<float> out(calls * static_cast<std::size_t>(count) * lanes);
                    pack.normals(key, chain, NoisePurpose::gradient_noise, start, count, calls, out.data());
                    for (std::size_t i = 0; i < out.size(); ++i) {
                        const float expected =
                            documented_normal(NoisePurpose::gradient_noise, chain + i % lanes, start + i / lanes);
                        ASSERT_EQ(as_word(out[i]), as_word(expected)) << to_string(pack.level) << ' ' << i;
                    }
                }
            }
        }
    }
}

/// A place in the random words: counter, chain, word of the block.
using Place = std::tuple<std::uint64_t, std::uint64_t, int>;

/// Scalar lanes that write down every block made.
struct RecordingLanes : ScalarLanes<float> {
    static inline std::vector<std::pair<std::uint64_t, std::uint64_t>> blocks;
    static void block(std::uint64_t cell_key, std::uint64_t counter, Chain chain, RawWord (&words)[4]) {
        blocks.emplace_back(counter, chain);
        philox_block(cell_key, counter, chain, words);
    }
    static void noise_blocks(std::uint64_t cell_key, std::uint64_t counter, Chain chain, NoiseWord (&words)[4]) {
        block(cell_key, counter, chain, words);
    }
    static void index_blocks(std::uint64_t cell_key, std::uint64_t counter, Chain chain, std::uint32_t n,
                             Index (&indices)[4]) {
        blocks.emplace_back(counter, chain);
        ScalarLanes::index_blocks(cell_key, counter, chain, n, indices);
    }
};

/// What one chain runs: a step with fresh noise (m normals per training point), and one on a data set.
struct Use {
    bool gaussian_regression;
    BatchSampling sampling;
    std::int64_t batch;
    int d;
};
constexpr std::uint32_t training_points = 13;

/// Blocks of epoch_order that some steps read; none with replacement.
std::uint64_t permutations(const Use& use, std::uint64_t steps) {
    if (use.sampling == BatchSampling::with_replacement) return 0;
    const std::uint64_t epoch = use.sampling == BatchSampling::reshuffle ? training_points / use.batch : 1;
    return (steps + epoch - 1) / epoch;
}

/// The places that the documented layout gives to one chain's steps.
void add_documented_places(std::multiset<Place>& places, std::uint64_t chain, std::uint64_t steps, const Use& use) {
    const auto add = [&](NoisePurpose purpose, std::uint64_t w) {
        places.emplace((static_cast<std::uint64_t>(purpose) << 56) + w / 4, chain, static_cast<int>(w % 4));
    };
    const auto m = static_cast<std::uint64_t>(use.d + (use.gaussian_regression ? 1 : 0));
    for (std::uint64_t point = 0; point < steps * static_cast<std::uint64_t>(use.batch); ++point) {
        if (use.sampling == BatchSampling::with_replacement) add(NoisePurpose::minibatch_index, point);
        for (std::uint64_t i = 0; i < m; ++i) add(NoisePurpose::gradient_noise, point * m + i);
    }
    for (std::uint64_t w = 0; w < 4 * permutations(use, steps); ++w) add(NoisePurpose::epoch_order, w);
    for (std::uint64_t w = 0; w < m; ++w) add(NoisePurpose::initial_state, w);
}

/// Takes the steps of both kinds.
template <template <class, int> class FreshNoise>
void take_steps(const ChainArgs<float>& args, std::uint64_t chain, int steps) {
    constexpr int padded = 8;
    ChainState<RecordingLanes, padded> state{};
    SgdStepper<RecordingLanes, padded, FreshNoise> fresh_noise(args, chain, 0);
    SgdStepper<RecordingLanes, padded, LeastSquaresOracle> least_squares(args, chain, 0);
    for (int step = 0; step < steps; ++step) {
        fresh_noise.step(state, true);
        least_squares.step(state, true);
    }
}

/// The blocks that a chain really makes.
void run_recorded_chain(std::uint64_t chain, int steps, const Use& use) {
    const std::vector<float> zeros(training_points * 8, 0.0F);
    ChainArgs<float> args{};
    args.hessian = args.noise_factor = args.features = args.residuals = args.ridge_gradient = zeros.data();
    args.batch_size = use.batch;
    args.training_points = training_points;
    args.sampling = use.sampling;
    args.dimension = use.d;
    args.key = key;
    if (use.gaussian_regression) {
        take_steps<GaussianRegressionOracle>(args, chain, steps);
    } else {
        take_steps<QuadraticOracle>(args, chain, steps);
    }
}

/// No place twice; and each block is made once, and the blocks made are exactly those that hold the documented words.
void expect_no_word_twice(const Use& use) {
    constexpr int steps = 6;
    std::multiset<Place> places;
    RecordingLanes::blocks.clear();
    for (const std::uint64_t chain : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{2}, edge - 1, edge, edge + 1}) {
        add_documented_places(places, chain, steps, use);
        run_recorded_chain(chain, steps, use);
    }
    const std::set<Place> different(places.begin(), places.end());
    EXPECT_EQ(different.size(), places.size());
    std::set<std::pair<std::uint64_t, std::uint64_t>> documented;
    for (const auto& [counter, chain, word] : places) {
        if (counter >> 56 != static_cast<std::uint64_t>(NoisePurpose::initial_state))
            documented.emplace(counter, chain);
    }
    const std::set made(RecordingLanes::blocks.begin(), RecordingLanes::blocks.end());
    EXPECT_EQ(made.size(), RecordingLanes::blocks.size());
    EXPECT_EQ(made, documented);
}

TEST(NoiseStream, no_word_is_read_twice) {
    for (const BatchSampling sampling :
         {BatchSampling::with_replacement, BatchSampling::without_replacement, BatchSampling::reshuffle}) {
        for (const std::int64_t batch : {1, 2, 3, 5}) {
            for (int d = 1; d <= 8; ++d) {
                SCOPED_TRACE("B = " + std::to_string(batch) + ", d = " + std::to_string(d) + ", sampling " +
                             std::to_string(static_cast<int>(sampling)));
                expect_no_word_twice({false, sampling, batch, d});
                expect_no_word_twice({true, sampling, batch, d});
            }
        }
    }
}

/// The largest stream that a program may use does not reach the next purpose.
TEST(NoiseStream, purposes_do_not_touch) {
    constexpr std::uint64_t last_word = (std::uint64_t{1} << 58) - 1;
    EXPECT_EQ(block_counter(NoisePurpose::gradient_noise, last_word / 4) + 1,
              block_counter(NoisePurpose::minibatch_index, 0));
    EXPECT_EQ(block_counter(NoisePurpose::minibatch_index, last_word / 4) + 1,
              block_counter(NoisePurpose::initial_state, 0));
    EXPECT_EQ(block_counter(NoisePurpose::initial_state, last_word / 4) + 1,
              block_counter(NoisePurpose::epoch_order, 0));
}

}  // namespace
}  // namespace stationary
