#pragma once

#include "host/journal/journal_record.h"
#include "host/journal/journal_scan.h"
#include "tests/support/program_fixture.h"

#include <chrono>
#include <csignal>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>

/// What every fault test counts, and how it injects.
namespace stationary {

using ShardNames = std::multiset<std::pair<std::uint64_t, std::int64_t>>;  ///< (cell key, shard)

/// What a journal holds.
struct JournalContents {
    ShardNames shards;
    JournalDamage damage;
};

inline JournalContents read_journal(const std::string& path) {
    JournalContents journal;
    journal.damage = scan_journal(path, [&journal](std::int64_t, std::string_view bytes) {
        const auto record = decode(bytes);
        journal.shards.emplace(record->cell_key, record->moments.shard);
    });
    return journal;
}

/// Records beyond the first of their shard.
inline std::int64_t repeats_in(const ShardNames& shards) {
    const std::set<ShardNames::value_type> different(shards.begin(), shards.end());
    return static_cast<std::int64_t>(shards.size() - different.size());
}

/// Runs that something happens to, and what it cost.
class Faults : public Program {
  protected:
    Faults() {
        fingerprints_ = fingerprints(run_json("run small.toml --json --quiet --out undisturbed " + options_));
        shards_ = read_journal(journal("undisturbed")).shards;
    }
    ~Faults() override {
        std::cout << "faults injected " << injected_ << ", shards lost " << lost_ << ", counted twice " << twice_
                  << std::endl;
        EXPECT_EQ(lost_, 0);
        EXPECT_EQ(twice_, 0);
    }

    [[nodiscard]] std::string journal(const std::string& name) const {
        return (directory_ / name / "shards/main.journal").string();
    }

    /// Compares what the journal holds now with what it held, some of which `expendable` faults may have damaged.
    void account(const std::string& name, const ShardNames& before) {
        const ShardNames after = read_journal(journal(name)).shards;
        for (const auto& shard : before) lost_ += after.contains(shard) ? 0 : 1;
    }

    /// The run goes on to its end, gives the fingerprints of the undisturbed run and holds every shard once.
    Outcome expect_whole(const std::string& name) {
        const Outcome outcome = run("run small.toml --json --quiet --out " + name + " " + options_);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
        if (outcome.exit_code != 0) return outcome;
        const Json results = Json::parse(outcome.output);
        EXPECT_EQ(results["status"], "complete");
        EXPECT_EQ(fingerprints(results), fingerprints_);
        EXPECT_EQ(results_in(name)["status"], "complete");
        const ShardNames now = read_journal(journal(name)).shards;
        for (const auto& shard : shards_) lost_ += now.contains(shard) ? 0 : 1;
        twice_ += repeats_in(now);
        return outcome;
    }

    /// Sends a signal at a random moment, up to `longest` seconds after the start. Returns the exit code.
    int disturb(const std::string& name, int signal, double longest) {
        const ShardNames before = read_journal(journal(name)).shards;
        const pid_t child = start({"run", "small.toml", "--backend", "cpu", "--threads", "2", "--json", "--quiet",
                                   "--chains", std::to_string(chains_), "--out", name});
        std::uniform_real_distribution<double> moment(0.0, longest);
        std::this_thread::sleep_for(std::chrono::duration<double>(moment(random_)));
        kill(child, signal);
        const int exit_code = wait_for(child);
        ++injected_;
        account(name, before);
        return exit_code;
    }

    /// Kills runs again and again until so many died on the way.
    void kill_many(std::int64_t kills, double longest) {
        for (int round = 0; injected_ < kills; ++round) {
            ASSERT_LT(round, 200);
            const std::string name = "killed" + std::to_string(round);
            const std::int64_t before = injected_;
            while (injected_ < kills && disturb(name, SIGKILL, longest) != 0) {
            }
            if (injected_ == before) FAIL() << "no kill came in time";
            expect_whole(name);
            fs::remove_all(directory_ / name);
        }
    }

    static constexpr std::int64_t chains_ = 400000;
    const std::string options_ = "--backend cpu --threads 2 --chains " + std::to_string(chains_);
    Json fingerprints_;
    Json long_fingerprints_;
    ShardNames shards_;
    std::mt19937_64 random_{20240607};
    std::int64_t injected_ = 0;
    std::int64_t lost_ = 0;
    std::int64_t twice_ = 0;
};

}  // namespace stationary
