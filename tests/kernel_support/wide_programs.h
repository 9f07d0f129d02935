#pragma once

#include "kernels/interface/cell_program.h"
#include "tests/kernel_support/chain_programs.h"

#include <map>
#include <ostream>
#include <string>
#include <vector>

/// Programs of chain_programs.h for dimensions beyond max_compiled_dimension, short and stable.
namespace stationary::wide_programs {

using chain_programs::Momentum;

/// The diagonals of the tables grow with the dimension, so the steps must become smaller; two draws after four steps,
/// of five chains, which no pack of lanes divides.
inline CellProgram brief(CellProgram p) {
    const double growth = 1.0 + 0.02 * p.dimension;
    p.step_size /= p.oracle == Oracle::gaussian_regression ? growth * growth : growth;
    p.burn_in = 2;
    p.stride = 2;
    p.draws = 2;
    p.shard_chains = 5;
    for (double& scale : p.scale) scale *= 0.25;
    p.velocity_scale = 0x1p16;
    if (p.pull_scale > 0.0) p.pull_scale = 0x1p12;
    return p;
}

/// A program of each kind as a function of the dimension.
struct Kind {
    std::string name;
    CellProgram (*program)(int dimension, Momentum momentum, BatchSampling sampling);
    bool has_momentum;
    bool has_sampling;
};

inline const std::vector<Kind>& kinds() {
    static const std::vector<Kind> all{
        {"langevin", [](int d, Momentum, BatchSampling) { return brief(chain_programs::langevin(d)); }, false, false},
        {"langevin_diagonal",
         [](int d, Momentum, BatchSampling) { return brief(chain_programs::diagonal(chain_programs::langevin(d))); },
         false, false},
        {"quadratic", [](int d, Momentum m, BatchSampling) { return brief(chain_programs::quadratic(d, 3, m)); }, true,
         false},
        {"finite_quadratic",
         [](int d, Momentum m, BatchSampling s) {
             return chain_programs::with_sampling(brief(chain_programs::finite_quadratic(d, 7, 3, m)), s);
         },
         true, true},
        {"least_squares",
         [](int d, Momentum m, BatchSampling s) {
             return chain_programs::with_sampling(brief(chain_programs::least_squares(d, 7, 3, m)), s);
         },
         true, true},
        {"gaussian_regression",
         [](int d, Momentum m, BatchSampling) { return brief(chain_programs::gaussian_regression(d, 2, m)); }, true,
         false},
        {"weighted_quadratic",
         [](int d, Momentum m, BatchSampling) {
             return chain_programs::weighted_sum(brief(chain_programs::quadratic(d, 2, m)));
         },
         true, false},
        {"weighted_least_squares",
         [](int d, Momentum m, BatchSampling s) {
             return chain_programs::weighted_sum(
                 chain_programs::with_sampling(brief(chain_programs::least_squares(d, 8, 3, m)), s));
         },
         true, true}};
    return all;
}

/// One kind with one momentum, sampling and precision.
struct Model {
    std::string name;
    const Kind* kind;
    Momentum momentum;
    BatchSampling sampling;
    bool double_precision;

    [[nodiscard]] CellProgram program(int dimension) const {
        CellProgram p = kind->program(dimension, momentum, sampling);
        p.double_precision = double_precision;
        return p;
    }
};

inline void PrintTo(const Model& model, std::ostream* out) { *out << model.name; }

inline std::vector<Model> models() {
    const std::map<std::string, Momentum> momenta{{"", Momentum::none},
                                                  {"_heavy_ball", Momentum::heavy_ball},
                                                  {"_dampened", Momentum::dampened},
                                                  {"_nesterov", Momentum::nesterov}};
    const std::map<std::string, BatchSampling> samplings{{"", BatchSampling::with_replacement},
                                                         {"_without_replacement", BatchSampling::without_replacement},
                                                         {"_reshuffle", BatchSampling::reshuffle}};
    std::vector<Model> all;
    for (const Kind& kind : kinds()) {
        for (const auto& [momentum, m] : momenta) {
            for (const auto& [sampling, s] : samplings) {
                if ((!kind.has_momentum && !momentum.empty()) || (!kind.has_sampling && !sampling.empty())) continue;
                for (const bool double_precision : {false, true}) {
                    all.push_back({kind.name + momentum + sampling + (double_precision ? "_double" : ""), &kind, m, s,
                                   double_precision});
                }
            }
        }
    }
    return all;
}

}  // namespace stationary::wide_programs
