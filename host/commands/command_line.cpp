#include "host/commands/command_line.h"

#include "host/base/duration.h"
#include "host/base/error.h"
#include "host/base/output_file.h"
#include "host/base/program_info.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <sstream>
#include <utility>
#include <vector>

namespace stationary {
namespace {

template <typename Value>
using Names = std::vector<std::pair<std::string, Value>>;

const Names<BackendChoice> backend_names{
    {"auto", BackendChoice::automatic}, {"cpu", BackendChoice::cpu}, {"cuda", BackendChoice::cuda}};
const Names<SimdLevel> simd_names{
    {"generic", SimdLevel::generic}, {"avx2", SimdLevel::avx2}, {"avx512", SimdLevel::avx512}};
const Names<Normals> normals_names{{"reproducible", Normals::reproducible}, {"fast", Normals::fast}};

/// An option whose value is one of a few names.
template <typename Value, typename Target>
void add_choice(CLI::App& app, const std::string& option, Target& target, const Names<Value>& names,
                const std::string& help) {
    std::string listed;
    for (const auto& name : names) listed += (listed.empty() ? "" : "|") + name.first;
    const auto read = [&target, &names, option, listed](const std::string& text) {
        const auto found =
            std::find_if(names.begin(), names.end(), [&text](const auto& name) { return name.first == text; });
        if (found == names.end()) throw CLI::ValidationError(option, "\"" + text + "\" is not one of " + listed);
        target = found->second;
    };
    app.add_option_function<std::string>(option, read, help)->type_name(listed);
}

template <typename Value>
void add_setting(CLI::App& app, const std::string& option, const std::string& help, Value on, Value& target) {
    app.add_flag_callback(
        option, [&target, on] { target = on; }, help);
}

void add_json(CLI::App& app, CommandLine& line) {
    add_setting(app, "--json", "Print one JSON document to standard output; everything else goes to standard error",
                OutputFormat::json, line.format);
}

enum class Presence { required, optional };

void add_experiment(CLI::App& app, CommandLine& line, Presence presence = Presence::required) {
    const std::string without = presence == Presence::optional ? "; without one, a built-in model" : "";
    app.add_option("EXPERIMENT", line.experiment, "Experiment file (TOML); - reads standard input" + without)
        ->type_name("FILE")
        ->required(presence == Presence::required);
    app.add_option("--set", line.overrides.set, "Override a key of the file: sweep.batch_size=[1,8]; may be repeated")
        ->type_name("KEY=VALUE")
        ->take_all()
        ->allow_extra_args(false);
}

void add_noise_options(CLI::App& app, CommandLine& line) {
    const auto read_seed = [&line](const std::string& text) {
        std::uint64_t seed = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seed);
        if (error != std::errc() || end != text.data() + text.size()) {
            throw CLI::ValidationError("--seed", "expected an integer from 0 to 2^64 - 1");
        }
        line.overrides.seed = seed;
    };
    app.add_option_function<std::string>("--seed", read_seed, "Seed, in place of ensemble.seed")->type_name("N");
    add_choice(app, "--normals", line.overrides.normals, normals_names, "Map from random words to normals");
}

void add_backend_options(CLI::App& app, CommandLine& line) {
    add_choice(app, "--backend", line.backend.choice, backend_names, "Where to run (auto)");
    app.add_option("--threads", line.backend.threads, "CPU threads (0: all cores)")
        ->type_name("N")
        ->check(CLI::Range(0, 4096).description(""));
    add_choice(app, "--simd", line.backend.simd, simd_names, "SIMD level of the CPU backend (the best available)");
}

void add_conduct_options(CLI::App& app, CommandLine& line) {
    add_setting(app, "--quiet", "No progress", Verbosity::quiet, line.verbosity);
    app.add_option_function<std::string>(
           "--max-walltime", [&line](const std::string& text) { line.max_walltime = parse_duration(text); },
           "Take no further shards after this long: 2h, 90s, 1h30m")
        ->type_name("DURATION");
}

/// "0.5,0.25,0.125"
std::vector<double> read_weights(const std::string& text) {
    std::vector<double> weights;
    std::istringstream fields(text);
    for (std::string field; std::getline(fields, field, ',');) {
        double weight = 0.0;
        if (!CLI::detail::lexical_cast(field, weight))
            throw CLI::ValidationError("--alpha", "\"" + field + "\" is not a number; expected weights like 0.5,0.25");
        weights.push_back(weight);
    }
    if (weights.empty()) throw CLI::ValidationError("--alpha", "expected weights like 0.5,0.25");
    return weights;
}

void add_run(CLI::App& app, CommandLine& line) {
    CLI::App& run = *app.add_subcommand("run", "Simulate, and set the result beside every prediction");
    add_experiment(run, line);
    run.add_option("--out", line.out,
                   "Directory for the journal, results.json, cells.csv and the covariances; goes on "
                   "with what is there")
        ->type_name("DIR");
    run.add_option("--shard-range", line.shard_range,
                   "Run only part i of n of the shards, i from 0 (default: the task of a Slurm array)")
        ->type_name("i/n");
    add_backend_options(run, line);
    add_noise_options(run, line);
    run.add_option("--chains", line.overrides.chains, "Chains per cell, in place of ensemble.chains")->type_name("N");
    add_json(run, line);
    add_conduct_options(run, line);
    add_setting(run, "--dry-run", "Print cells, steps, memory and an estimate of the time; run nothing",
                RunMode::dry_run, line.mode);
    run.callback([&line] { line.command = Command::run; });
}

void add_merge(CLI::App& app, CommandLine& line) {
    CLI::App& merge = *app.add_subcommand("merge", "Join shards that were computed in separate directories");
    merge.add_option("DIR", line.directories, "Run directories of one experiment, in any order")
        ->type_name("DIR")
        ->required();
    merge.add_option("--out", line.out, "Directory for all of them; goes on with what is there")
        ->type_name("DIR")
        ->required();
    add_json(merge, line);
    merge.callback([&line] { line.command = Command::merge; });
}

void add_predict(CLI::App& app, CommandLine& line) {
    CLI::App& predict = *app.add_subcommand("predict", "Predictions and stability limits only; nothing is simulated");
    add_experiment(predict, line);
    add_json(predict, line);
    predict.callback([&line] { line.command = Command::predict; });
}

void add_gradient_noise(CLI::App& app, CommandLine& line) {
    CLI::App& noise = *app.add_subcommand(
        "gradient-noise", "Measure the noise of minibatch gradients, and set it beside that of one training point");
    add_experiment(noise, line);
    add_backend_options(noise, line);
    add_noise_options(noise, line);
    add_json(noise, line);
    add_conduct_options(noise, line);
    noise.callback([&line] { line.command = Command::gradient_noise; });
}

void add_weighted_sum(CLI::App& app, CommandLine& line) {
    CLI::App& sum = *app.add_subcommand(
        "weighted-sum", "Measure the covariance of a weighted sum of gradients, and of what momentum makes of it");
    sum.add_option_function<std::string>(
           "--alpha", [&line](const std::string& text) { line.alpha = read_weights(text); },
           "Weights, in place of weighted_sum.alpha or its profile")
        ->type_name("0.5,0.25,...");
    add_experiment(sum, line, Presence::optional);
    add_backend_options(sum, line);
    add_noise_options(sum, line);
    add_json(sum, line);
    add_conduct_options(sum, line);
    sum.callback([&line] { line.command = Command::weighted_sum; });
}

void add_info(CLI::App& app, CommandLine& line) {
    CLI::App& info = *app.add_subcommand("info", "Version, build features, devices, and why one is not usable");
    add_json(info, line);
    info.callback([&line] { line.command = Command::info; });
}

/// The parser's message on one line.
std::string one_line(std::string message) {
    for (char& c : message) {
        if (c == '\n') c = ' ';
    }
    return message;
}

}  // namespace

std::optional<CommandLine> parse_command_line(int count, const char* const* arguments) {
    CommandLine line;
    CLI::App app("The stationary distribution of SGD and Langevin dynamics", "stationary");
    app.set_version_flag("--version", "stationary " + program_info().version);
    app.require_subcommand(1);
    add_run(app, line);
    add_merge(app, line);
    add_predict(app, line);
    add_gradient_noise(app, line);
    add_weighted_sum(app, line);
    add_info(app, line);
    try {
        app.parse(count, arguments);
    } catch (const CLI::CallForHelp&) {
        write_standard_output(app.help());
        return std::nullopt;
    } catch (const CLI::CallForVersion&) {
        write_standard_output("stationary " + program_info().version + '\n');
        return std::nullopt;
    } catch (const CLI::ParseError& error) {
        throw InputError(one_line(error.what()) + " (see stationary --help)");
    }
    return line;
}

}  // namespace stationary
