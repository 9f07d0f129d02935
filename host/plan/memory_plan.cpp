#include "host/plan/memory_plan.h"

#include "host/base/error.h"
#include "host/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>

namespace stationary {
namespace {

constexpr std::int64_t unknown = -1;
constexpr std::int64_t assumed_available = std::int64_t{1} << 30;

std::string contents(const char* path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::int64_t program_bytes(const CellProgram& program) {
    const std::size_t numbers = program.hessian.size() + program.noise_factor.size() + program.features.size() +
                                program.residuals.size() + program.gradient_residuals.size() +
                                program.step_weights.size() + program.initial.size() * 4;
    return static_cast<std::int64_t>(numbers * sizeof(double));
}

/// What a cell's results take: its covariance with errors and resolution, up to three laws twice over, and the text of
/// results.json, of at most 24 bytes a number.
std::int64_t results_bytes(std::int64_t d) {
    constexpr std::int64_t matrices = 3 + 2 * 3;
    constexpr std::int64_t written = 2 + 3;
    constexpr std::int64_t bytes_written = 24;
    return d * d * (matrices * static_cast<std::int64_t>(sizeof(double)) + written * bytes_written);
}

/// The most shards at once, a cell's own number at the outside, whose memory fits; 0 if not even one does.
std::int64_t largest_launch(const Backend& backend, const CellPlan& plan, std::int64_t budget) {
    std::int64_t fits = 0;
    std::int64_t too_many = plan.shards + 1;
    while (too_many - fits > 1) {
        const std::int64_t middle = fits + (too_many - fits) / 2;
        (backend.memory_bytes(plan.program, middle) <= budget ? fits : too_many) = middle;
    }
    return fits;
}

void hand_over_whole(const Backend& backend, const std::vector<CellPlan>& plans, MemoryPlan& memory) {
    const BackendInfo info = backend.info();
    const std::int64_t launches = info.workers / std::max(1, info.devices);  // at once, on each
    for (const CellPlan& plan : plans) {
        memory.shards_at_once.push_back(plan.shards);
        memory.device = std::max(memory.device, launches * backend.memory_bytes(plan.program, plan.shards));
    }
}

void fit_launches(const Backend& backend, const std::vector<CellPlan>& plans, MemoryPlan& memory) {
    const int workers = backend.info().workers;
    const std::int64_t share = (memory.budget - memory.host) / workers;
    for (const CellPlan& plan : plans) {
        const std::int64_t shards = largest_launch(backend, plan, share);
        if (shards == 0) {
            throw InputError(
                fmt::format("not enough memory: {} needs {} for a single shard beside {} for all cells; {} of {} "
                            "available are in the budget",
                            describe(plan.cell), byte_size(workers * backend.memory_bytes(plan.program, 1)),
                            byte_size(memory.host), byte_size(memory.budget), byte_size(memory.available)));
        }
        memory.shards_at_once.push_back(shards);
        memory.peak = std::max(memory.peak, memory.host + workers * backend.memory_bytes(plan.program, shards));
    }
}

}  // namespace

std::int64_t parse_memory_available(const std::string& meminfo) {
    std::istringstream lines(meminfo);
    std::string name;
    std::int64_t kibibytes = 0;
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        if (words >> name >> kibibytes && name == "MemAvailable:") return kibibytes * 1024;
    }
    return unknown;
}

std::int64_t parse_group_headroom(const std::string& limit, const std::string& usage) {
    std::int64_t most = 0;
    std::int64_t used = 0;
    // "max" means no limit and does not parse as a number; version 1 writes a huge number instead.
    if (!(std::istringstream(limit) >> most) || !(std::istringstream(usage) >> used)) return unknown;
    return most >= (std::int64_t{1} << 60) ? unknown : std::max<std::int64_t>(0, most - used);
}

std::int64_t available_memory() {
    const std::int64_t machine = parse_memory_available(contents("/proc/meminfo"));
    const std::int64_t group =
        parse_group_headroom(contents("/sys/fs/cgroup/memory.max"), contents("/sys/fs/cgroup/memory.current"));
    const std::int64_t older_group = parse_group_headroom(contents("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
                                                          contents("/sys/fs/cgroup/memory/memory.usage_in_bytes"));
    std::int64_t least = unknown;
    for (const std::int64_t bytes : {machine, group, older_group}) {
        if (bytes != unknown && (least == unknown || bytes < least)) least = bytes;
    }
    return least == unknown ? assumed_available : least;
}

std::int64_t host_bytes(const std::vector<CellPlan>& plans, int workers) {
    std::int64_t bytes = 0;
    std::vector<std::int64_t> moments;
    for (const CellPlan& plan : plans) {
        const std::int64_t d = plan.program.dimension;
        const std::int64_t integers = packed_size(plan.program.dimension) + d;
        moments.push_back(plan.shards * integers * static_cast<std::int64_t>(sizeof(Int128)));
        bytes += program_bytes(plan.program) + results_bytes(d) +
                 plan.shards * (d * d + d + 1) * static_cast<std::int64_t>(sizeof(double));
    }
    std::sort(moments.rbegin(), moments.rend());
    moments.resize(std::min(moments.size(), static_cast<std::size_t>(workers)));
    return std::accumulate(moments.begin(), moments.end(), bytes);
}

MemoryPlan plan_memory(const Backend& backend, const std::vector<CellPlan>& plans, std::int64_t available) {
    MemoryPlan memory;
    memory.available = available;
    memory.budget = available / 4 * 3;
    memory.host = host_bytes(plans, backend.info().workers);
    memory.peak = memory.host;
    if (memory.host > memory.budget)
        throw InputError(
            fmt::format("not enough memory: all cells together need {}; {} of {} available are in the budget",
                        byte_size(memory.host), byte_size(memory.budget), byte_size(available)));
    if (backend.info().kind == "cuda") {
        hand_over_whole(backend, plans, memory);
    } else {
        fit_launches(backend, plans, memory);
    }
    return memory;
}

}  // namespace stationary
