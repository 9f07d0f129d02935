#include "host/journal/journal_record.h"

#include <boost/crc.hpp>

#include <array>
#include <bit>
#include <stdexcept>

namespace stationary {
namespace {

constexpr std::uint32_t format_version = 1;
constexpr std::size_t length_at = 12;
constexpr std::size_t checksum_bytes = 8;
constexpr std::size_t fixed_bytes = 96 + checksum_bytes;  ///< all but the version's text and the moments
constexpr std::size_t shortest_record = 16 + checksum_bytes;

std::uint64_t read_word(std::string_view bytes, std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
        value |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
    return value;
}

class Writer {
  public:
    explicit Writer(std::size_t size) { bytes_.reserve(size); }
    Writer& text(std::string_view value) {
        bytes_ += value;
        return *this;
    }
    Writer& word(std::uint64_t value, std::size_t count = 8) {
        std::array<char, 8> bytes;
        for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
        bytes_.append(bytes.data(), count);
        return *this;
    }
    Writer& count(std::int64_t value) { return word(static_cast<std::uint64_t>(value)); }
    Writer& wide(Int128 value) {
        return word(static_cast<std::uint64_t>(value)).word(static_cast<std::uint64_t>(value >> 64));
    }
    /// The record with its length filled in and its checksum at the end.
    std::string finish() {
        const std::size_t length = bytes_.size() + checksum_bytes;
        for (std::size_t i = 0; i < 4; ++i) bytes_[length_at + i] = static_cast<char>(length >> (8 * i));
        word(checksum(bytes_));
        return std::move(bytes_);
    }

  private:
    std::string bytes_;
};

class Reader {
  public:
    explicit Reader(std::string_view bytes) : bytes_(bytes) {}
    std::uint64_t word(std::size_t count = 8) {
        const std::uint64_t value = read_word(bytes_, at_, count);
        at_ += count;
        return value;
    }
    std::int64_t count() { return static_cast<std::int64_t>(word()); }
    Int128 wide() {
        const std::uint64_t low = word();
        return (Int128(count()) << 64) + Int128(low);
    }
    std::string text(std::size_t length) {
        at_ += length;
        return std::string(bytes_.substr(at_ - length, length));
    }
    void skip(std::size_t bytes) { at_ += bytes; }
    [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

  private:
    std::string_view bytes_;
    std::size_t at_ = 0;
};

void check(const JournalRecord& record) {
    const std::size_t d = record.moments.sum.size();
    if (d == 0 || record.moments.products.size() != static_cast<std::size_t>(packed_size(static_cast<int>(d))))
        throw std::invalid_argument("journal record: the moments do not fit their dimension");
    if (record.version.size() > longest_version)
        throw std::invalid_argument("journal record: the version's text is too long");
}

void read_moments(Reader& reader, std::size_t dimension, ShardMoments& moments) {
    for (std::size_t i = 0; i < dimension; ++i) moments.sum.push_back(reader.wide());
    moments.velocity_squares = reader.wide();
    moments.velocity_pulls = reader.wide();
    const auto entries = static_cast<std::size_t>(packed_size(static_cast<int>(dimension)));
    for (std::size_t i = 0; i < entries; ++i) moments.products.push_back(reader.wide());
}

/// Bytes that the moments of this dimension take.
std::size_t moments_bytes(std::size_t dimension) { return 16 * (dimension + 2 + dimension * (dimension + 1) / 2); }

}  // namespace

std::uint64_t checksum(std::string_view bytes) {
    boost::crc_optimal<64, 0x42F0E1EBA9EA3693ULL, ~0ULL, ~0ULL, true, true> crc;
    crc.process_bytes(bytes.data(), bytes.size());
    return crc.checksum();
}

std::string encode(const JournalRecord& record) {
    check(record);
    const ShardMoments& moments = record.moments;
    Writer writer(fixed_bytes + record.version.size() + moments_bytes(moments.sum.size()));
    writer.text(record_magic).word(format_version, 4).word(0, 4);
    writer.word(record.cell_key).word(record.plan_key).count(moments.shard).count(record.shard_chains);
    writer.word(moments.sum.size(), 4).word(record.version.size(), 4);
    writer.count(moments.finite_draws).count(moments.diverged_chains).count(moments.saturated_draws);
    writer.count(moments.first_bad_step).word(std::bit_cast<std::uint64_t>(record.seconds)).text(record.version);
    for (const Int128 value : moments.sum) writer.wide(value);
    writer.wide(moments.velocity_squares).wide(moments.velocity_pulls);
    for (const Int128 value : moments.products) writer.wide(value);
    return writer.finish();
}

std::size_t record_length(std::string_view bytes) {
    if (bytes.size() < shortest_record || !bytes.starts_with(record_magic)) return 0;
    const std::size_t length = read_word(bytes, length_at, 4);
    if (length < shortest_record || length > longest_record || length > bytes.size()) return 0;
    const std::uint64_t written = read_word(bytes, length - checksum_bytes, checksum_bytes);
    return checksum(bytes.substr(0, length - checksum_bytes)) == written ? length : 0;
}

std::optional<JournalRecord> decode(std::string_view bytes) {
    Reader reader(bytes.substr(0, bytes.size() - checksum_bytes));
    reader.skip(record_magic.size());
    if (reader.word(4) != format_version) return std::nullopt;
    reader.skip(4);
    JournalRecord record;
    record.cell_key = reader.word();
    record.plan_key = reader.word();
    record.moments.shard = reader.count();
    record.shard_chains = reader.count();
    const std::size_t dimension = reader.word(4);
    const std::size_t version_length = reader.word(4);
    record.moments.finite_draws = reader.count();
    record.moments.diverged_chains = reader.count();
    record.moments.saturated_draws = reader.count();
    record.moments.first_bad_step = reader.count();
    record.seconds = std::bit_cast<double>(reader.word());
    if (dimension > 0xffff || reader.left() != version_length + moments_bytes(dimension)) return std::nullopt;
    record.version = reader.text(version_length);
    read_moments(reader, dimension, record.moments);
    return record;
}

}  // namespace stationary
