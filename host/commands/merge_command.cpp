#include "host/commands/merge_command.h"

#include "host/base/program_info.h"
#include "host/commands/command_support.h"
#include "host/commands/experiment_difference.h"
#include "host/commands/run_directory.h"
#include "host/plan/kept_plan.h"
#include "host/run/run_shards.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace stationary {
namespace {

/// A directory to merge, and what was begun there.
struct Source {
    std::string directory;
    KeptRun kept;
};

std::vector<Source> read_sources(const std::vector<std::string>& directories) {
    std::vector<Source> sources;
    for (const std::string& directory : directories) {
        sources.push_back({directory, read_kept_run(directory)});
        if (!sources.back().kept.experiment)
            throw InputError(fmt::format("{} is no run directory: it has no experiment.toml", directory));
    }
    return sources;
}

/// The one with most cells, and of these with most chains: the others must be parts of it.
const Source& largest(const std::vector<Source>& sources) {
    return *std::max_element(sources.begin(), sources.end(), [](const Source& a, const Source& b) {
        const auto size = [](const Source& source) {
            return std::pair(source.kept.plans.size(), source.kept.experiment->ensemble.chains);
        };
        return size(a) < size(b);
    });
}

/// `cells` are those of the largest.
void refuse_different_experiments(const std::vector<Source>& sources, const std::vector<Cell>& cells) {
    const Source& base = largest(sources);
    for (const Source& source : sources) {
        const auto lines = differences(*source.kept.experiment, *base.kept.experiment, source.kept.plans, cells);
        if (lines.empty()) continue;
        throw InputError(fmt::format("{} and {} hold different experiments (there: {}, here: {}): {}", source.directory,
                                     base.directory, source.directory, base.directory, fmt::join(lines, "; ")));
    }
}

KeptPlans joined_plans(const std::vector<Source>& sources) {
    KeptPlans joined;
    for (const Source& source : sources) {
        for (const auto& [key, plan] : source.kept.plans) {
            const auto [known, is_new] = joined.emplace(key, plan);
            if (!is_new && known->second.plan_key != plan.plan_key)
                throw InputError(
                    fmt::format("{}: its plan of a cell differs from that of another directory (shards of "
                                "{} chains, {} there): they cannot be pooled",
                                source.directory, plan.shard_chains, known->second.shard_chains));
            known->second.shards = std::max(known->second.shards, plan.shards);
        }
    }
    return joined;
}

/// A store keeps a file open for every journal.
void allow_many_files() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
}

/// Appends the shards that are in the sources only. Returns how many.
std::int64_t copy_missing(const std::vector<Source>& sources, RunJournal& out, const std::vector<CellPlan>& plans) {
    ShardStore& all = out.store;
    const std::size_t own_journals = all.journals();
    for (const Source& source : sources) {
        for (const std::string& path : journals_in(source.directory)) {
            const JournalDamage damage = all.add_journal(path);
            if (damage.stretches > 0) note(describe(damage, path));
        }
    }
    std::int64_t copied = 0;
    for (std::size_t cell = 0; cell < plans.size(); ++cell) {
        const CellProgram& program = plans[cell].program;
        for (StoredShard& shard : all.load(cell)) {
            if (shard.journal < own_journals) continue;
            out.writer->append({program.key, all.planned_key(cell), program.shard_chains, shard.seconds,
                                program_info().version, std::move(shard.moments)});
            ++copied;
        }
    }
    return copied;
}

/// "3-5, 17": the shards of a cell that are nowhere.
std::string missing_shards(const ShardStore& store, std::size_t cell, std::int64_t shards) {
    std::vector<std::string> stretches;
    for (std::int64_t shard = 0; shard < shards; ++shard) {
        if (store.has(cell, shard)) continue;
        const std::int64_t first = shard;
        while (shard + 1 < shards && !store.has(cell, shard + 1)) ++shard;
        stretches.push_back(first == shard ? std::to_string(first) : fmt::format("{}-{}", first, shard));
    }
    return fmt::format("{}", fmt::join(stretches, ", "));
}

void list_missing(const Workload& work) {
    constexpr int most_lines = 20;
    const ShardStore& store = work.journal->store;
    std::int64_t incomplete = 0;
    std::int64_t missing = 0;
    for (std::size_t cell = 0; cell < work.plans.size(); ++cell) {
        const CellPlan& plan = work.plans[cell];
        if (store.count(cell) == plan.shards) continue;
        missing += plan.shards - store.count(cell);
        if (++incomplete > most_lines) continue;
        note(fmt::format("missing: {}: {} of {} shards ({})", describe(plan.cell), plan.shards - store.count(cell),
                         plan.shards, missing_shards(store, cell, plan.shards)));
    }
    if (missing > 0)
        note(fmt::format("{} shards of {} cells are missing; `stationary run` on the merged directory computes them",
                         missing, incomplete));
}

/// The plans and the shards of all sources in the directory `out`.
std::shared_ptr<Workload> join(const std::vector<Source>& sources, const Preparation& ready, const RunDirectory& out) {
    auto work = std::make_shared<Workload>();
    work->plans = plan_cells(ready.experiment, ready.model, ready.cells, joined_plans(sources));
    out.write_plan(ready.experiment, work->plans);
    work->journal = out.open_journal(work->plans, note);
    const std::int64_t copied = copy_missing(sources, *work->journal, work->plans);
    note(fmt::format("{} shard{} taken over", copied, copied == 1 ? "" : "s"));
    list_missing(*work);
    work->progress.emplace(ProgressStyle::none, std::cerr, 0, 0.0, Progress::Clock::now());
    work->collection =
        std::make_unique<Collection>(work->plans, all_shards(work->plans), &*work->journal, *work->progress);
    return work;
}

}  // namespace

ExitCode merge_command(const CommandLine& line) {
    allow_many_files();
    std::vector<Source> sources = read_sources(line.directories);
    // Refused before anything is written.
    refuse_different_experiments(sources, prepare(*largest(sources).kept.experiment).cells);
    const RunDirectory out(*line.out);
    if (out.kept().experiment) sources.push_back({out.path(), out.kept()});
    const Preparation ready = prepare(*largest(sources).kept.experiment);
    refuse_different_experiments(sources, ready.cells);
    const auto work = join(sources, ready, out);
    const RunResults results =
        judge_workload(ready, *work, {"merged", fmt::format("{} directories", line.directories.size()), 0, ""});
    out.write_results(results);
    print_results(line, results);
    return exit_code(results.status);
}

}  // namespace stationary
