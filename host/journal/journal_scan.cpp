#include "host/journal/journal_scan.h"

#include "host/base/error.h"
#include "host/base/file_descriptor.h"
#include "host/journal/journal_record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace stationary {
namespace {

/// At least a record of any length, so that one reading makes up for what is missing.
constexpr std::size_t window_bytes = longest_record;

/// The bytes of a file from an offset that only grows.
class Window {
  public:
    explicit Window(const std::string& path) : path_(path), file_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (!file_ && errno != ENOENT) throw_file_error("open", path);
    }

    /// At least longest_record bytes from `offset`, or all that the file has.
    std::string_view from(std::int64_t offset) {
        const auto skip = static_cast<std::size_t>(offset - start_);
        if (buffer_.size() < skip + longest_record && !at_end_) refill(skip);
        return std::string_view(buffer_).substr(static_cast<std::size_t>(offset - start_));
    }

  private:
    void refill(std::size_t skip) {
        buffer_.erase(0, skip);
        start_ += static_cast<std::int64_t>(skip);
        const std::size_t kept = buffer_.size();
        buffer_.resize(kept + window_bytes);
        std::size_t got = 0;
        while (file_ && got < window_bytes) {
            const auto count = pread(file_.get(), buffer_.data() + kept + got, window_bytes - got,
                                     start_ + static_cast<std::int64_t>(kept + got));
            if (count < 0 && errno == EINTR) continue;
            if (count < 0) throw_file_error("read", path_);
            if (count == 0) break;
            got += static_cast<std::size_t>(count);
        }
        at_end_ = got < window_bytes;
        buffer_.resize(kept + got);
    }

    std::string path_;
    FileDescriptor file_;
    std::string buffer_;
    std::int64_t start_ = 0;
    bool at_end_ = false;
};

/// Distance from the first byte to the next magic after it; all of the bytes, but for a magic that may be cut short at
/// their end, if there is none.
std::size_t to_next_magic(std::string_view bytes) {
    const std::size_t found = bytes.find(record_magic, 1);
    if (found != std::string_view::npos) return found;
    const bool more_may_follow = bytes.size() >= longest_record;
    return more_may_follow ? bytes.size() - record_magic.size() + 1 : bytes.size();
}

}  // namespace

JournalDamage scan_journal(const std::string& path, const RecordVisitor& visit) {
    Window window(path);
    JournalDamage damage;
    std::int64_t offset = 0;
    bool in_damage = false;
    for (std::string_view bytes = window.from(0); !bytes.empty(); bytes = window.from(offset)) {
        const std::size_t length = record_length(bytes);
        if (length > 0) {
            visit(offset, bytes.substr(0, length));
            offset += static_cast<std::int64_t>(length);
            damage.end_of_records = offset;
            in_damage = false;
            continue;
        }
        const auto skipped = static_cast<std::int64_t>(to_next_magic(bytes));
        if (!in_damage) ++damage.stretches;
        if (damage.first < 0) damage.first = offset;
        damage.bytes += skipped;
        offset += skipped;
        in_damage = true;
    }
    return damage;
}

std::string describe(const JournalDamage& damage, const std::string& path) {
    if (damage.stretches == 0) return "";
    return fmt::format(
        "{}: {} damaged stretch{} ({} bytes, the first at byte {}); the shards that {} held are computed "
        "again",
        path, damage.stretches, damage.stretches == 1 ? "" : "es", damage.bytes, damage.first,
        damage.stretches == 1 ? "it" : "they");
}

}  // namespace stationary
