#pragma once

#include "kernels/interface/backend.h"
#include "tests/kernel_support/chain_programs.h"
#include "tests/kernel_support/moments_reference.h"

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

/// What every backend must do alike: the models to run, and the reference's moments to hold its own against.
namespace stationary {

inline bool operator==(const ShardMoments& a, const ShardMoments& b) {
    return a.shard == b.shard && a.finite_draws == b.finite_draws && a.diverged_chains == b.diverged_chains &&
           a.saturated_draws == b.saturated_draws && a.first_bad_step == b.first_bad_step && a.sum == b.sum &&
           a.velocity_squares == b.velocity_squares && a.velocity_pulls == b.velocity_pulls && a.products == b.products;
}

inline void PrintTo(const ShardMoments& m, std::ostream* out) {
    *out << "shard " << m.shard << ": finite " << m.finite_draws << ", diverged " << m.diverged_chains << ", saturated "
         << m.saturated_draws << ", first bad step " << m.first_bad_step << ", sum";
    for (const Int128 s : m.sum) *out << ' ' << static_cast<std::int64_t>(s);
    *out << ", velocity squares " << static_cast<double>(m.velocity_squares) << ", pulls "
         << static_cast<double>(m.velocity_pulls);
}

namespace backend_contract {

/// Every shard of the range, in order; each must be delivered exactly once.
inline std::vector<ShardMoments> run(Backend& backend, const CellProgram& program, ShardRange range) {
    std::map<std::int64_t, ShardMoments> by_shard;
    backend.run(program, range, [&](ShardMoments&& moments) {
        const std::int64_t shard = moments.shard;
        EXPECT_TRUE(by_shard.emplace(shard, std::move(moments)).second) << "shard delivered twice";
        return true;
    });
    std::vector<ShardMoments> ordered;
    for (auto& [shard, moments] : by_shard) ordered.push_back(std::move(moments));
    return ordered;
}

inline std::vector<ShardMoments> reference_shards(const CellProgram& program, ShardRange range) {
    std::vector<ShardMoments> shards;
    for (std::int64_t s = range.first; s < range.last; ++s) shards.push_back(reference::shard_moments(program, s));
    return shards;
}

struct Model {
    std::string name;
    CellProgram program;
};

inline void PrintTo(const Model& model, std::ostream* out) { *out << model.name; }

/// Every model of a finite set under every sampling, with epochs of one, a few and many steps, and points left over.
inline void add_sampled_models(std::vector<Model>& models) {
    using chain_programs::Momentum;
    const std::map<std::string, BatchSampling> samplings{{"with_replacement", BatchSampling::with_replacement},
                                                         {"without_replacement", BatchSampling::without_replacement},
                                                         {"reshuffle", BatchSampling::reshuffle}};
    const auto add = [&](const std::string& name, const CellProgram& program) {
        for (const auto& [sampling, value] : samplings)
            models.push_back({name + "_" + sampling, chain_programs::with_sampling(program, value)});
    };
    add("finite_quadratic_d1_n9_b3", chain_programs::finite_quadratic(1, 9, 3, Momentum::none));
    add("finite_quadratic_d3_n7_b2", chain_programs::finite_quadratic(3, 7, 2, Momentum::nesterov));
    add("finite_quadratic_d5_n5_b5", chain_programs::finite_quadratic(5, 5, 5, Momentum::none));
    add("finite_quadratic_d11_n53_b5", chain_programs::finite_quadratic(11, 53, 5, Momentum::heavy_ball));
    add("finite_quadratic_d32_n442_b4", chain_programs::finite_quadratic(32, 442, 4, Momentum::dampened));
    add("least_squares_d1_n2_b1", chain_programs::least_squares(1, 2, 1, Momentum::none));
    add("least_squares_d3_n11_b4", chain_programs::least_squares(3, 11, 4, Momentum::heavy_ball));
    add("least_squares_d10_n442_b7", chain_programs::least_squares(10, 442, 7, Momentum::none));
    add("weighted_finite_quadratic_d3",
        chain_programs::weighted_sum(chain_programs::finite_quadratic(3, 7, 2, Momentum::none)));
    add("weighted_least_squares_d5",
        chain_programs::weighted_sum(chain_programs::least_squares(5, 8, 3, Momentum::none)));
}

inline void add_gaussian_models(std::vector<Model>& models) {
    using chain_programs::Momentum;
    const auto add = [&](int d, std::int64_t batch_size, Momentum momentum) {
        models.push_back({"gaussian_regression_d" + std::to_string(d) + "_b" + std::to_string(batch_size),
                          chain_programs::gaussian_regression(d, batch_size, momentum)});
    };
    add(1, 2, Momentum::none);
    add(2, 1, Momentum::heavy_ball);
    add(3, 3, Momentum::nesterov);
    add(4, 5, Momentum::dampened);
    add(7, 2, Momentum::none);
    add(17, 3, Momentum::heavy_ball);
    add(32, 1, Momentum::none);
    models.push_back(
        {"weighted_quadratic_d3", chain_programs::weighted_sum(chain_programs::quadratic(3, 2, Momentum::none))});
    models.push_back({"weighted_gaussian_regression_d3",
                      chain_programs::weighted_sum(chain_programs::gaussian_regression(3, 2, Momentum::heavy_ball))});
}

/// Every kind of step at dimensions on both sides of each padding, in both precisions.
inline std::vector<Model> models() {
    using chain_programs::Momentum;
    std::vector<Model> models;
    for (const int d : {1, 2, 3, 5, 8, 10, 16, 17, 32}) {
        models.push_back({"langevin_d" + std::to_string(d), chain_programs::langevin(d)});
    }
    for (const int d : {2, 3, 8, 32}) {
        models.push_back(
            {"langevin_diagonal_d" + std::to_string(d), chain_programs::diagonal(chain_programs::langevin(d))});
    }
    models.push_back(
        {"quadratic_diagonal_d5_b3", chain_programs::diagonal(chain_programs::quadratic(5, 3, Momentum::nesterov))});
    const std::map<std::string, Momentum> kinds{{"plain", Momentum::none},
                                                {"heavy_ball", Momentum::heavy_ball},
                                                {"dampened", Momentum::dampened},
                                                {"nesterov", Momentum::nesterov}};
    for (const auto& [kind, momentum] : kinds) {
        const std::string suffix = "_" + kind;
        models.push_back({"quadratic_d2_b1" + suffix, chain_programs::quadratic(2, 1, momentum)});
        models.push_back({"quadratic_d5_b3" + suffix, chain_programs::quadratic(5, 3, momentum)});
        models.push_back({"quadratic_d10_b4" + suffix, chain_programs::quadratic(10, 4, momentum)});
        models.push_back({"least_squares_d3_n7_b2" + suffix, chain_programs::least_squares(3, 7, 2, momentum)});
    }
    for (const int d : {1, 2, 3, 10, 13, 32}) {
        const std::string name = "least_squares_d" + std::to_string(d);
        models.push_back({name + "_n442_b3", chain_programs::least_squares(d, 442, 3, Momentum::none)});
        models.push_back({name + "_n7_b1", chain_programs::least_squares(d, 7, 1, Momentum::heavy_ball)});
    }
    add_sampled_models(models);
    add_gaussian_models(models);
    const std::size_t single = models.size();
    for (std::size_t i = 0; i < single; ++i) {
        models.push_back(models[i]);
        models.back().name += "_double";
        models.back().program.double_precision = true;
    }
    return models;
}

}  // namespace backend_contract
}  // namespace stationary
