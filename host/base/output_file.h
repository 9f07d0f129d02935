#pragma once

#include "host/algebra/matrix.h"

#include <string>
#include <string_view>
#include <vector>

namespace stationary {

/// Replaces a file in one step: written beside it, forced to the disk, renamed over it. A crash leaves the old file or
/// the new one. Throws FileError in one line.
void replace_file(const std::string& path, std::string_view contents);

/// The same for a matrix as an .npy file.
void replace_npy(const std::string& path, const Matrix& matrix);

/// Replaces many files of one directory as replace_file does, but forces them to the disk together, since 10⁴ forced
/// one by one take a minute. Each is replaced in one step; a crash on the way leaves some old and some new. Test:
/// output_file_test.cpp.
class FileBatch {
  public:
    explicit FileBatch(std::string directory);
    FileBatch(const FileBatch&) = delete;
    FileBatch& operator=(const FileBatch&) = delete;
    /// Removes what was added and not committed.
    ~FileBatch();

    /// Throws FileError, also for what an earlier file could not get to the disk.
    void add(const std::string& name, std::string_view contents);
    void add_npy(const std::string& name, const Matrix& matrix);
    /// Forces all to the disk and puts them in place, in their order. Throws FileError.
    void commit();

  private:
    std::string directory_;
    std::vector<std::string> paths_;
};

/// Writes to standard output and makes sure that it got there. Throws FileError.
void write_standard_output(std::string_view text);

}  // namespace stationary
