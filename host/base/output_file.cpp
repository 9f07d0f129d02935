#include "host/base/output_file.h"

#include "host/base/error.h"
#include "host/base/npy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <utility>

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

void write_bytes(const std::string& path, std::string_view contents) {
    std::ofstream file(path, std::ios::binary);
    file.write(contents.data(), static_cast<std::streamsize>(contents.size()));
    file.close();
    if (!file) fail(path, "write");
}

/// Forces everything in the directory's file system to the disk.
void synchronize_file_system(const std::string& directory) {
    const int descriptor = open(directory.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) fail(directory, "open");
    const bool synchronized = syncfs(descriptor) == 0;
    close(descriptor);
    if (!synchronized) fail(directory, "write");
}

/// With more files than this, one sync of the whole file system is cheaper than one for each.
constexpr std::size_t many_files = 64;

}  // namespace

FileBatch::FileBatch(std::string directory) : directory_(std::move(directory)) {}

FileBatch::~FileBatch() {
    for (const std::string& path : paths_) std::remove(temporary_beside(path).c_str());
}

void FileBatch::add(const std::string& name, std::string_view contents) {
    paths_.push_back((std::filesystem::path(directory_) / name).string());
    write_bytes(temporary_beside(paths_.back()), contents);
}

void FileBatch::add_npy(const std::string& name, const Matrix& matrix) {
    paths_.push_back((std::filesystem::path(directory_) / name).string());
    write_npy(temporary_beside(paths_.back()), matrix);
}

void FileBatch::commit() {
    if (paths_.size() > many_files) {
        synchronize_file_system(directory_);
    } else {
        for (const std::string& path : paths_) synchronize(temporary_beside(path));
    }
    for (const std::string& path : paths_) {
        if (std::rename(temporary_beside(path).c_str(), path.c_str()) != 0) fail(path, "replace");
    }
    paths_.clear();
    synchronize(directory_);
}

void replace_file(const std::string& path, std::string_view contents) {
    replace(path, [&](const std::string& temporary) { write_bytes(temporary, contents); });
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
