#include "host/base/table_file.h"

#include "host/base/error.h"
#include "host/base/npy.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

namespace stationary {
namespace {

/// Each test has its own files, as tests run side by side.
std::string write_file(const std::string& name, const std::string& bytes) {
    const std::string path =
        testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name() + "_" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

Table read_csv(const std::string& text) { return read_table(write_file("a.csv", text), "missing"); }

/// The message without the file's path.
std::string message_of(const std::string& path) {
    try {
        read_table(path, "x.toml:3: model.data");
    } catch (const InputError& error) {
        const std::string message = error.what();
        EXPECT_EQ(message.find('\n'), std::string::npos);
        return message.substr(message.rfind(path, 0) == 0 ? path.size() : 0);
    }
    return "accepted";
}
std::string csv_message(const std::string& text) { return message_of(write_file("bad.csv", text)); }

TEST(TableFile, CsvIsRead) {
    const Table table = read_csv("a, \"b c\" ,d\r\n1,-2.5e3, +0.125\r\n .5 ,1e-310,3.\r\n");
    EXPECT_EQ(table.columns, (std::vector<std::string>{"a", "b c", "d"}));
    Matrix expected(2, 3);
    expected << 1.0, -2500.0, 0.125, 0.5, 1e-310, 3.0;
    EXPECT_EQ(table.values, expected);
    EXPECT_EQ(find_column(table, "b c"), 1);
    EXPECT_EQ(find_column(table, "b"), -1);
}

TEST(TableFile, CsvLineEndingsAndBlankLinesAtTheEndDoNotMatter) {
    const Table expected = read_csv("a,b\n1,2\n");
    for (const char* text : {"a,b\n1,2", "a,b\r\n1,2\r\n", "a,b\n1,2\n\n \n",
                             "\xEF\xBB\xBF"
                             "a,b\n1,2\n"}) {
        EXPECT_EQ(read_csv(text).columns, expected.columns);
        EXPECT_EQ(read_csv(text).values, expected.values);
    }
    EXPECT_EQ(read_csv("a,b\n").values.rows(), 0);
}

TEST(TableFile, CsvErrorsNameRowAndColumn) {
    EXPECT_EQ(csv_message("age,bmi\n1,2\n3,abc\n"), ":3: column \"bmi\": \"abc\" is not a finite number");
    EXPECT_EQ(csv_message("age,bmi\n1,2\n3,\n"), ":3: column \"bmi\": \"\" is not a finite number");
    EXPECT_EQ(csv_message("age,bmi\nnan,2\n"), ":2: column \"age\": \"nan\" is not a finite number");
    EXPECT_EQ(csv_message("age,bmi\n1,-inf\n"), ":2: column \"bmi\": \"-inf\" is not a finite number");
    EXPECT_EQ(csv_message("age,bmi\n1,1e999\n"), ":2: column \"bmi\": \"1e999\" is not a finite number");
    EXPECT_EQ(csv_message("age,bmi\n1,+-1\n"), ":2: column \"bmi\": \"+-1\" is not a finite number");
    EXPECT_EQ(csv_message("age,bmi\n1,1 2\n"), ":2: column \"bmi\": \"1 2\" is not a finite number");
    EXPECT_EQ(csv_message("age,bmi\n1,\x01\n"), ":2: column \"bmi\": \"?\" is not a finite number");
    EXPECT_EQ(csv_message("age,bmi\n1,2\n3\n"), ":3: 1 fields, expected 2 as in the header line");
    EXPECT_EQ(csv_message("age,bmi\n1,2,3\n"), ":2: 3 fields, expected 2 as in the header line");
    EXPECT_EQ(csv_message("age,bmi\n1,2\n\n3,4\n"), ":3: an empty line between rows");
    EXPECT_EQ(csv_message("age,age\n"), ":1: column \"age\" appears twice");
    EXPECT_EQ(csv_message("age,\n"), ":1: column 2 has no name");
    EXPECT_EQ(csv_message(""), ":1: the file is empty, expected a header line with column names");
    EXPECT_EQ(csv_message("\nage\n"), ":1: expected a header line with column names, got an empty line");
    EXPECT_EQ(message_of("/nonexistent/a.csv"), "x.toml:3: model.data: no such file: /nonexistent/a.csv");
    EXPECT_THROW(read_table(testing::TempDir(), "x"), FileError);
}

template <typename Element>
std::string bytes_of(const std::vector<Element>& elements) {
    std::string bytes(elements.size() * sizeof(Element), '\0');
    std::memcpy(bytes.data(), elements.data(), bytes.size());
    return bytes;
}

/// An array file with the given header dictionary and data, version 1 or 2.
std::string npy(const std::string& dictionary, const std::string& data, char version = 1) {
    const auto length = static_cast<std::uint32_t>(dictionary.size());
    std::string bytes = "\x93NUMPY";
    bytes += version;
    bytes += '\0';
    bytes += bytes_of(std::vector<std::uint32_t>{length}).substr(0, version == 1 ? 2 : 4);
    return bytes + dictionary + data;
}
std::string header(const std::string& type, const std::string& shape, const std::string& fortran_order = "False") {
    return "{'descr': '" + type + "', 'fortran_order': " + fortran_order + ", 'shape': " + shape + ", }\n";
}
Matrix read_bytes(const std::string& bytes) { return read_table(write_file("a.npy", bytes), "missing").values; }
std::string npy_message(const std::string& bytes) { return message_of(write_file("bad.npy", bytes)); }

TEST(TableFile, NpyOfEveryTypeOrderAndVersion) {
    Matrix expected(2, 3);
    expected << 1.0, 2.0, 3.0, 4.0, 5.0, -6.0;
    const std::vector<double> rows{1, 2, 3, 4, 5, -6};
    const std::vector<float> columns{1, 4, 2, 5, 3, -6};
    EXPECT_EQ(read_bytes(npy(header("<f8", "(2, 3)"), bytes_of(rows))), expected);
    EXPECT_EQ(read_bytes(npy(header("<f8", "(2, 3)"), bytes_of(rows), 2)), expected);
    EXPECT_EQ(read_bytes(npy(header("<f4", "(2, 3)", "True"), bytes_of(columns))), expected);
    EXPECT_EQ(read_bytes(npy(header("<i4", "(2,3)"), bytes_of(std::vector<std::int32_t>{1, 2, 3, 4, 5, -6}))),
              expected);
    EXPECT_EQ(read_bytes(npy(header("<i8", "(2, 3)"), bytes_of(std::vector<std::int64_t>{1, 2, 3, 4, 5, -6}))),
              expected);
    const Table table = read_table(write_file("a.NPY", npy(header("<f8", "(2, 3)"), bytes_of(rows))), "missing");
    EXPECT_EQ(table.columns, (std::vector<std::string>{"0", "1", "2"}));
}

TEST(TableFile, MalformedNpyIsRefused) {
    const std::string six = bytes_of(std::vector<double>{1, 2, 3, 4, 5, 6});
    const std::string good = npy(header("<f8", "(2, 3)"), six);
    EXPECT_EQ(npy_message(""), ": not a NumPy array file: too short");
    EXPECT_EQ(npy_message("a,b,c\n1,2,3\n4,5,6\n"), ": not a NumPy array file: it does not begin with \\x93NUMPY");
    EXPECT_EQ(npy_message(npy(header("<f8", "(2, 3)"), six, 3)), ": NumPy format version 3; expected 1 or 2");
    EXPECT_EQ(npy_message(good.substr(0, 40)), ": not a NumPy array file: a header of 60 bytes in a file of 40");
    EXPECT_EQ(npy_message(npy(std::string(70000, ' '), six, 2)),
              ": not a NumPy array file: a header of 70000 bytes in a file of 70060");
    EXPECT_EQ(npy_message(npy(header("<f8", "(6,)"), six)), ": an array of 1 dimensions; expected 2");
    EXPECT_EQ(npy_message(npy(header("<f8", "(1, 2, 3)"), six)), ": an array of 3 dimensions; expected 2");
    EXPECT_EQ(npy_message(npy(header("<f8", "(2, x)"), six)), ": its header has a malformed shape");
    EXPECT_EQ(npy_message(npy(header("<f8", "(-2, 3)"), six)), ": its header has a malformed shape");
    EXPECT_EQ(npy_message(npy(header("<f8", "2"), six)), ": its header has a malformed shape");
    EXPECT_EQ(npy_message(npy(header("<f8", "(99999999999999999999, 3)"), six)), ": its header has a malformed shape");
    EXPECT_EQ(npy_message(npy(header(">f8", "(2, 3)"), six)),
              ": elements of type \">f8\"; expected <f4, <f8, <i4 or <i8");
    EXPECT_EQ(npy_message(npy("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (2, 3)}", six)),
              ": its elements are records; expected <f4, <f8, <i4 or <i8");
    EXPECT_EQ(npy_message(npy("{'descr': '<f8', 'fortran_order': False}", six)),
              ": not a NumPy array file: its header has no 'shape'");
    EXPECT_EQ(npy_message(npy(header("<f8", "(3000000000, 3)"), six)), ": 3000000000 rows; at most 2^31 are supported");
    // 2^31 · 2^31 · 8 bytes is 2^65: the product overflows to 0.
    EXPECT_EQ(npy_message(npy(header("<f8", "(2147483648, 2147483648)"), "")),
              ": shape (2147483648, 2147483648) of <f8 does not fit the 0 bytes after the header");
    EXPECT_EQ(npy_message(npy(header("<f8", "(2, 4)"), six)),
              ": shape (2, 4) of <f8 does not fit the 48 bytes after the header");
    EXPECT_EQ(npy_message(npy(header("<f8", "(2, 2)"), six)),
              ": shape (2, 2) of <f8 does not fit the 48 bytes after the header");
    EXPECT_EQ(npy_message(npy(header("<f8", "(0, 3)"), "")),
              ": shape (0, 3) of <f8 does not fit the 0 bytes after the header");
    EXPECT_EQ(npy_message(npy(header("<f4", "(1, 2)"), bytes_of(std::vector<float>{1.0F, NAN}))),
              ": row 0, column 1 (counted from 0): nan is not a finite number");
    EXPECT_EQ(npy_message(npy(header("<f8", "(1, 2)", "True"), bytes_of(std::vector<double>{1.0, INFINITY}))),
              ": row 0, column 1 (counted from 0): inf is not a finite number");
}

TEST(TableFile, WrittenMatricesReadBack) {
    const Matrix matrix = Matrix::Random(5, 3);
    const std::string path = testing::TempDir() + "table_file_test_written.npy";
    write_npy(path, matrix);
    EXPECT_EQ(read_npy(path), matrix);
    EXPECT_THROW(write_npy("/nonexistent/a.npy", matrix), FileError);
}

TEST(TableFile, StacksAreWrittenRowByRow) {
    Matrix first(2, 2);
    first << 1, 2, 3, 4;
    const std::string path = testing::TempDir() + "table_file_test_stack.npy";
    write_npy(path, std::vector<Matrix>{first, 10.0 * first});
    std::ifstream stream(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
    ASSERT_EQ(bytes.size(), 128U + 64U);
    EXPECT_NE(bytes.find("'shape': (2, 2, 2)"), std::string::npos);
    EXPECT_EQ(bytes.substr(128), bytes_of(std::vector<double>{1, 2, 3, 4, 10, 20, 30, 40}));
    EXPECT_THROW(write_npy(path, std::vector<Matrix>{first, Matrix::Zero(1, 2)}), std::invalid_argument);
}

}  // namespace
}  // namespace stationary
