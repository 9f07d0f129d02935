#pragma once

#include "host/matrix.h"

#include <string>
#include <string_view>

namespace stationary {

/// Replaces a file in one step: written beside it, forced to the disk, renamed over it. A crash leaves the old file or
/// the new one. Throws FileError in one line.
void replace_file(const std::string& path, std::string_view contents);

/// The same for a matrix as an .npy file.
void replace_npy(const std::string& path, const Matrix& matrix);

/// Writes to standard output and makes sure that it got there. Throws FileError.
void write_standard_output(std::string_view text);

}  // namespace stationary
