#pragma once

#include "host/algebra/matrix.h"

#include <string>
#include <string_view>
#include <vector>

namespace stationary {

/// A data file: named columns of finite numbers. The columns of an .npy file are named "0", "1", ….
struct Table {
    std::vector<std::string> columns;
    Matrix values;  ///< [rows × columns]
};

/// Reads a .csv file (comma-separated, one header line, names may stand in double quotes, LF or CRLF) or an .npy file
/// (npy.h), by its ending. Independent of the locale. `missing` starts the message for a file that does not exist.
/// Throws InputError, one line: `FILE:LINE: column "bmi": "abc" is not a finite number`; FileError if the file cannot
/// be read.
Table read_table(const std::string& path, const std::string& missing);

/// Column of that name, or −1.
Eigen::Index find_column(const Table& table, std::string_view name);

}  // namespace stationary
