#include "host/commands/run_command.h"

#include "host/base/json.h"
#include "host/base/output_file.h"
#include "host/commands/command_support.h"
#include "host/commands/run_directory.h"
#include "host/model/cell.h"
#include "host/plan/kept_plan.h"
#include "host/report/dry_run.h"
#include "host/run/ranks.h"
#include "host/run/shard_share.h"

#include <fmt/format.h>
#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace stationary {
namespace {

/// The share that --shard-range asks for, or that the task of a Slurm array has. Without a directory a share's shards
/// would be lost, so an array then changes nothing.
ShardShare share_of(const CommandLine& line) {
    if (line.shard_range) {
        const ShardShare share = parse_shard_share(*line.shard_range);
        if (!share.whole() && !line.out) throw InputError("--shard-range needs --out: a share's shards are kept there");
        return share;
    }
    if (!line.out) return {};
    const auto share = shard_share_of_array([](const char* name) -> const char* { return std::getenv(name); });
    if (share && !share->whole())
        note(fmt::format("a Slurm array: shard range {}/{} (--shard-range 0/1 runs all)", share->index, share->count));
    return share.value_or(ShardShare{});
}

/// Opens the directory of a run, if it has one; refuses that of another experiment before anything is written there.
std::optional<RunDirectory> open_directory(const CommandLine& line, const Preparation& ready) {
    std::optional<RunDirectory> directory;
    if (!line.out) return directory;
    refuse_other_experiment(*line.out, read_kept_run(*line.out), ready.experiment, ready.cells);
    directory.emplace(*line.out);
    // Another process may have begun there between the two.
    refuse_other_experiment(*line.out, directory->kept(), ready.experiment, ready.cells);
    return directory;
}

ExitCode print_plan(const CommandLine& line, const Preparation& ready) {
    const KeptRun kept = line.out ? read_kept_run(*line.out) : KeptRun{};
    if (line.out) refuse_other_experiment(*line.out, kept, ready.experiment, ready.cells);
    const auto plans = plan_cells(ready.experiment, ready.model, ready.cells, kept.plans);
    const auto backend = open_backend(line, ready.experiment);
    const MemoryPlan memory = plan_memory(*backend, plans, available_memory());
    const DryRun plan = plan_dry_run(ready.experiment, ready.model, ready.stability, plans, memory, *backend);
    write_standard_output(line.format == OutputFormat::json ? dry_run_json(plan) : dry_run_table(plan));
    return ExitCode::done;
}

void note_resumption(const CommandLine& line, const Collection& collection) {
    if (line.verbosity == Verbosity::quiet || collection.resumed_shards() == 0) return;
    note(fmt::format("going on from {} of {} shards in {}", collection.resumed_shards(), collection.wanted_shards(),
                     *line.out));
}

/// A share whose own shards are all there is no interrupted run.
RunStatus status_of(const RunResults& results, const ShardShare& share, bool share_complete) {
    if (share.whole() || !share_complete || results.status != RunStatus::interrupted) return results.status;
    const bool diverged =
        std::any_of(results.cells.begin(), results.cells.end(), [](const CellResult& cell) { return cell.unreliable; });
    return diverged ? RunStatus::diverged : RunStatus::partial;
}

/// What the other ranks need to know of the run.
std::string run_text(const Preparation& ready, const Workload& work) {
    return Json{{"experiment", portable_toml(ready.experiment)}, {"plan", plan_json(work.plans)}}.dump();
}

/// Ranks of one machine share its GPUs; those on the same cores share them, unless the user said how many threads each
/// has.
CommandLine with_own_part(CommandLine line, const RankPlace& place) {
    line.backend.place = {place.local_rank, place.local_ranks};
    if (place.ranks > 1 && line.backend.threads == 0 && std::getenv("OMP_NUM_THREADS") == nullptr)
        line.backend.threads = std::max(1, omp_get_max_threads() / place.core_sharers);
    return line;
}

/// Rank 0, or the only process.
ExitCode lead(const CommandLine& line, const StopRequest& stop) {
    const Preparation ready = prepare(load_experiment(line.experiment, line.overrides));
    if (line.mode == RunMode::dry_run) return print_plan(line, ready);
    install_stop_signals();
    const ShardShare share = share_of(line);
    std::unique_ptr<Backend> backend = open_backend(line, ready.experiment);
    const std::optional<RunDirectory> directory = open_directory(line, ready);
    const KeptPlans kept = directory ? directory->kept().plans : KeptPlans{};
    const auto work =
        make_workload(line, std::move(backend), plan_cells(ready.experiment, ready.model, ready.cells, kept));
    if (line.verbosity != Verbosity::quiet) note(memory_line(work->memory));
    if (directory) {
        directory->write_plan(ready.experiment, work->plans);
        work->journal = directory->open_journal(work->plans, note);
    }
    work->collection = std::make_unique<Collection>(work->plans, shards_of(share, work->plans),
                                                    work->journal ? &*work->journal : nullptr, *work->progress);
    note_resumption(line, *work->collection);
    share_text(run_text(ready, *work));
    coordinate(work, stop, note);
    RunResults results = judge_workload(ready, *work, work->backend->info());
    results.status = status_of(results, share, work->collection->complete());
    note_interruption(results.status, stop);
    if (directory) directory->write_results(results);
    print_results(line, results);
    return exit_code(results.status);
}

/// Every other rank: computes, and says nothing.
ExitCode follow(const CommandLine& line, const StopRequest& stop) {
    install_stop_signals();
    const std::string text = share_text("");
    if (text.empty()) return ExitCode::done;
    try {
        const Json run = Json::parse(text);
        const Experiment experiment = parse_experiment(run.at("experiment").get<std::string>(), "experiment", ".", {});
        const LossModel model = build_loss_model(experiment);
        const KeptPlans kept = parse_plan_json(run.at("plan").get<std::string>(), "the plan of rank 0");
        std::vector<CellPlan> plans = plan_cells(experiment, model, make_cells(experiment, model), kept);
        const auto work =
            make_workload(line, choose_backend(line.backend, experiment.run.normals, experiment.run.precision).backend,
                          std::move(plans));
        serve(work, stop);
    } catch (const std::exception& error) {
        give_up(error.what());
    }
    return ExitCode::done;
}

}  // namespace

ExitCode run_command(const CommandLine& line, const StopRequest& stop) {
    const RankPlace place = join_ranks();
    const CommandLine own = with_own_part(line, place);
    return place.rank == 0 ? lead(own, stop) : follow(own, stop);
}

}  // namespace stationary
