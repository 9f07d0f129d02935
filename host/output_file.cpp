#include "host/output_file.h"

#include "host/error.h"
#include "host/npy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace stationary {
namespace {

[[noreturn]] void fail(const std::string& path, const char* doing) {
    throw FileError(fmt::format("cannot {} {}: {}", doing, path, std::strerror(errno)));
}

/// Forces a file, or the directory that names it, to the disk.
void synchronize(const std::string& path) {
    const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(path, "open");
    const bool synchronized = fsync(descriptor) == 0;
    close(descriptor);
    if (!synchronized) fail(path, "write");
}

std::string temporary_beside(const std::string& path) { return fmt::format("{}.{}.tmp", path, getpid()); }

/// Renames the finished temporary file over the final one; removes it if anything fails.
void commit(const std::string& temporary, const std::string& path) {
    synchronize(temporary);
    if (std::rename(temporary.c_str(), path.c_str()) != 0) fail(path, "replace");
    const std::string directory = std::filesystem::path(path).parent_path().string();
    synchronize(directory.empty() ? "." : directory);
}

template <typename Write>
void replace(const std::string& path, const Write& write) {
    const std::string temporary = temporary_beside(path);
    try {
        write(temporary);
        commit(temporary, path);
    } catch (...) {
        std::remove(temporary.c_str());
        throw;
    }
}

}  // namespace

void replace_file(const std::string& path, std::string_view contents) {
    replace(path, [&](const std::string& temporary) {
        std::ofstream file(temporary, std::ios::binary);
        file.write(contents.data(), static_cast<std::streamsize>(contents.size()));
        file.close();
        if (!file) fail(path, "write");
    });
}

void replace_npy(const std::string& path, const Matrix& matrix) {
    replace(path, [&](const std::string& temporary) { write_npy(temporary, matrix); });
}

void write_standard_output(std::string_view text) {
    std::cout.write(text.data(), static_cast<std::streamsize>(text.size()));
    std::cout.flush();
    if (!std::cout) fail("standard output", "write");
}

}  // namespace stationary
