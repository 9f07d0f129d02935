#include "host/journal/journal_scan.h"

#include "host/base/error.h"
#include "tests/support/journal_support.h"

#include <gtest/gtest.h>

#include <random>

namespace stationary {
namespace {

using namespace support;

std::string record_bytes(std::int64_t shard) { return encode(made_up_record(made_up_plans(1, 1).front(), shard)); }

struct Found {
    std::vector<std::int64_t> shards;
    std::vector<std::int64_t> offsets;
    JournalDamage damage;
};

Found scan(const TemporaryDirectory& directory, const std::string& bytes) {
    const std::string path = directory.file("test.journal");
    write_file(path, bytes);
    Found found;
    found.damage = scan_journal(path, [&found](std::int64_t offset, std::string_view record) {
        found.offsets.push_back(offset);
        found.shards.push_back(decode(record)->moments.shard);
    });
    return found;
}

TEST(JournalScan, FindsRecordsOf1024Parameters) {
    JournalRecord record = made_up_record(made_up_plans(1, 1).front(), 0);
    record.moments.sum.assign(1024, Int128(-5));
    record.moments.products.assign(static_cast<std::size_t>(packed_size(1024)), Int128(1) << 100);
    std::string bytes = record_bytes(0);
    for (const std::int64_t shard : {1, 2, 3, 4}) {
        record.moments.shard = shard;
        bytes += encode(record);
    }
    bytes += record_bytes(5);
    const TemporaryDirectory directory;
    EXPECT_EQ(scan(directory, bytes).shards, (std::vector<std::int64_t>{0, 1, 2, 3, 4, 5}));
    // A flipped bit in the middle of the second large record loses that one alone.
    bytes[record_bytes(0).size() + encode(record).size() * 3 / 2] ^= 1;
    const Found damaged = scan(directory, bytes);
    EXPECT_EQ(damaged.shards, (std::vector<std::int64_t>{0, 1, 3, 4, 5}));
    EXPECT_EQ(damaged.damage.stretches, 1);
}

TEST(JournalScan, FindsEveryRecordOfASoundFile) {
    const TemporaryDirectory directory;
    const Found found = scan(directory, record_bytes(0) + record_bytes(1) + record_bytes(2));
    EXPECT_EQ(found.shards, (std::vector<std::int64_t>{0, 1, 2}));
    EXPECT_EQ(found.damage.stretches, 0);
    EXPECT_EQ(found.damage.end_of_records, static_cast<std::int64_t>(3 * record_bytes(0).size()));
    EXPECT_EQ(describe(found.damage, "x"), "");
}

TEST(JournalScan, AFileThatIsNotThereOrEmptyHasNoRecords) {
    const TemporaryDirectory directory;
    EXPECT_EQ(scan_journal(directory.file("absent"), [](auto, auto) { FAIL(); }).stretches, 0);
    EXPECT_TRUE(scan(directory, "").shards.empty());
}

TEST(JournalScan, ARecordTornAtAnyByteCostsOnlyItself) {
    const TemporaryDirectory directory;
    const std::string last = record_bytes(2);
    const std::string sound = record_bytes(0) + record_bytes(1);
    for (std::size_t length = 1; length < last.size(); ++length) {
        const Found found = scan(directory, sound + last.substr(0, length));
        ASSERT_EQ(found.shards, (std::vector<std::int64_t>{0, 1})) << length;
        ASSERT_EQ(found.damage.end_of_records, static_cast<std::int64_t>(sound.size())) << length;
        ASSERT_EQ(found.damage.bytes, static_cast<std::int64_t>(length));
        // Appended after a torn record, as a program that does not cut it off would.
        ASSERT_EQ(scan(directory, sound + last.substr(0, length) + record_bytes(3)).shards,
                  (std::vector<std::int64_t>{0, 1, 3}))
            << length;
    }
}

TEST(JournalScan, AFlipOfAnyByteCostsOnlyItsRecord) {
    const TemporaryDirectory directory;
    const std::string sound = record_bytes(0) + record_bytes(1) + record_bytes(2);
    const std::size_t size = record_bytes(0).size();
    for (std::size_t at = 0; at < sound.size(); ++at) {
        std::string bytes = sound;
        bytes[at] = static_cast<char>(~bytes[at]);
        std::vector<std::int64_t> expected{0, 1, 2};
        expected.erase(expected.begin() + static_cast<std::ptrdiff_t>(at / size));
        const Found found = scan(directory, bytes);
        ASSERT_EQ(found.shards, expected) << at;
        ASSERT_EQ(found.damage.stretches, 1);
        ASSERT_EQ(found.damage.first, static_cast<std::int64_t>(at / size * size));
    }
}

TEST(JournalScan, SaysHowMuchIsDamagedAndWhere) {
    const TemporaryDirectory directory;
    const Found found = scan(directory, "before" + record_bytes(0) + "after, and more");
    EXPECT_EQ(found.shards, std::vector<std::int64_t>{0});
    EXPECT_EQ(describe(found.damage, "a.journal"),
              "a.journal: 2 damaged stretches (21 bytes, the first at byte 0); the shards that they held are computed "
              "again");
}

TEST(JournalScan, ReadsFilesLargerThanItsWindowWithDamageAnywhere) {
    const TemporaryDirectory directory;
    std::mt19937_64 random(1);
    std::string bytes;
    std::vector<std::int64_t> expected;
    for (std::int64_t shard = 0; shard < 60000; ++shard) {
        if (shard % 1000 == 17) {
            const std::size_t noise = random() % 3000;
            for (std::size_t i = 0; i < noise; ++i) bytes += static_cast<char>(random());
            bytes += std::string(record_magic) + "not a record";
        }
        bytes += record_bytes(shard);
        expected.push_back(shard);
    }
    ASSERT_GT(bytes.size(), std::size_t{12} << 20);
    const Found found = scan(directory, bytes);
    EXPECT_EQ(found.shards, expected);
    EXPECT_EQ(found.damage.stretches, 60);
    EXPECT_EQ(found.damage.end_of_records, static_cast<std::int64_t>(bytes.size()));
}

TEST(JournalScan, AStretchOfNothingIsSkippedWhole) {
    const TemporaryDirectory directory;
    // As a file system leaves a file that grew before a power cut.
    const Found found = scan(directory, record_bytes(0) + std::string(std::size_t{9} << 20, '\0') + record_bytes(1));
    EXPECT_EQ(found.shards, (std::vector<std::int64_t>{0, 1}));
    EXPECT_EQ(found.damage.stretches, 1);
    EXPECT_EQ(found.damage.bytes, std::int64_t{9} << 20);
}

}  // namespace
}  // namespace stationary
