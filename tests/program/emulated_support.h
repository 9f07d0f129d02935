#pragma once

#include "tests/support/program_fixture.h"

#include <string>

/// Tests that run the built program on the CUDA emulator, which makes situations that are hard to have with a GPU.
namespace stationary {

#ifndef STATIONARY_CUDA_EMULATOR_DIR
#define STATIONARY_CUDA_EMULATOR_DIR ""
#endif

/// 12 cells of 64 shards of four chains, which take two launches each: more cells than a device has streams.
inline const char* const emulated_experiment = R"(title = "emulated"
[model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_noise_covariance = [[1.0, 0.2], [0.2, 0.5]]
[sweep]
dynamics = ["langevin", "sgd"]
eta0 = [0.02]
batch_size = [1, 2, 4, 8, 12, 16]
[ensemble]
chains = 256
draws = 2
burn_in = 40
stride = 10
)";

/// 12 cells of 64 shards of a wide chain each, which take four launches each.
inline std::string emulated_wide_experiment() {
    constexpr int d = 34;
    std::string hessian;
    std::string covariance;
    for (int i = 0; i < d; ++i) {
        const std::string separator = i == 0 ? "" : ", ";
        hessian += separator + std::to_string(1.0 + 0.03 * i);
        covariance += separator + std::to_string(2.0 - 0.03 * i);
    }
    return "title = \"emulated, wide\"\n[model]\nkind = \"quadratic\"\nhessian = { diagonal = [" + hessian +
           "] }\ngradient_noise_covariance = { diagonal = [" + covariance +
           "] }\n[sweep]\ndynamics = [\"langevin\", \"sgd\"]\neta0 = [0.02]\nbatch_size = [1, 2, 4, 8, 12, 16]\n"
           "[ensemble]\nchains = 64\ndraws = 2\nburn_in = 6\nstride = 3\n";
}

class Emulated : public Program {
  protected:
    void SetUp() override {
        if (library_directory().empty()) GTEST_SKIP() << "no CUDA toolkit in this build";
        write("small.toml", emulated_experiment);
        write("wide.toml", emulated_wide_experiment());
    }

    static std::string library_directory() { return STATIONARY_CUDA_EMULATOR_DIR; }

    /// The emulator in place of the CUDA runtime, told `settings`: names without CUDA_EMULATOR_.
    static Environment emulator(const Environment& settings = {}) {
        Environment all{{"LD_LIBRARY_PATH", library_directory()}, {"CUDA_EMULATOR_CHECK", "all"}};
        for (const auto& [name, value] : settings) all["CUDA_EMULATOR_" + name] = value;
        return all;
    }

    [[nodiscard]] Outcome run_emulated(const std::string& arguments, const Environment& settings = {}) const {
        std::string before;
        for (const auto& [name, value] : emulator(settings))
            before.append(name).append("='").append(value).append("' ");
        return run(arguments + " --backend cuda --json --quiet", before);
    }

    /// Results of a run that ends well.
    [[nodiscard]] Json emulated_results(const std::string& arguments, const Environment& settings = {}) const {
        const Outcome outcome = run_emulated(arguments, settings);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
        if (outcome.exit_code != 0) return Json{{"cells", Json::array()}};
        Json results = Json::parse(outcome.output);
        EXPECT_EQ(results["backend"]["kind"], "cuda");
        return results;
    }

    [[nodiscard]] Json cpu_fingerprints(const std::string& arguments) const {
        return fingerprints(run_json(arguments + " --backend cpu --json --quiet"));
    }

    void expect_fingerprints_of_the_cpu(const std::string& arguments, const Environment& settings) const {
        EXPECT_EQ(fingerprints(emulated_results(arguments, settings)), cpu_fingerprints(arguments));
    }
};

}  // namespace stationary
