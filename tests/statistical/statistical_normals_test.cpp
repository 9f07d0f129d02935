#include "kernels/noise/noise_stream.h"

#include "tests/kernel_support/pack_functions.h"

#include <gtest/gtest.h>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/poisson.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

namespace stationary {
namespace {

// The normals as the engine draws them, with fixed keys. Every check below rejects right normals with probability at
// most 1e-9 over the choice of the key (normal approximation where sums of millions of terms are concerned); about 20
// checks, so 2e-8 for the file.

constexpr double quantile = 6.11;  ///< two-sided 1e-9 of a standard normal
constexpr double false_alarm = 1e-9;

/// Normals of 16 neighbouring chains, whatever the SIMD level: at(n, chain) is normal n of that chain's stream.
class Draws {
  public:
    static constexpr std::size_t chains = 16;

    Draws(std::uint64_t key, NoisePurpose purpose, std::uint64_t position, std::size_t normals)
        : numbers_(normals * chains) {
        static const PackFunctions pack = available_pack_functions().back();
        const auto lanes = static_cast<std::size_t>(pack.lanes);
        std::vector<float> part(normals * lanes);
        for (std::size_t first = 0; first < chains; first += lanes) {
            pack.normals(key, first_chain + first, purpose, position, 4, normals / 4, part.data());
            for (std::size_t n = 0; n < normals; ++n) {
                std::copy_n(&part[n * lanes], lanes, &numbers_[n * chains + first]);
            }
        }
    }
    [[nodiscard]] const std::vector<float>& all() const { return numbers_; }
    [[nodiscard]] double at(std::size_t n, std::size_t chain) const { return numbers_[n * chains + chain]; }
    [[nodiscard]] std::size_t normals() const { return numbers_.size() / chains; }

  private:
    static constexpr std::uint64_t first_chain = 1000;
    std::vector<float> numbers_;
};

constexpr std::uint64_t key = 0x5eed5eed12345678ULL;
constexpr std::size_t normals_per_block = std::size_t{1} << 14;

/// Calls visit(draws) for `blocks` stretches of the stream: blocks·2¹⁴ normals of each of the 16 chains.
template <class Visit>
void for_draws(std::size_t blocks, Visit&& visit) {
    for (std::size_t block = 0; block < blocks; ++block) {
        visit(Draws(key, NoisePurpose::gradient_noise, block * normals_per_block, normals_per_block));
    }
}

/// Sums of the powers 1 to 8.
struct PowerSums {
    std::array<double, 8> sum{};
    double count = 0.0;

    void add(const std::vector<float>& numbers, float factor = 1.0F) {
        std::array<double, 8> block{};
        for (const float number : numbers) {
            const double z = static_cast<double>(number) * static_cast<double>(factor);
            const double z2 = z * z;
            const double z4 = z2 * z2;
            const double powers[]{z, z2, z2 * z, z4, z4 * z, z4 * z2, z4 * z2 * z, z4 * z4};
            for (std::size_t p = 0; p < 8; ++p) block[p] += powers[p];
        }
        for (std::size_t p = 0; p < 8; ++p) sum[p] += block[p];
        count += static_cast<double>(numbers.size());
    }
};

/// E z^p of a standard normal.
double normal_moment(int p) {
    double moment = p % 2 == 0 ? 1.0 : 0.0;
    for (int factor = p - 1; factor > 1; factor -= 2) moment *= factor;
    return moment;
}

/// (mean of z^p − E z^p) in standard errors.
double moment_score(const PowerSums& sums, int p) {
    const double variance = normal_moment(2 * p) - normal_moment(p) * normal_moment(p);
    return (sums.sum[static_cast<std::size_t>(p - 1)] / sums.count - normal_moment(p)) /
           std::sqrt(variance / sums.count);
}

/// 2²⁷ normals. The eighth power is skewed by 110, its mean over so many by 110/√2²⁷ = 0.01: the normal approximation
/// holds.
TEST(StatisticalNormals, moments_one_to_eight) {
    PowerSums sums;
    PowerSums planted;  // a radius 0.1 % too long, from a logarithm off by 2e-3
    for_draws(512, [&](const Draws& draws) {
        sums.add(draws.all());
        planted.add(draws.all(), 1.001F);
    });
    for (int p = 1; p <= 8; ++p) EXPECT_LT(std::abs(moment_score(sums, p)), quantile) << "moment " << p;
    EXPECT_GT(std::abs(moment_score(planted, 2)), quantile);
}

/// Counts on a grid of width 1/64 over [−8, 8].
class Histogram {
  public:
    void add(const std::vector<float>& numbers) {
        for (const float z : numbers) ++counts_[static_cast<std::size_t>((z + 8.0F) * 64.0F)];
        total_ += static_cast<double>(numbers.size());
    }

    /// χ² over the bins, those that expect fewer than 50 joined with their outer neighbours.
    [[nodiscard]] bool passes_chi_square() const {
        double statistic = 0.0;
        double observed = 0.0;
        double expected = 0.0;
        double bins = 0.0;
        for (std::size_t bin = 0; bin < counts_.size(); ++bin) {
            observed += counts_[bin];
            expected += total_ * (cumulative(bin + 1) - cumulative(bin));
            const bool tail_follows = total_ * (1.0 - cumulative(bin + 1)) < 50.0;
            if (expected < 50.0 || (tail_follows && bin + 1 < counts_.size())) continue;
            statistic += (observed - expected) * (observed - expected) / expected;
            observed = expected = 0.0;
            bins += 1.0;
        }
        const boost::math::chi_squared law(bins - 1.0);
        return statistic < boost::math::quantile(boost::math::complement(law, false_alarm));
    }

    /// Kolmogorov–Smirnov distance at the edges of the grid; at most the full distance, so the bound is on the safe
    /// side.
    [[nodiscard]] bool passes_kolmogorov_smirnov() const {
        double below = 0.0;
        double distance = 0.0;
        for (std::size_t bin = 0; bin < counts_.size(); ++bin) {
            below += counts_[bin];
            distance = std::max(distance, std::abs(below / total_ - cumulative(bin + 1)));
        }
        return distance * std::sqrt(total_) < std::sqrt(std::log(2.0 / false_alarm) / 2.0);
    }

    /// Normals beyond ±edge (a multiple of 1/64) against the Poisson law of that number.
    [[nodiscard]] bool passes_tail(double edge) const {
        double beyond = 0.0;
        const auto low = static_cast<std::size_t>((8.0 - edge) * 64.0);
        for (std::size_t bin = 0; bin < low; ++bin) beyond += counts_[bin] + counts_[counts_.size() - 1 - bin];
        const boost::math::poisson law(total_ * std::erfc(edge / std::sqrt(2.0)));
        const bool too_few = boost::math::cdf(law, beyond) < false_alarm / 2.0;
        const bool too_many =
            beyond > 0.0 && boost::math::cdf(boost::math::complement(law, beyond - 1.0)) < false_alarm / 2.0;
        return !too_few && !too_many;
    }

  private:
    static double cumulative(std::size_t edge) {
        return 0.5 * std::erfc((8.0 - static_cast<double>(edge) / 64.0) / std::sqrt(2.0));
    }

    std::vector<double> counts_ = std::vector<double>(1024, 0.0);
    double total_ = 0.0;
};

TEST(StatisticalNormals, distribution_and_tails) {
    Histogram right;
    Histogram scaled;     // 0.3 % too wide
    Histogram truncated;  // cut at 5, as a radius from 19 random bits would be
    Histogram missing;    // nothing between 0 and 1/1024, a hole that the first eight moments hardly see
    for_draws(256, [&](const Draws& draws) {
        right.add(draws.all());
        std::vector<float> wide, cut, hole;
        for (const float z : draws.all()) {
            wide.push_back(z * 1.003F);
            cut.push_back(std::min(std::max(z, -4.99F), 4.99F));
            hole.push_back(z > 0.0F && z < 0x1p-10F ? z + 0x1p-6F : z);
        }
        scaled.add(wide);
        truncated.add(cut);
        missing.add(hole);
    });
    EXPECT_TRUE(right.passes_chi_square());
    EXPECT_TRUE(right.passes_kolmogorov_smirnov());
    for (const double edge : {3.0, 4.0, 5.0, 5.5, 6.0}) EXPECT_TRUE(right.passes_tail(edge)) << edge;
    EXPECT_FALSE(scaled.passes_chi_square());
    EXPECT_FALSE(scaled.passes_kolmogorov_smirnov());
    EXPECT_FALSE(truncated.passes_tail(5.0));
    EXPECT_FALSE(missing.passes_chi_square());
}

/// Correlations of two sequences of standard normals and of their squares, in standard errors (1 and 2 per √pair).
class Correlation {
  public:
    void add(double a, double b) {
        const double a2 = a * a - 1.0;
        const double b2 = b * b - 1.0;
        plain_ += a * b;
        squares_ += a2 * b2;
        mixed_ += a * b2;
        pairs_ += 1.0;
    }
    [[nodiscard]] bool independent() const {
        const double scale = std::sqrt(pairs_);
        return std::abs(plain_) / scale < quantile && std::abs(squares_) / (2.0 * scale) < quantile &&
               std::abs(mixed_) / (std::sqrt(2.0) * scale) < quantile;
    }

  private:
    double plain_ = 0.0, squares_ = 0.0, mixed_ = 0.0, pairs_ = 0.0;
};

TEST(StatisticalNormals, members_of_a_pair_are_independent) {
    Correlation pairs;
    Correlation neighbours;  // members of different pairs
    Correlation correlated;  // planted: a correlation of 0.005
    Correlation squares;     // planted: no correlation, but the width of one follows the size of the other
    for_draws(256, [&](const Draws& draws) {
        for (std::size_t n = 0; n + 2 < draws.normals(); n += 2) {
            for (std::size_t chain = 0; chain < Draws::chains; ++chain) {
                const double z0 = draws.at(n, chain);
                const double z1 = draws.at(n + 1, chain);
                pairs.add(z0, z1);
                neighbours.add(z1, draws.at(n + 2, chain));
                correlated.add(z0, z1 + 0.005 * z0);
                squares.add(z0, z1 * (1.0 + 0.002 * (z0 * z0 - 1.0)));
            }
        }
    });
    EXPECT_TRUE(pairs.independent());
    EXPECT_TRUE(neighbours.independent());
    EXPECT_FALSE(correlated.independent());
    EXPECT_FALSE(squares.independent());
}

TEST(StatisticalNormals, chains_steps_and_streams_are_independent) {
    Correlation chains, steps, purposes, keys, shared;
    for (std::size_t block = 0; block < 128; ++block) {
        const std::uint64_t position = block * normals_per_block;
        const Draws draws(key, NoisePurpose::gradient_noise, position, normals_per_block);
        const Draws other_purpose(key, NoisePurpose::initial_state, position, normals_per_block);
        const Draws other_key(key + 1, NoisePurpose::gradient_noise, position, normals_per_block);
        for (std::size_t n = 0; n + 10 < draws.normals(); ++n) {
            for (std::size_t chain = 0; chain < Draws::chains; ++chain) {
                const double z = draws.at(n, chain);
                if (chain % 2 == 0) chains.add(z, draws.at(n, chain + 1));
                steps.add(z, draws.at(n + 10, chain));  // the next step of a model with d = 10
                purposes.add(z, other_purpose.at(n, chain));
                keys.add(z, other_key.at(n, chain));
                if (chain % 2 == 0) shared.add(z, draws.at(n, chain));
            }
        }
    }
    EXPECT_TRUE(chains.independent());
    EXPECT_TRUE(steps.independent());
    EXPECT_TRUE(purposes.independent());
    EXPECT_TRUE(keys.independent());
    EXPECT_FALSE(shared.independent());  // the planted bug: two chains share their noise
}

}  // namespace
}  // namespace stationary
