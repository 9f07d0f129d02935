#include "host/base/npy.h"

#include "host/base/error.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace stationary {
namespace {

static_assert(std::endian::native == std::endian::little, "array files are read and written in little-endian order");

constexpr std::string_view magic{"\x93NUMPY", 6};
constexpr std::uint64_t longest_header = 65536;

struct Header {
    std::string type;  ///< "<f8"
    bool fortran_order = false;
    std::vector<std::uint64_t> shape;
};

[[noreturn]] void fail(const std::string& path, const std::string& problem) { throw InputError(path + ": " + problem); }

/// The text after `'key':`, spaces skipped.
std::string_view after_key(const std::string& path, std::string_view header, const std::string& key) {
    const std::string quoted = "'" + key + "'";
    const auto found = header.find(quoted);
    if (found == std::string_view::npos) fail(path, "not a NumPy array file: its header has no " + quoted);
    const auto value = header.find_first_not_of(" :", found + quoted.size());
    return value == std::string_view::npos ? std::string_view{} : header.substr(value);
}

std::vector<std::uint64_t> parse_shape(const std::string& path, std::string_view text) {
    const auto close = text.find(')');
    if (!text.starts_with('(') || close == std::string_view::npos) fail(path, "its header has a malformed shape");
    std::vector<std::uint64_t> shape;
    const char* end = text.data() + close;
    for (const char* next = text.data() + 1; next < end;) {
        if (*next == ' ' || *next == ',') {
            ++next;
            continue;
        }
        std::uint64_t extent = 0;
        const auto [stop, error] = std::from_chars(next, end, extent);
        if (error != std::errc{}) fail(path, "its header has a malformed shape");
        shape.push_back(extent);
        next = stop;
    }
    return shape;
}

Header parse_header(const std::string& path, std::string_view text) {
    Header header;
    const auto type = after_key(path, text, "descr");
    const auto quote = type.empty() ? std::string_view::npos : type.find(type.front(), 1);
    if (quote == std::string_view::npos || (type.front() != '\'' && type.front() != '"')) {
        fail(path, "its elements are records; expected <f4, <f8, <i4 or <i8");
    }
    header.type = std::string(type.substr(1, quote - 1));
    header.fortran_order = after_key(path, text, "fortran_order").starts_with("True");
    header.shape = parse_shape(path, after_key(path, text, "shape"));
    return header;
}

void read_bytes(const std::string& path, std::ifstream& stream, void* target, std::uint64_t size) {
    stream.read(static_cast<char*>(target), static_cast<std::streamsize>(size));
    if (!stream) throw FileError(path + ": cannot read");
}

/// Reads up to the first element; `left` receives the bytes from there to the end of the file.
Header read_header(const std::string& path, std::ifstream& stream, std::uint64_t& left) {
    std::error_code error;
    const std::uint64_t file_size = std::filesystem::file_size(path, error);
    if (error) throw FileError(path + ": cannot read: " + error.message());
    char start[8] = {};
    if (file_size < 12) fail(path, "not a NumPy array file: too short");
    read_bytes(path, stream, start, sizeof start);
    if (std::string_view(start, 6) != magic) fail(path, "not a NumPy array file: it does not begin with \\x93NUMPY");
    const int version = static_cast<unsigned char>(start[6]);
    if (version != 1 && version != 2) fail(path, fmt::format("NumPy format version {}; expected 1 or 2", version));
    const std::uint64_t length_bytes = version == 1 ? 2 : 4;
    std::uint32_t length = 0;
    read_bytes(path, stream, &length, length_bytes);
    if (length > longest_header || length > file_size - 8 - length_bytes) {
        fail(path, fmt::format("not a NumPy array file: a header of {} bytes in a file of {}", length, file_size));
    }
    std::string text(length, '\0');
    read_bytes(path, stream, text.data(), length);
    left = file_size - 8 - length_bytes - length;
    return parse_header(path, text);
}

std::uint64_t element_bytes(const std::string& path, const std::string& type) {
    if (type == "<f8" || type == "<i8") return 8;
    if (type == "<f4" || type == "<i4") return 4;
    fail(path, fmt::format("elements of type \"{}\"; expected <f4, <f8, <i4 or <i8", type));
}

void check_shape(const std::string& path, const Header& header, std::uint64_t left) {
    constexpr std::uint64_t most_rows = std::uint64_t{1} << 31;
    const auto& shape = header.shape;
    if (shape.size() != 2) fail(path, fmt::format("an array of {} dimensions; expected 2", shape.size()));
    if (shape[0] > most_rows) fail(path, fmt::format("{} rows; at most 2^31 are supported", shape[0]));
    const std::uint64_t width = element_bytes(path, header.type);
    // Divisions, as the product of a forged shape can overflow.
    const bool fits = shape[0] > 0 && shape[1] > 0 && shape[1] <= left / width / shape[0];
    if (!fits || shape[0] * shape[1] * width != left) {
        fail(path, fmt::format("shape ({}, {}) of {} does not fit the {} bytes after the header", shape[0], shape[1],
                               header.type, left));
    }
}

template <typename Element>
Matrix read_elements(const std::string& path, std::ifstream& stream, const Header& header) {
    const auto rows = static_cast<Eigen::Index>(header.shape[0]);
    const auto columns = static_cast<Eigen::Index>(header.shape[1]);
    Matrix values(rows, columns);
    const Eigen::Index lines = header.fortran_order ? columns : rows;
    std::vector<Element> line(static_cast<std::size_t>(header.fortran_order ? rows : columns));
    for (Eigen::Index i = 0; i < lines; ++i) {
        read_bytes(path, stream, line.data(), line.size() * sizeof(Element));
        for (std::size_t k = 0; k < line.size(); ++k) {
            const auto j = static_cast<Eigen::Index>(k);
            const Eigen::Index row = header.fortran_order ? j : i;
            const Eigen::Index column = header.fortran_order ? i : j;
            values(row, column) = static_cast<double>(line[k]);
            if (std::isfinite(values(row, column))) continue;
            fail(path, fmt::format("row {}, column {} (counted from 0): {} is not a finite number", row, column,
                                   values(row, column)));
        }
    }
    return values;
}

void write_array(const std::string& path, const std::string& shape, const Matrix* matrices, std::size_t count) {
    std::string header = fmt::format("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}), }}", shape);
    // Magic, version, length and header together are a multiple of 64 bytes, the last being a newline.
    header.append(63 - (10 + header.size()) % 64, ' ');
    header += '\n';
    std::ofstream stream(path, std::ios::binary);
    const auto length = static_cast<std::uint16_t>(header.size());
    stream << magic << '\x01' << '\0';
    stream.write(reinterpret_cast<const char*>(&length), sizeof length);
    stream << header;
    for (std::size_t k = 0; k < count; ++k) {
        const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows = matrices[k];
        stream.write(reinterpret_cast<const char*>(rows.data()),
                     static_cast<std::streamsize>(rows.size()) * static_cast<std::streamsize>(sizeof(double)));
    }
    stream.close();
    if (!stream) throw FileError(path + ": cannot write");
}

}  // namespace

Matrix read_npy(const std::string& path) {
    std::ifstream stream(path, std::ios::binary);
    if (!stream) throw FileError(path + ": cannot open");
    std::uint64_t left = 0;
    const Header header = read_header(path, stream, left);
    check_shape(path, header, left);
    if (header.type == "<f8") return read_elements<double>(path, stream, header);
    if (header.type == "<f4") return read_elements<float>(path, stream, header);
    if (header.type == "<i8") return read_elements<std::int64_t>(path, stream, header);
    return read_elements<std::int32_t>(path, stream, header);
}

void write_npy(const std::string& path, const Matrix& matrix) {
    write_array(path, fmt::format("{}, {}", matrix.rows(), matrix.cols()), &matrix, 1);
}

void write_npy(const std::string& path, const std::vector<Matrix>& stack) {
    const Eigen::Index rows = stack.empty() ? 0 : stack.front().rows();
    const Eigen::Index columns = stack.empty() ? 0 : stack.front().cols();
    for (const auto& matrix : stack) {
        if (matrix.rows() != rows || matrix.cols() != columns) throw std::invalid_argument("write_npy: sizes differ");
    }
    write_array(path, fmt::format("{}, {}, {}", stack.size(), rows, columns), stack.data(), stack.size());
}

}  // namespace stationary
