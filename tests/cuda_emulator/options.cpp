#include "tests/cuda_emulator/options.h"

#include <unistd.h>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace emulator {

std::string variable(const char* name, const std::string& otherwise) {
    const char* const value = std::getenv((std::string("CUDA_EMULATOR_") + name).c_str());
    return value != nullptr && *value != 0 ? value : otherwise;
}

namespace {

/// Which of the names it is.
int one_of(const char* option, const std::string& text, const std::vector<std::string>& names) {
    const auto at = std::find(names.begin(), names.end(), text);
    if (at != names.end()) return static_cast<int>(at - names.begin());
    std::fprintf(stderr, "cuda_emulator: %s: unknown: %s\n", option, text.c_str());
    _exit(2);
}

u64 gibibytes(const char* name, const char* otherwise) {
    return static_cast<u64>(std::strtod(variable(name, otherwise).c_str(), nullptr) * 0x1p30);
}

int integer(const char* name, const char* otherwise) { return std::atoi(variable(name, otherwise).c_str()); }

/// Beside what ccache keeps: both hold what a compiler made.
std::string default_cache() {
    const auto path = [](const char* name) -> std::string {
        const char* const value = std::getenv(name);
        return value != nullptr ? value : "";
    };
    if (const std::string ccache = path("CCACHE_DIR"); !ccache.empty()) return ccache + "/cuda_emulator";
    if (const std::string caches = path("XDG_CACHE_HOME"); !caches.empty()) return caches + "/ccache/cuda_emulator";
    const std::string home = path("HOME");
    return (home.empty() ? "/tmp" : home) + "/.cache/ccache/cuda_emulator";
}

}  // namespace

Options::Options() {
    read_checks(variable("CHECK", "memory,sync"));
    read_order(variable("ORDER", "forward"));
    approximate = static_cast<Approximate>(
        one_of("APPROXIMATE", variable("APPROXIMATE", "nearest"), {"nearest", "up", "down", "random"}));
    lazy = one_of("STREAMS", variable("STREAMS", "lazy"), {"lazy", "eager"}) == 0;
    memory_bytes = gibibytes("MEMORY", "4");
    memory_limit = gibibytes("LIMIT", "1000000");
    devices = std::clamp(integer("DEVICES", "1"), 1, most_devices);
    workers = std::max(1, integer("THREADS", "1"));
    failing_launch = std::strtoull(variable("FAIL", "0").c_str(), nullptr, 10);
    pools = variable("POOLS", "1") != "0";
    translate_jobs = std::max(0, integer("TRANSLATE", "0"));
    cache = variable("CACHE", default_cache());
    compiler = variable("CC", "gcc");
    flags = variable("CFLAGS", "-O1");
    python = variable("PYTHON", EMULATOR_PYTHON);
    trace = variable("TRACE", "");
    exit_code = integer("EXIT", "9");
}

void Options::read_checks(std::string checks) {
    if (checks == "all") checks = "memory,init,race,sync";
    if (checks == "none") return;
    checks += ",";
    for (std::size_t end; (end = checks.find(',')) != std::string::npos; checks.erase(0, end + 1)) {
        bool* const all[] = {&check_memory, &check_init, &check_race, &check_sync};
        *all[one_of("CHECK", checks.substr(0, end), {"memory", "init", "race", "sync"})] = true;
    }
}

void Options::read_order(const std::string& by) {
    if (!by.empty() && by.find_first_not_of("0123456789") == std::string::npos) {
        order = Order::random;
        seed = std::strtoull(by.c_str(), nullptr, 10);
    } else {
        order = static_cast<Order>(one_of("ORDER", by, {"forward", "reverse"}));
    }
}

}  // namespace emulator
