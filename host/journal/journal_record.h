#pragma once

#include "kernels/interface/shard_moments.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stationary {

/// One finished shard as a journal keeps it. A record says by itself what it is: it can be used wherever it is found.
struct JournalRecord {
    std::uint64_t cell_key = 0;     ///< Cell::key
    std::uint64_t plan_key = 0;     ///< plan_key of the cell's program: records of another plan are never pooled
    std::int64_t shard_chains = 1;  ///< chains of the shard
    double seconds = 0.0;           ///< wall time that it took
    std::string version;            ///< of the program that computed it, at most longest_version characters
    ShardMoments moments;
};

constexpr std::size_t longest_version = 64;

/// The first bytes of every record. Bytes that text tools damage are among them (a line end of either kind, one above
/// 127), as in the signature of PNG files.
constexpr std::string_view record_magic{"\x89SHD\r\n\x1a\n", 8};

/// No record is longer (it would hold dimension 1446); a length above this is damage.
constexpr std::size_t longest_record = std::size_t{1} << 24;

/// A record as bytes, little-endian:
///   magic [8], format version u32 = 1, length of the whole record u32, cell_key u64, plan_key u64, shard i64,
///   shard_chains i64, dimension u32, length of the version's text u32, finite_draws, diverged_chains, saturated_draws
///   and first_bad_step i64, seconds f64, the version's text, then 16 bytes each: sum [d], velocity_squares,
///   velocity_pulls, products [d(d+1)/2]; last the checksum u64 of all bytes before it.
/// Magic, length and checksum stay where they are in every format version.
/// Throws std::invalid_argument for moments whose tables do not fit their dimension.
std::string encode(const JournalRecord& record);

/// Length of the undamaged record, of any format version, that the bytes begin with; 0 if there is none.
/// Test: journal_record_test.cpp, a flip of any bit and a cut at any byte show.
std::size_t record_length(std::string_view bytes);

/// The record in the bytes of exactly one undamaged record; empty for a format version that this program does not know.
std::optional<JournalRecord> decode(std::string_view record);

/// CRC-64/XZ (ECMA-182 polynomial, reflected), by Boost.CRC. A CRC and not a hash, because it proves what torn and
/// flipped records need: every burst of up to 64 bits shows, other damage but for one in 2⁶⁴. Boost is here already.
std::uint64_t checksum(std::string_view bytes);

}  // namespace stationary
