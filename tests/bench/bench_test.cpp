// The benchmark binaries as their users run them: options, exit codes, and the JSON with its counters.

#include "bench/ceiling/core_frequency.h"
#include "kernels/interface/backend.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace stationary {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const std::vector<std::string> all_programs{"bench_noise", "bench_langevin", "bench_sgd", "bench_moments", "bench_run"};

struct Outcome {
    int exit_code = -1;
    std::string output;
    std::string errors;
};

/// Runs a binary with standard output and error apart.
Outcome run(const std::string& program, const std::string& arguments) {
    const fs::path errors = fs::temp_directory_path() / ("stationary_bench_errors_" + std::to_string(getpid()));
    const std::string command =
        std::string("'") + STATIONARY_BENCH_DIR + "/" + program + "' " + arguments + " 2>'" + errors.string() + "'";
    Outcome outcome;
    FILE* pipe = popen(command.c_str(), "r");
    char buffer[4096];
    for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;) outcome.output.append(buffer, got);
    const int status = pclose(pipe);
    outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    std::ifstream file(errors);
    outcome.errors.assign(std::istreambuf_iterator<char>(file), {});
    fs::remove(errors);
    return outcome;
}

Json run_json(const std::string& program, const std::string& filter, const std::string& more = "") {
    const Outcome outcome =
        run(program, "--benchmark_format=json --benchmark_min_time=0.001 --benchmark_filter='" + filter + "' " + more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
    return Json::parse(outcome.output);
}

/// Every result must have the counters, as positive numbers; and the ceiling where the machine has one.
void expect_counters(const std::string& program, const std::string& filter, std::vector<std::string> counters) {
    if (bench::measure_core_hertz() > 0.0) counters.insert(counters.end(), {"ceiling", "fraction_of_ceiling"});
    const Json results = run_json(program, filter)["benchmarks"];
    ASSERT_FALSE(results.empty()) << program << ' ' << filter;
    for (const Json& result : results) {
        for (const std::string& counter : counters) {
            ASSERT_TRUE(result.contains(counter)) << result["name"] << ' ' << counter;
            EXPECT_GT(result[counter].get<double>(), 0.0) << result["name"] << ' ' << counter;
        }
    }
}

std::int64_t lines_in(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(Benchmarks, NoiseHasItsCounters) {
    expect_counters("bench_noise", "^words", {"words_per_second"});
    expect_counters("bench_noise", "normals", {"normals_per_second"});
}

TEST(Benchmarks, LangevinHasItsCounters) {
    expect_counters("bench_langevin", "d:(1|8)/|log2_chain_steps:16", {"component_steps_per_second"});
    expect_counters("bench_langevin", "^langevin/d:32",
                    {"component_steps_per_second", "flops_per_second", "fraction_of_peak"});
}

TEST(Benchmarks, SgdHasItsCounters) {
    expect_counters("bench_sgd", "B:8/mu:90|(_reshuffle|_without_replacement)/d:10/N:442|log2_chain_steps:16",
                    {"component_steps_per_second", "training_points_per_second"});
}

TEST(Benchmarks, MomentsHaveTheirCounters) {
    expect_counters("bench_moments", "stride:1/", {"component_steps_per_second", "draws_per_second", "share_of_time"});
    expect_counters("bench_moments", "(langevin|nesterov)_d8/stride:(0|100)/", {"component_steps_per_second"});
}

TEST(Benchmarks, WholeRunsHaveTheirCounters) {
    expect_counters(
        "bench_run", "chains:1024|cells:16",
        {"cells_per_second", "component_steps_per_second", "training_points_per_second", "share_in_chains"});
}

TEST(Benchmarks, TheContextSaysWhatRan) {
    const Json context =
        run_json("bench_langevin", "langevin/d:1/", "--simd generic --threads=2 --precision double")["context"];
    EXPECT_EQ(context["backend"], "cpu");
    EXPECT_EQ(context["simd"], "generic");
    EXPECT_EQ(context["threads"], "2");
    EXPECT_EQ(context["precision"], "double");
    for (const char* key : {"version", "commit", "device"}) EXPECT_FALSE(context[key].get<std::string>().empty());
    EXPECT_EQ(context.contains("core_gigahertz"), bench::measure_core_hertz() > 0.0);
}

TEST(Benchmarks, AProfileRunsEachBenchmarkOnce) {
    for (const auto& [program, filter] : {std::pair{"bench_langevin", "d:2/"}, {"bench_moments", "d2/stride:100/"}}) {
        const Json results = run_json(program, filter, "--profile")["benchmarks"];
        ASSERT_FALSE(results.empty()) << program;
        for (const Json& result : results) {
            EXPECT_EQ(result["iterations"], 1) << program;
            EXPECT_FALSE(result.contains("ceiling")) << program;
        }
    }
}

TEST(Benchmarks, SizesGrowTo2To30ChainSteps) {
    for (const char* program : {"bench_langevin", "bench_sgd"}) {
        const Outcome outcome = run(program, "--benchmark_list_tests");
        for (const char* size : {":16/", ":20/", ":24/", ":27/", ":30/"}) {
            EXPECT_TRUE(contains(outcome.output, std::string("growth/log2_chain_steps") + size)) << outcome.output;
        }
    }
}

TEST(Benchmarks, WrongOptionsAreRefused) {
    for (const std::string& program : all_programs) {
        for (const char* wrong : {"--no-such-option", "--simd=neon", "--threads 0", "--threads=two", "--precision=half",
                                  "--backend", "--backend=", "--profile=yes", "--benchmark_format=xml", "stray"}) {
            const Outcome outcome = run(program, wrong);
            EXPECT_EQ(outcome.exit_code, 2) << program << ' ' << wrong;
            EXPECT_EQ(outcome.output, "") << program << ' ' << wrong;
            EXPECT_EQ(lines_in(outcome.errors), 1) << program << ' ' << wrong << '\n' << outcome.errors;
        }
    }
}

TEST(Benchmarks, HelpShowsBothKindsOfOptions) {
    for (const std::string& program : all_programs) {
        const Outcome outcome = run(program, "--help");
        EXPECT_EQ(outcome.exit_code, 0);
        for (const char* option :
             {"--backend", "--simd", "--threads", "--precision", "--profile", "--benchmark_filter"})
            EXPECT_TRUE(contains(outcome.output, option)) << program << ' ' << option;
    }
}

TEST(Benchmarks, AMissingGpuIsAnError) {
    if (cuda_status().usable) GTEST_SKIP() << "there is a GPU";
    for (const std::string& program : all_programs) {
        const Outcome outcome = run(program, "--backend cuda --benchmark_format=json");
        EXPECT_EQ(outcome.exit_code, 4) << program;
        EXPECT_EQ(outcome.output, "") << program;
        EXPECT_EQ(lines_in(outcome.errors), 1) << outcome.errors;
        EXPECT_TRUE(contains(outcome.errors, cuda_status().reason)) << outcome.errors;
    }
}

}  // namespace
}  // namespace stationary
