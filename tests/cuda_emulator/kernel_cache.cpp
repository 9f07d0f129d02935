#include "tests/cuda_emulator/kernel_cache.h"

#include "tests/cuda_emulator/hash.h"
#include "tests/cuda_emulator/kernel.h"
#include "tests/cuda_emulator/module.h"
#include "tests/cuda_emulator/options.h"
#include "tests/cuda_emulator/report.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

namespace emulator {
namespace {

namespace fs = std::filesystem;

constexpr auto longest_unused = std::chrono::hours(24 * 14);
constexpr auto surely_unused = std::chrono::hours(1);  // nobody is between finding and opening it
constexpr std::uintmax_t most_bytes = std::uintmax_t{1} << 30;

std::string root() { return variable("ROOT", EMULATOR_ROOT); }
std::string home() { return root() + "/tests/cuda_emulator"; }

std::string file_text(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!(text << file.rdbuf())) give_up("cannot read %s", path.c_str());
    return text.str();
}

/// A hash of all that turns PTX into a library: the translator and the headers of what it writes.
std::string tools_hash() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(home())) {
        const fs::path& path = entry.path();
        const bool header = path.extension() == ".h" && path.filename().string().rfind("device", 0) == 0;
        if (header || path.extension() == ".py") files.push_back(path);
    }
    std::sort(files.begin(), files.end());
    Hash sum;
    for (const fs::path& file : files) sum.add(file.filename().string() + "\n" + file_text(file));
    return sum.text();
}

std::string compiler_flags() {
    const Options& o = options();
    std::string flags = o.flags + " -std=gnu11 -ffp-contract=off -fno-strict-aliasing -fwrapv -fPIC -shared -w";
    if (__builtin_cpu_supports("fma")) flags += " -mfma";
    if (o.checked()) flags += " -DEMULATOR_CHECKED";
    if (o.approximate != Approximate::nearest) flags += " -DEMULATOR_APPROXIMATE";
    return flags;
}

std::string entry_name(const Kernel& kernel) {
    static const std::string tools = tools_hash();
    Hash sum;
    for (const std::string& part : {kernel.module.hash(), kernel.name, tools, options().compiler, compiler_flags()})
        sum.add(part + "\n");
    return sum.text();
}

fs::path library_path(const std::string& entry) { return fs::path(options().cache) / (entry + ".so"); }

bool run(const std::string& command) {
    if (std::system(command.c_str()) == 0) return true;
    std::fprintf(stderr, "cuda_emulator: failed: %s\n", command.c_str());
    return false;
}

/// Makes the library of an entry: PTX, C, machine code, all under names of this process until the last is whole. What
/// there is of a translation that fails stays for inspection. False if it fails.
bool translate(const Kernel& kernel, const std::string& entry) {
    static std::atomic<int> number{0};
    if (kernel.module.compressed()) give_up("the PTX is compressed: compile with --no-compress");
    const Options& o = options();
    std::error_code failure;
    fs::create_directories(o.cache, failure);
    if (failure) give_up("cannot make the directory %s: %s", o.cache.c_str(), failure.message().c_str());
    const std::string draft =
        o.cache + "/" + entry + "." + std::to_string(getpid()) + "." + std::to_string(++number) + ".draft";
    {
        std::ofstream file(draft + ".ptx", std::ios::binary);
        file << kernel.module.ptx();
        if (!file.flush()) give_up("cannot write %s.ptx", draft.c_str());
    }
    const bool done =
        run(o.python + " -B '" + home() + "/translate.py' '" + draft + ".ptx' '" + kernel.name + "' > '" + draft +
            ".c'") &&
        run(o.compiler + " " + compiler_flags() + " -I'" + root() + "' '" + draft + ".c' -o '" + draft + ".so' -lm");
    if (!done) return false;
    fs::rename(draft + ".so", library_path(entry), failure);
    if (failure) give_up("cannot write %s", library_path(entry).c_str());
    fs::remove(draft + ".ptx", failure);
    fs::remove(draft + ".c", failure);
    return true;
}

/// False if the cache does not hold the library. One that it holds counts as used now.
bool touch(const fs::path& library) { return utimensat(AT_FDCWD, library.c_str(), nullptr, 0) == 0; }

bool is_hexadecimal(const std::string& text) { return text.find_first_not_of("0123456789abcdef") == std::string::npos; }

enum class FileKind { library, draft, foreign };

/// A draft is what is being made, or what a translation that failed has left. Foreign files are none of the cache's.
FileKind file_kind(const std::string& name) {
    if (name.size() <= Hash::digits || !is_hexadecimal(name.substr(0, Hash::digits))) return FileKind::foreign;
    if (name.substr(Hash::digits) == ".so") return FileKind::library;
    return name.find(".draft.") != std::string::npos ? FileKind::draft : FileKind::foreign;
}

struct Entry {
    fs::path path;
    FileKind kind;
    std::chrono::seconds unused;
    std::uintmax_t bytes;
};

std::vector<Entry> entries() {
    std::vector<Entry> all;
    std::error_code failure;
    for (const auto& file : fs::directory_iterator(options().cache, failure)) {
        struct stat state {};
        const FileKind kind = file_kind(file.path().filename().string());
        if (kind == FileKind::foreign || stat(file.path().c_str(), &state) != 0) continue;
        const auto unused = std::chrono::seconds(std::time(nullptr) - state.st_mtime);
        all.push_back({file.path(), kind, unused, static_cast<std::uintmax_t>(state.st_size)});
    }
    std::sort(all.begin(), all.end(), [](const Entry& a, const Entry& b) { return a.unused < b.unused; });
    return all;
}

}  // namespace

Found ensure_library(const Kernel& kernel) {
    const std::string entry = entry_name(kernel);
    if (touch(library_path(entry))) return Found::kept;
    return translate(kernel, entry) ? Found::made : Found::failed;
}

void* open_library(const Kernel& kernel) {
    const Found found = ensure_library(kernel);
    if (found == Found::failed) give_up("cannot run %s", kernel.shown_name.c_str());
    void* const handle = dlopen(library_path(entry_name(kernel)).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) give_up("%s", dlerror());
    if (found == Found::made) prune_cache();
    return handle;
}

void prune_cache() {
    std::uintmax_t kept = 0;
    for (const Entry& entry : entries()) {
        kept += entry.bytes;
        const bool wanted = entry.kind == FileKind::library && entry.unused < longest_unused && kept <= most_bytes;
        if (wanted || entry.unused < surely_unused) continue;
        std::error_code ignored;
        fs::remove(entry.path, ignored);
    }
}

}  // namespace emulator
