#include "host/journal/journal_record.h"

#include "tests/support/journal_support.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace stationary {
namespace {

using namespace support;

const std::string& record_bytes() {
    static const std::string bytes = encode(made_up_record(made_up_plans(1, 8).front(), 7));
    return bytes;
}

TEST(JournalRecord, ReadsBackAsItWas) {
    JournalRecord record = made_up_record(made_up_plans(1, 8).front(), 7);
    record.moments.first_bad_step = 12;
    const std::string bytes = encode(record);
    ASSERT_EQ(record_length(bytes), bytes.size());
    const auto read = decode(bytes);
    ASSERT_TRUE(read);
    EXPECT_TRUE(same(read->moments, record.moments));
    EXPECT_EQ(read->cell_key, record.cell_key);
    EXPECT_EQ(read->plan_key, record.plan_key);
    EXPECT_EQ(read->shard_chains, record.shard_chains);
    EXPECT_EQ(read->seconds, record.seconds);
    EXPECT_EQ(read->version, record.version);
}

TEST(JournalRecord, AFlipOfAnyBitShows) {
    for (std::size_t bit = 0; bit < 8 * record_bytes().size(); ++bit) {
        std::string bytes = record_bytes();
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        EXPECT_EQ(record_length(bytes), 0u) << "bit " << bit;
    }
}

TEST(JournalRecord, ACutAtAnyByteShows) {
    for (std::size_t length = 0; length < record_bytes().size(); ++length)
        EXPECT_EQ(record_length(record_bytes().substr(0, length)), 0u) << length;
    EXPECT_EQ(record_length(record_bytes() + "more"), record_bytes().size());
}

TEST(JournalRecord, AnUnknownFormatVersionIsWholeButNotRead) {
    std::string bytes = record_bytes();
    bytes[8] = 2;
    const std::string body = bytes.substr(0, bytes.size() - 8);
    const std::uint64_t sum = checksum(body);
    for (std::size_t i = 0; i < 8; ++i) bytes[body.size() + i] = static_cast<char>(sum >> (8 * i));
    EXPECT_EQ(record_length(bytes), bytes.size());
    EXPECT_FALSE(decode(bytes));
}

TEST(JournalRecord, TheChecksumIsThePublishedOne) {
    EXPECT_EQ(checksum("123456789"), 0x995dc9bbdf1939faULL);  // CRC-64/XZ, catalogue of parametrised CRC algorithms
}

TEST(JournalRecord, TheFormatDoesNotChangeUnnoticed) {
    // A journal written today must be readable tomorrow: length and checksum of a fixed record.
    JournalRecord record = made_up_record(made_up_plans(1, 8).front(), 7);
    record.version = "0.1.0";
    record.plan_key = 42;
    const std::string bytes = encode(record);
    EXPECT_EQ(bytes.size(), 96u + 5u + 7u * 16u + 8u);
    EXPECT_EQ(bytes.substr(0, 8), record_magic);
}

TEST(JournalRecord, RefusesMomentsThatDoNotFit) {
    JournalRecord record = made_up_record(made_up_plans(1, 8).front(), 7);
    record.moments.products.pop_back();
    EXPECT_THROW(encode(record), std::invalid_argument);
    record = made_up_record(made_up_plans(1, 8).front(), 7);
    record.version.assign(longest_version + 1, 'x');
    EXPECT_THROW(encode(record), std::invalid_argument);
}

}  // namespace
}  // namespace stationary
