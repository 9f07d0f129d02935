#pragma once

#include <string>
#include <utility>

namespace stationary {

/// Owns an open file.
class FileDescriptor {
  public:
    FileDescriptor() = default;
    explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
    FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    ~FileDescriptor();

    explicit operator bool() const { return descriptor_ >= 0; }
    [[nodiscard]] int get() const { return descriptor_; }

  private:
    int descriptor_ = -1;
};

/// Throws FileError "cannot DOING PATH: what errno says".
[[noreturn]] void throw_file_error(const char* doing, const std::string& path);

/// The contents of a file, empty if it cannot be read.
std::string file_contents(const std::string& path);

}  // namespace stationary
