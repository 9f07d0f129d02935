#include "host/report/json_values.h"

#include "host/base/hash.h"

#include <toml++/toml.h>

#include <string>

namespace stationary {
namespace {

Json from_toml(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        Json object = Json::object();
        for (const auto& [key, value] : *table) object[std::string(key.str())] = from_toml(value);
        return object;
    }
    if (const auto* values = node.as_array()) {
        Json array = Json::array();
        for (const auto& value : *values) array.push_back(from_toml(value));
        return array;
    }
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* integer = node.as_integer()) return integer->get();
    if (const auto* real = node.as_floating_point()) return to_json(real->get());
    if (const auto* truth = node.as_boolean()) return truth->get();
    return nullptr;
}

}  // namespace

Json to_json(const ProgramInfo& program) {
    return {{"version", program.version},
            {"commit", program.commit},
            {"build_type", program.build_type},
            {"compiler", program.compiler},
            {"cuda", program.cuda},
            {"cuda_toolkit", program.cuda_toolkit},
            {"mpi", program.mpi}};
}

Json to_json(const BackendInfo& backend) {
    return {{"kind", backend.kind},
            {"device", backend.device},
            {"devices", backend.devices},
            {"threads", backend.threads},
            {"simd", backend.simd}};
}

Json to_json(const Experiment& experiment) { return from_toml(toml::parse(to_toml(experiment))); }

Json to_json(const Cell& cell) {
    return {{"index", cell.index},
            {"key", hex(cell.key)},
            {"dynamics", to_string(cell.dynamics)},
            {"update", to_string(cell.update)},
            {"sampling", to_string(cell.sampling)},
            {"eta0", to_json(cell.eta0)},
            {"learning_rate", to_json(cell.learning_rate)},
            {"batch_size", cell.batch_size},
            {"momentum", to_json(cell.momentum)},
            {"dampening", to_json(cell.dampening)},
            {"time_step", to_json(cell.time_step)},
            {"epoch_position", cell.epoch_position}};
}

void add_stability(Json& object, const Stability& stability) {
    object["stable"] = stability.stable;
    object["learning_rate_limit"] = to_json(stability.learning_rate_limit);
    object["fourth_moment_limit"] = to_json(stability.fourth_moment_limit);
    if (stability.approximate) object["learning_rate_limit_approximate"] = true;
}

}  // namespace stationary
