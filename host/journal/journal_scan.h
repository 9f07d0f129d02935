#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace stationary {

/// What was found in a journal file besides its records.
struct JournalDamage {
    std::int64_t stretches = 0;       ///< runs of bytes that belong to no undamaged record
    std::int64_t bytes = 0;           ///< in all of them
    std::int64_t first = -1;          ///< offset of the first, −1 if none
    std::int64_t end_of_records = 0;  ///< offset just past the last undamaged record
};

/// Called with the offset and the bytes of each undamaged record, in the order of the file.
using RecordVisitor = std::function<void(std::int64_t offset, std::string_view record)>;

/// Reads a journal file from its beginning. A damaged or torn record costs only itself: reading goes on at the next
/// magic. A file that is not there has no records. Reads in windows of a few MiB, whatever the size of the file.
/// Throws FileError. Test: journal_scan_test.cpp, cuts and flips at every byte.
JournalDamage scan_journal(const std::string& path, const RecordVisitor& visit);

/// "PATH: 2 damaged stretches (312 bytes, the first at byte 4480); the shards that they held are computed again"; empty
/// without damage.
std::string describe(const JournalDamage& damage, const std::string& path);

}  // namespace stationary
