#include "tests/support/fault_support.h"

#include <sys/mount.h>

namespace stationary {
namespace {

class LongFaults : public Faults {};

std::string with_flipped_bit(std::string bytes, std::size_t bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    return bytes;
}

TEST_F(Faults, KilledRunsGoOnAndEndAlike) { kill_many(15, 0.15); }
TEST_F(LongFaults, ManyKilledRunsGoOnAndEndAlike) { kill_many(250, 0.25); }

TEST_F(Faults, TerminatedRunsWriteTheirResultsAndGoOn) {
    for (int round = 0; round < 8; ++round) {
        const int exit_code = disturb("terminated", round % 2 == 0 ? SIGTERM : SIGUSR1, 0.15);
        // Before its handler stands, a signal ends the process by itself.
        EXPECT_TRUE(exit_code == 75 || exit_code == 0 || exit_code > 128) << exit_code;
        if (exit_code == 75) {
            EXPECT_EQ(results_in("terminated")["status"], "interrupted");
        }
        if (exit_code == 0) fs::remove_all(directory_ / "terminated");
    }
    expect_whole("terminated");
}

TEST_F(LongFaults, ManyTerminatedRunsWriteTheirResultsAndGoOn) {
    std::int64_t interrupted = 0;
    for (int round = 0; round < 100; ++round) {
        const int exit_code = disturb("terminated", SIGTERM, 0.2);
        interrupted += exit_code == 75 ? 1 : 0;
        if (exit_code != 0) continue;
        expect_whole("terminated");
        fs::remove_all(directory_ / "terminated");
    }
    expect_whole("terminated");
    EXPECT_GE(interrupted, 20);
}

/// Cuts the last record of a whole run at some byte and lets it go on.
void cut_last_record(const std::string& path, const std::string& whole, std::size_t kept) {
    std::ofstream(path, std::ios::binary) << whole.substr(0, kept);
}

TEST_F(Faults, ATornLastRecordIsComputedAgain) {
    expect_whole("torn");
    const std::string whole = contents(journal("torn"));
    const std::size_t size = whole.size() / shards_.size();
    for (std::size_t kept = whole.size() - size + 1; kept < whole.size(); kept += 37) {
        cut_last_record(journal("torn"), whole, kept);
        ++injected_;
        const Outcome outcome = expect_whole("torn");
        EXPECT_TRUE(contains(outcome.errors, "1 damaged stretch (")) << outcome.errors;
        EXPECT_EQ(lines_in(outcome.errors), 1) << outcome.errors;
        EXPECT_EQ(read_journal(journal("torn")).damage.stretches, 0) << "the torn record was left in the journal";
    }
}

TEST_F(LongFaults, ALastRecordTornAtAnyByteIsComputedAgain) {
    expect_whole("torn");
    const std::string whole = contents(journal("torn"));
    const std::size_t size = whole.size() / shards_.size();
    for (std::size_t kept = whole.size() - size; kept < whole.size(); ++kept) {
        cut_last_record(journal("torn"), whole, kept);
        ++injected_;
        expect_whole("torn");
    }
}

TEST_F(Faults, FlippedBitsCostTheirRecordOnly) {
    expect_whole("flipped");
    const std::string whole = contents(journal("flipped"));
    for (int round = 0; round < 10; ++round) {
        const std::size_t bit = random_() % (8 * whole.size());
        std::ofstream(journal("flipped"), std::ios::binary) << with_flipped_bit(whole, bit);
        ++injected_;
        EXPECT_EQ(read_journal(journal("flipped")).shards.size(), shards_.size() - 1) << bit;
        const Outcome outcome = expect_whole("flipped");
        EXPECT_TRUE(contains(outcome.errors, "1 damaged stretch (")) << outcome.errors;
        EXPECT_EQ(read_journal(journal("flipped")).shards.size(), shards_.size());
    }
}

TEST_F(LongFaults, ManyFlippedBitsCostTheirRecordsOnly) {
    expect_whole("flipped");
    const std::string whole = contents(journal("flipped"));
    for (int round = 0; round < 100; ++round) {
        std::string damaged = whole;
        for (int flip = 0; flip < 5; ++flip)
            damaged = with_flipped_bit(std::move(damaged), random_() % (8 * whole.size()));
        std::ofstream(journal("flipped"), std::ios::binary) << damaged;
        injected_ += 5;
        EXPECT_GE(read_journal(journal("flipped")).shards.size(), shards_.size() - 5);
        expect_whole("flipped");
    }
}

/// A run ended for want of space: its exit code, a sound journal, and it goes on.
TEST_F(Faults, AFileSizeLimitEndsTheRunAndItGoesOn) {
    const std::size_t size = contents(journal("undisturbed")).size();
    for (const std::size_t blocks : {size / 512 / 4, size / 512 / 2, size / 512 - 1}) {
        const std::string name = "limited" + std::to_string(blocks);
        const Outcome outcome = run("run small.toml --json --quiet --out " + name + " " + options_,
                                    "ulimit -f " + std::to_string(blocks) + " &&");
        ++injected_;
        EXPECT_EQ(outcome.exit_code, 5) << outcome.errors;
        EXPECT_EQ(outcome.output, "");
        EXPECT_EQ(lines_in(outcome.errors), 1) << outcome.errors;
        EXPECT_TRUE(contains(outcome.errors, "main.journal")) << outcome.errors;
        const JournalContents kept = read_journal(journal(name));
        EXPECT_EQ(kept.damage.stretches, 0);
        EXPECT_GT(kept.shards.size(), 0u);
        expect_whole(name);
    }
}

TEST_F(Faults, AFullDiskEndsTheRunAndItGoesOn) {
    const fs::path disk = directory_ / "disk";
    fs::create_directory(disk);
    if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=40k") != 0) GTEST_SKIP() << "may not mount a small disk";
    const Outcome outcome = run("run small.toml --json --quiet --out disk/run " + options_);
    ++injected_;
    EXPECT_EQ(outcome.exit_code, 5) << outcome.errors;
    EXPECT_TRUE(contains(outcome.errors, "No space left")) << outcome.errors;
    const JournalContents kept = read_journal(journal("disk/run"));
    EXPECT_EQ(kept.damage.stretches, 0);
    EXPECT_GT(kept.shards.size(), 0u);
    // Still full: the same again, and nothing is lost.
    EXPECT_EQ(run("run small.toml --quiet --out disk/run " + options_).exit_code, 5);
    account("disk/run", kept.shards);
    mount("tmpfs", disk.c_str(), "tmpfs", MS_REMOUNT, "size=4m");
    expect_whole("disk/run");
    umount(disk.c_str());
}

/// Runs the program as a user who may not write there, or skips where this process cannot become one.
TEST_F(Faults, AReadOnlyDirectoryIsAnInputOutputError) {
    expect_whole("kept");
    for (const char* name : {"kept", "kept/shards"})
        fs::permissions(directory_ / name, fs::perms::owner_read | fs::perms::owner_exec | fs::perms::others_read |
                                               fs::perms::others_exec);
    for (const char* name : {"kept/lock", "kept/shards/main.journal"})
        fs::permissions(directory_ / name, fs::perms::owner_read | fs::perms::others_read);
    fs::permissions(directory_, fs::perms::all);
    const bool is_root = geteuid() == 0;
    const std::string become = is_root ? "setpriv --reuid=65534 --regid=65534 --clear-groups" : "";
    const Outcome able = run("info", become);
    if (able.exit_code != 0) GTEST_SKIP() << "cannot become another user: " << able.errors;
    const Outcome outcome = run("run small.toml --quiet --out kept " + options_, become);
    ++injected_;
    EXPECT_EQ(outcome.exit_code, 5) << outcome.errors;
    EXPECT_TRUE(contains(outcome.errors, "Permission denied")) << outcome.errors;
    EXPECT_EQ(lines_in(outcome.errors), 1) << outcome.errors;
    EXPECT_EQ(run("run small.toml --quiet --out new/run " + options_, "chmod 555 . && " + become).exit_code, 5);
    for (const char* name : {"kept", "kept/shards", "kept/lock", "kept/shards/main.journal"})
        fs::permissions(directory_ / name, fs::perms::owner_all, fs::perm_options::add);
    expect_whole("kept");
}

TEST_F(Faults, ASecondWriterIsRefusedAndTheFirstGoesOn) {
    const pid_t first = start({"run", "small.toml", "--backend", "cpu", "--threads", "1", "--chains", "4000000",
                               "--quiet", "--out", "shared"});
    for (int wait = 0; wait < 500 && !fs::exists(journal("shared")); ++wait)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    for (int writer = 0; writer < 5; ++writer) {
        ++injected_;
        expect_refused("run small.toml --backend cpu --quiet --chains 4000000 --out shared", 2, "is locked: process");
    }
    EXPECT_EQ(wait_for(first), 0);
    const JournalContents kept = read_journal(journal("shared"));
    EXPECT_EQ(kept.damage.stretches, 0);
    twice_ += repeats_in(kept.shards);
}

TEST_F(Faults, RecordsOfAnotherRunAreLeftAlone) {
    EXPECT_EQ(run_json("run small.toml --json --quiet --out other --seed 7 " + options_)["status"], "complete");
    expect_whole("mixed");
    fs::copy(journal("other"), directory_ / "mixed/shards/other.journal");
    ++injected_;
    const Outcome outcome = expect_whole("mixed");
    EXPECT_TRUE(contains(outcome.errors, "are left alone")) << outcome.errors;
}

}  // namespace
}  // namespace stationary
