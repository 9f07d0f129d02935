#include "host/journal/journal_writer.h"

#include "host/base/error.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

namespace stationary {
namespace {

constexpr std::chrono::milliseconds sync_period{1000};

bool write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

}  // namespace

JournalWriter::JournalWriter(const std::string& path, std::int64_t end_of_records)
    : path_(path), file_(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)), end_(end_of_records) {
    if (!file_ || ftruncate(file_.get(), end_) != 0) throw_file_error("write", path_);
    syncing_ = std::thread([this] { keep_syncing(); });
}

JournalWriter::~JournalWriter() {
    {
        const std::lock_guard guard(lock_);
        ended_ = true;
    }
    ending_.notify_one();
    syncing_.join();
}

void JournalWriter::append(const JournalRecord& record) {
    if (const int error = sync_error_.load(); error != 0) {
        errno = error;
        throw_file_error("write", path_);
    }
    const std::string bytes = encode(record);
    if (!write_all(file_.get(), bytes)) {
        const int error = errno;
        static_cast<void>(!ftruncate(file_.get(), end_));  // a torn record would be found as such, too
        errno = error;
        throw_file_error("write", path_);
    }
    end_ += static_cast<std::int64_t>(bytes.size());
    unsynced_.store(true);
}

void JournalWriter::sync_now() {
    if (!unsynced_.exchange(false)) return;
    if (fdatasync(file_.get()) != 0 && sync_error_.load() == 0) sync_error_.store(errno);
}

void JournalWriter::keep_syncing() {
    std::unique_lock guard(lock_);
    while (!ended_) {
        ending_.wait_for(guard, sync_period, [this] { return ended_; });
        guard.unlock();
        sync_now();
        guard.lock();
    }
}

}  // namespace stationary
