#include "host/experiment/experiment.h"

#include "host/base/error.h"
#include "host/experiment/experiment_names.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>

namespace stationary {
namespace {

template <typename Enum>
std::string name_of(Enum value) {
    for (const auto& entry : names<Enum>) {
        if (entry.value == value) return std::string(entry.name);
    }
    throw std::logic_error("an enum value without a name");
}

std::string read_all(std::istream& stream, const std::string& file) {
    std::ostringstream text;
    text << stream.rdbuf();
    // An empty file inserts nothing, which ostream calls a failure; a stream that broke is bad.
    if (stream.bad()) throw FileError(file + ": cannot read: " + std::strerror(errno));
    return text.str();
}

}  // namespace

std::string to_string(ModelKind value) { return name_of(value); }
std::string to_string(Dynamics value) { return name_of(value); }
std::string to_string(UpdateRule value) { return name_of(value); }
std::string to_string(Sampling value) { return name_of(value); }
std::string to_string(WeightProfile value) { return name_of(value); }
std::string to_string(Precision value) { return name_of(value); }
std::string to_string(Normals value) { return name_of(value); }

std::string locate(const Experiment& experiment, const std::string& key) {
    const auto found = experiment.locations.find(key);
    return (found == experiment.locations.end() ? experiment.file : found->second) + ": " + key;
}

Experiment load_experiment(const std::string& path, const Overrides& overrides) {
    if (path == "-") return parse_experiment(read_all(std::cin, "<stdin>"), "<stdin>", ".", overrides);
    if (std::filesystem::is_directory(path)) throw FileError(path + ": cannot read: is a directory");
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw InputError(path + ": cannot open: " + std::strerror(errno));
    const auto parent = std::filesystem::path(path).parent_path().string();
    return parse_experiment(read_all(stream, path), path, parent.empty() ? "." : parent, overrides);
}

const std::vector<KnownTable>& known_tables() {
    static const std::vector<KnownTable> tables{
        {"", {"title"}},
        {"model",
         {"kind", "data", "target", "standardize", "ridge", "hessian", "gradient_noise_covariance", "minimizer",
          "gradient_residuals", "feature_covariance", "label_noise_variance"}},
        {"sweep",
         {"dynamics", "eta0", "learning_rate", "batch_size", "momentum", "update", "dampening", "sampling",
          "epoch_position", "time_step"}},
        {"ensemble", {"chains", "draws", "shards", "burn_in", "stride", "initial", "seed"}},
        {"verdict", {"tolerance", "family_error_rate"}},
        {"gradient_noise", {"at", "draws"}},
        {"weighted_sum", {"alpha", "profile", "length", "momentum", "draws", "window"}},
        {"run", {"precision", "normals", "allow_unstable"}}};
    return tables;
}

}  // namespace stationary
