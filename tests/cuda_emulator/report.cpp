#include "tests/cuda_emulator/report.h"

#include "tests/cuda_emulator/emulated_memory.h"
#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/registry.h"

#include <unistd.h>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <map>
#include <mutex>

namespace emulator {
namespace {

constexpr std::size_t most_reports = 50;

std::mutex report_mutex;
std::map<std::string, u64> reported;  // how often, by key

void print(const char* format, std::va_list arguments) {
    std::fputs("cuda_emulator: ", stderr);
    std::vfprintf(stderr, format, arguments);
    std::fputc('\n', stderr);
}

/// The crash itself follows.
void explain_crash(int, siginfo_t* information, void*) {
    const bool device = memory_at(information->si_addr) != nullptr;
    std::fprintf(stderr, "cuda_emulator: a crash at address %p: %s\n", information->si_addr,
                 device ? "host code used a pointer to device memory"
                        : "host code, or a kernel that runs without --check memory");
}

void write_trace(const std::string& path) {
    std::FILE* const file = std::fopen(path.c_str(), "a");
    if (file == nullptr) return;
    const std::string text = registry().launches_text();
    std::fwrite(text.data(), 1, text.size(), file);
    std::fclose(file);
}

/// What is left to do when the program ends. One in which something was found does not end well, whatever it thinks of
/// itself.
class AtEnd {
  public:
    AtEnd() {
        struct sigaction action {};
        action.sa_sigaction = explain_crash;
        action.sa_flags = SA_SIGINFO | SA_RESETHAND | SA_NODEFER;
        sigaction(SIGSEGV, &action, nullptr);
    }
    AtEnd(const AtEnd&) = delete;
    AtEnd& operator=(const AtEnd&) = delete;
    ~AtEnd() {
        if (options().translate_jobs > 0) {
            std::fflush(nullptr);
            registry().translate_all(options().translate_jobs);
            std::fflush(nullptr);
            _exit(0);
        }
        if (!options().trace.empty()) write_trace(options().trace);
        if (reported.empty()) return;
        u64 all = 0;
        for (const auto& [key, count] : reported) all += count;
        std::fflush(nullptr);
        std::fprintf(stderr, "cuda_emulator: %llu errors at %zu places\n", static_cast<unsigned long long>(all),
                     reported.size());
        std::fflush(nullptr);
        _exit(options().exit_code);
    }
} at_end;  // after `reported`, so that it is taken down before

}  // namespace

void report(const std::string& key, const char* format, ...) {
    const std::lock_guard lock(report_mutex);
    if (++reported[key] > 1 || reported.size() > most_reports) return;
    std::va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
}

void give_up(const char* format, ...) {
    std::va_list arguments;
    va_start(arguments, format);
    print(format, arguments);
    va_end(arguments);
    std::fflush(nullptr);
    _exit(options().exit_code);
}

}  // namespace emulator
