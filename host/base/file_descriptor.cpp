#include "host/base/file_descriptor.h"

#include "host/base/error.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace stationary {

FileDescriptor::~FileDescriptor() {
    if (descriptor_ >= 0) close(descriptor_);
}

void throw_file_error(const char* doing, const std::string& path) {
    throw FileError(fmt::format("cannot {} {}: {}", doing, path, std::strerror(errno)));
}

std::string file_contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace stationary
