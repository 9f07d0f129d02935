#pragma once

#include "host/base/file_descriptor.h"
#include "host/journal/journal_record.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace stationary {

/// Appends records to a journal file. A record is in the hands of the system when append returns: a kill loses nothing
/// that was appended. A thread forces the file to the disk about once a second, so that a power cut costs the last
/// second at most, and a shard that takes minutes does not wait for the next one to be synced.
class JournalWriter {
  public:
    /// Opens the file, creating it, and cuts off what lies behind `end_of_records` (a torn record, scan_journal).
    /// Throws FileError.
    JournalWriter(const std::string& path, std::int64_t end_of_records);
    JournalWriter(const JournalWriter&) = delete;
    JournalWriter& operator=(const JournalWriter&) = delete;
    /// Forces what was appended to the disk.
    ~JournalWriter();

    /// Throws FileError if the record cannot be written (a full disk) or earlier ones could not be forced to the disk;
    /// the file then ends with its last whole record. Test: journal_writer_test.cpp, FullDisk.
    void append(const JournalRecord& record);

  private:
    void sync_now();
    void keep_syncing();

    std::string path_;
    FileDescriptor file_;
    std::int64_t end_ = 0;
    std::atomic<bool> unsynced_{false};
    std::atomic<int> sync_error_{0};  ///< errno of the first sync that failed
    std::mutex lock_;
    std::condition_variable ending_;
    bool ended_ = false;
    std::thread syncing_;
};

}  // namespace stationary
