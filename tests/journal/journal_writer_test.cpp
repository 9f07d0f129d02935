#include "host/journal/journal_writer.h"

#include "host/base/error.h"
#include "host/journal/journal_scan.h"
#include "tests/support/journal_support.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

namespace stationary {
namespace {

using namespace support;

const std::vector<CellPlan> plans = made_up_plans(1, 64);

std::int64_t records_in(const std::string& path) {
    std::int64_t count = 0;
    EXPECT_EQ(scan_journal(path, [&count](auto, auto) { ++count; }).stretches, 0);
    return count;
}

TEST(JournalWriter, WhatWasAppendedIsInTheFileAtOnce) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("a.journal");
    JournalWriter writer(path, 0);
    for (std::int64_t shard = 0; shard < 5; ++shard) {
        writer.append(made_up_record(plans[0], shard));
        EXPECT_EQ(records_in(path), shard + 1);
    }
}

TEST(JournalWriter, CutsOffATornRecordAndGoesOn) {
    const TemporaryDirectory directory;
    const std::string path = directory.file("a.journal");
    const std::string sound = encode(made_up_record(plans[0], 0));
    write_file(path, sound + encode(made_up_record(plans[0], 1)).substr(0, 100));
    const auto end = scan_journal(path, [](auto, auto) {}).end_of_records;
    JournalWriter(path, end).append(made_up_record(plans[0], 2));
    EXPECT_EQ(records_in(path), 2);
}

/// Lets files grow to so many bytes only, for as long as it lives.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) {
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit limit{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &limit);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

  private:
    rlimit before_{};
    void (*handler_)(int) = SIG_DFL;
};

TEST(JournalWriter, FullDiskLeavesWholeRecordsOnly) {
    const TemporaryDirectory directory;
    const std::size_t size = encode(made_up_record(plans[0], 0)).size();
    for (std::size_t spare = 0; spare < size; spare += 31) {
        const std::string path = directory.file(std::to_string(spare));
        {
            JournalWriter writer(path, 0);
            const FileSizeLimit limit(3 * size + spare);
            for (std::int64_t shard = 0; shard < 3; ++shard) writer.append(made_up_record(plans[0], shard));
            try {
                writer.append(made_up_record(plans[0], 3));
                ADD_FAILURE() << "wrote past the end of the disk";
            } catch (const FileError& error) {
                EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
            }
        }
        EXPECT_EQ(records_in(path), 3);
        EXPECT_EQ(std::filesystem::file_size(path), 3 * size);
    }
}

TEST(JournalWriter, APathThatCannotBeWrittenIsAFileError) {
    const TemporaryDirectory directory;
    EXPECT_THROW(JournalWriter(directory.file("absent/a.journal"), 0), FileError);
}

}  // namespace
}  // namespace stationary
