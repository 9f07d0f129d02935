#include "host/commands/info.h"

#include "host/report/json_values.h"
#include "host/run/ranks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace stationary {
namespace {

std::vector<std::string> names_of(const std::vector<SimdLevel>& levels) {
    std::vector<std::string> names;
    for (const SimdLevel level : levels) names.push_back(to_string(level));
    return names;
}

std::string cuda_lines(const Info& info) {
    std::string text = info.program.cuda
                           ? fmt::format("  cuda      compiled with toolkit {}\n", info.program.cuda_toolkit)
                           : std::string("  cuda      not compiled\n");
    for (const std::string& device : info.cuda.devices) text += fmt::format("            device {}\n", device);
    if (!info.cuda.usable) text += fmt::format("            not usable: {}\n", info.cuda.reason);
    return text;
}

}  // namespace

Info gather_info() {
    Info info;
    info.program = program_info();
    info.cpu = make_cpu_backend(0, best_simd_level())->info();
    for (const SimdLevel level : {SimdLevel::generic, SimdLevel::avx2, SimdLevel::avx512}) {
        if (simd_level_available(level)) info.simd_levels.push_back(level);
    }
    info.cuda = cuda_status();
    return info;
}

std::string info_text(const Info& info) {
    const ProgramInfo& program = info.program;
    return fmt::format(
               "stationary {} (commit {})\n  build     {}, {}\n  cpu       {}, {} threads\n  simd      {} (available: "
               "{})\n",
               program.version, program.commit, program.build_type, program.compiler, info.cpu.device, info.cpu.threads,
               info.cpu.simd, fmt::join(names_of(info.simd_levels), ", ")) +
           cuda_lines(info) + fmt::format("  mpi       {}\n", program.mpi ? rank_support().library : "not compiled");
}

std::string info_json(const Info& info) {
    const Json json{{"schema", 1},
                    {"program", to_json(info.program)},
                    {"cpu",
                     {{"device", info.cpu.device},
                      {"threads", info.cpu.threads},
                      {"simd", info.cpu.simd},
                      {"simd_available", names_of(info.simd_levels)}}},
                    {"cuda",
                     {{"compiled", info.cuda.compiled},
                      {"usable", info.cuda.usable},
                      {"reason", info.cuda.reason},
                      {"devices", info.cuda.devices}}}};
    return document(json);
}

}  // namespace stationary
