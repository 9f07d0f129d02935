#pragma once

#include "host/algebra/matrix.h"

#include <string>
#include <vector>

namespace stationary {

/// Reads a two-dimensional NumPy array file: format version 1 or 2, dtype <f4 <f8 <i4 <i8, C or Fortran order.
/// Header and shape are checked against the file's size before memory is taken; every entry must be finite.
/// Throws InputError (one line naming the file) or FileError.
Matrix read_npy(const std::string& path);

/// Writes a matrix as version 1, <f8, C order. Throws FileError.
void write_npy(const std::string& path, const Matrix& matrix);

/// Writes equally sized matrices as one array of shape (count, rows, columns). Throws FileError; std::invalid_argument
/// if sizes differ.
void write_npy(const std::string& path, const std::vector<Matrix>& stack);

}  // namespace stationary
