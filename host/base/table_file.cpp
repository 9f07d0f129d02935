#include "host/base/table_file.h"

#include "host/base/error.h"
#include "host/base/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

namespace stationary {
namespace {

constexpr std::int64_t most_rows = std::int64_t{1} << 31;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string_view> split(std::string_view line) {
    std::vector<std::string_view> fields;
    for (;;) {
        const auto comma = line.find(',');
        fields.push_back(trimmed(line.substr(0, comma)));
        if (comma == std::string_view::npos) return fields;
        line.remove_prefix(comma + 1);
    }
}

std::string_view unquoted(std::string_view name) {
    const bool quoted = name.size() >= 2 && name.front() == '"' && name.back() == '"';
    return quoted ? trimmed(name.substr(1, name.size() - 2)) : name;
}

/// A field as a message shows it: short, and on one line.
std::string shown(std::string_view field) {
    std::string text(field.substr(0, 40));
    for (char& c : text) {
        if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
    }
    return text;
}

std::optional<double> finite_number(std::string_view field) {
    if (field.size() > 1 && field.front() == '+' && field[1] != '-') field.remove_prefix(1);
    double number = 0.0;
    const char* end = field.data() + field.size();
    const auto [stop, error] = std::from_chars(field.data(), end, number);
    if (error != std::errc{} || stop != end || !std::isfinite(number)) return std::nullopt;
    return number;
}

/// Reads a .csv file line by line.
class CsvReader {
  public:
    explicit CsvReader(const std::string& path) : path_(path), stream_(path, std::ios::binary) {
        if (!stream_) throw FileError(path + ": cannot open: " + std::strerror(errno));
    }

    Table read() {
        read_header();
        while (next_line()) {
            if (trimmed(line_).empty()) {
                require_only_blank_lines_left();
                break;
            }
            read_row();
        }
        if (stream_.bad()) throw FileError(path_ + ": cannot read");
        return table();
    }

  private:
    [[noreturn]] void fail(const std::string& problem) const {
        throw InputError(fmt::format("{}:{}: {}", path_, std::max<std::int64_t>(line_number_, 1), problem));
    }

    bool next_line() {
        if (!std::getline(stream_, line_)) return false;
        ++line_number_;
        return true;
    }

    void read_header() {
        constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
        if (!next_line()) fail("the file is empty, expected a header line with column names");
        if (line_.starts_with(byte_order_mark)) line_.erase(0, byte_order_mark.size());
        if (trimmed(line_).empty()) fail("expected a header line with column names, got an empty line");
        for (const auto field : split(line_)) {
            const std::string name(unquoted(field));
            if (name.empty()) fail(fmt::format("column {} has no name", columns_.size() + 1));
            if (std::find(columns_.begin(), columns_.end(), name) != columns_.end()) {
                fail(fmt::format("column \"{}\" appears twice", shown(name)));
            }
            columns_.push_back(name);
        }
    }

    void read_row() {
        const auto fields = split(line_);
        if (fields.size() != columns_.size()) {
            fail(fmt::format("{} fields, expected {} as in the header line", fields.size(), columns_.size()));
        }
        if (++rows_ > most_rows) fail("more than 2^31 rows are not supported");
        for (std::size_t j = 0; j < fields.size(); ++j) {
            const auto number = finite_number(fields[j]);
            if (!number) {
                fail(fmt::format("column \"{}\": \"{}\" is not a finite number", shown(columns_[j]), shown(fields[j])));
            }
            entries_.push_back(*number);
        }
    }

    void require_only_blank_lines_left() {
        const std::int64_t blank = line_number_;
        while (next_line()) {
            if (trimmed(line_).empty()) continue;
            line_number_ = blank;
            fail("an empty line between rows");
        }
    }

    Table table() const {
        const auto columns = static_cast<Eigen::Index>(columns_.size());
        Table table{columns_, Matrix(static_cast<Eigen::Index>(rows_), columns)};
        for (Eigen::Index i = 0; i < table.values.rows(); ++i) {
            for (Eigen::Index j = 0; j < columns; ++j) {
                table.values(i, j) = entries_[static_cast<std::size_t>(i * columns + j)];
            }
        }
        return table;
    }

    std::string path_;
    std::ifstream stream_;
    std::string line_;
    std::int64_t line_number_ = 0;
    std::int64_t rows_ = 0;
    std::vector<std::string> columns_;
    std::vector<double> entries_;
};

bool is_npy(const std::string& path) {
    std::string ending = std::filesystem::path(path).extension().string();
    std::transform(ending.begin(), ending.end(), ending.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return ending == ".npy";
}

}  // namespace

Table read_table(const std::string& path, const std::string& missing) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) throw InputError(fmt::format("{}: no such file: {}", missing, path));
    if (std::filesystem::is_directory(path, error)) throw FileError(path + ": cannot read: is a directory");
    if (!is_npy(path)) return CsvReader(path).read();
    Table table{{}, read_npy(path)};
    for (Eigen::Index j = 0; j < table.values.cols(); ++j) table.columns.push_back(std::to_string(j));
    return table;
}

Eigen::Index find_column(const Table& table, std::string_view name) {
    const auto found = std::find(table.columns.begin(), table.columns.end(), name);
    return found == table.columns.end() ? -1 : found - table.columns.begin();
}

}  // namespace stationary
