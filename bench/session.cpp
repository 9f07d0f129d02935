#include "bench/session.h"

#include "bench/ceiling/core_frequency.h"
#include "host/base/error.h"
#include "host/base/program_info.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <utility>

namespace stationary::bench {
namespace {

/// Google Benchmark asks for help both when the user does and when an option of its own has a bad value, and then exits
/// with 0. It passes no arguments, so that which of the two it is must stand here.
bool help_asked = false;

void print_help() {
    if (!help_asked) {
        std::fputs("bad value of a --benchmark_… option; --help lists them\n", stderr);
        std::exit(static_cast<int>(ExitCode::bad_input));
    }
    std::fputs(("benchmark binary of stationary (bench/README.md)\n" + options_help() + "\n").c_str(), stdout);
    benchmark::PrintDefaultHelp();
}

Session open_session(const BenchOptions& options) {
    Session session;
    session.options = options;
    session.backend = choose_backend(options.backend, Normals::reproducible).backend;
    session.info = session.backend->info();
    session.simd = options.backend.simd.value_or(best_simd_level());
    if (session.on_cpu() && options.style == RunStyle::measure) session.core_hertz = measure_core_hertz();
    return session;
}

void add_context(const Session& session) {
    const ProgramInfo program = program_info();
    benchmark::AddCustomContext("version", program.version);
    benchmark::AddCustomContext("commit", program.commit);
    benchmark::AddCustomContext("compiler", program.compiler);
    benchmark::AddCustomContext("backend", session.info.kind);
    benchmark::AddCustomContext("device", session.info.device);
    benchmark::AddCustomContext("simd", session.info.simd);
    benchmark::AddCustomContext("devices", std::to_string(session.info.devices));
    benchmark::AddCustomContext("threads", std::to_string(session.info.threads));
    benchmark::AddCustomContext("workers", std::to_string(session.info.workers));
    benchmark::AddCustomContext("precision", to_string(session.options.precision));
    if (session.core_hertz > 0.0) {
        benchmark::AddCustomContext("core_gigahertz", fmt::format("{:.3f}", session.core_hertz * 1e-9));
    }
}

int run_all(int count, char** arguments, void (*register_all)(const Session&)) {
    const BenchOptions options = take_options(count, arguments);
    for (int i = 1; i < count; ++i) help_asked = help_asked || std::string_view(arguments[i]) == "--help";
    benchmark::Initialize(&count, arguments, &print_help);
    if (benchmark::ReportUnrecognizedArguments(count, arguments)) return static_cast<int>(ExitCode::bad_input);
    const Session session = open_session(options);
    add_context(session);
    register_all(session);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
    return static_cast<int>(ExitCode::done);
}

int report(const char* program, const std::exception& error, ExitCode code) {
    const std::string name = std::filesystem::path(program).filename().string();
    std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
    return static_cast<int>(code);
}

}  // namespace

benchmark::internal::Benchmark* register_benchmark(const Session& session, const std::string& name,
                                                   std::function<void(benchmark::State&)> body, Clock clock) {
    auto* const registered = benchmark::RegisterBenchmark(name.c_str(), std::move(body));
    registered->Unit(benchmark::kMillisecond);
    if (clock == Clock::wall) {
        registered->UseRealTime();
    } else {
        registered->UseManualTime();
    }
    if (session.options.style == RunStyle::profile) registered->Iterations(1);
    return registered;
}

int run_benchmarks(int count, char** arguments, void (*register_all)(const Session&)) {
    try {
        return run_all(count, arguments, register_all);
    } catch (const UserError& error) {
        return report(arguments[0], error, error.code());
    } catch (const std::exception& error) {
        return report(arguments[0], error, ExitCode::internal_error);
    }
}

}  // namespace stationary::bench
