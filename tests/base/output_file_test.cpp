#include "host/base/output_file.h"

#include "host/base/error.h"
#include "host/base/npy.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace stationary {
namespace {

namespace fs = std::filesystem;

class OutputFile : public testing::Test {
  protected:
    OutputFile() {
        std::string pattern = (fs::temp_directory_path() / "stationary_output_XXXXXX").string();
        directory_ = mkdtemp(pattern.data());
    }
    ~OutputFile() override { fs::remove_all(directory_); }
    [[nodiscard]] std::string path(const std::string& name) const { return (directory_ / name).string(); }
    [[nodiscard]] std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(directory_), {}); }

    fs::path directory_;
};

std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST_F(OutputFile, ReplacesTheWholeFileAndLeavesNothingBeside) {
    replace_file(path("a"), "a long first text");
    replace_file(path("a"), "second");
    EXPECT_EQ(contents(path("a")), "second");
    EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, MatrixReadsBack) {
    const Matrix matrix{{1.0, 2.5}, {-3.0, 1e-300}};
    replace_npy(path("m.npy"), matrix);
    EXPECT_EQ(read_npy(path("m.npy")), matrix);
    EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, FailureLeavesNoTemporaryFile) {
    fs::create_directories(directory_ / "taken" / "inside");
    EXPECT_THROW(replace_file(path("taken"), "text"), FileError);
    EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, ABatchReplacesAllItsFilesAtItsCommit) {
    for (const int count : {3, 100}) {
        replace_file(path("0"), "old");
        FileBatch batch(directory_.string());
        for (int i = 0; i < count; ++i) batch.add(std::to_string(i), "new " + std::to_string(i));
        batch.add_npy("m.npy", Matrix::Identity(2, 2));
        EXPECT_EQ(contents(path("0")), "old");
        batch.commit();
        for (int i = 0; i < count; ++i) EXPECT_EQ(contents(path(std::to_string(i))), "new " + std::to_string(i));
        EXPECT_EQ(read_npy(path("m.npy")), Matrix::Identity(2, 2));
        EXPECT_EQ(files(), count + 1);
    }
}

TEST_F(OutputFile, ABatchThatIsGivenUpLeavesNothing) {
    replace_file(path("a"), "old");
    {
        FileBatch batch(directory_.string());
        batch.add("a", "new");
        EXPECT_THROW(batch.add("absent/b", "text"), FileError);
    }
    EXPECT_EQ(contents(path("a")), "old");
    EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, MissingDirectoryIsAFileErrorNamingThePath) {
    try {
        replace_file(path("absent/a"), "text");
        FAIL() << "wrote into a directory that is not there";
    } catch (const FileError& error) {
        EXPECT_NE(std::string(error.what()).find("absent/a"), std::string::npos);
    }
}

}  // namespace
}  // namespace stationary
