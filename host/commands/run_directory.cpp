#include "host/commands/run_directory.h"

#include "host/base/error.h"
#include "host/base/file_descriptor.h"
#include "host/base/output_file.h"
#include "host/commands/experiment_difference.h"
#include "host/report/report_csv.h"
#include "host/report/report_json.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

namespace stationary {
namespace {

namespace fs = std::filesystem;

constexpr const char* main_journal = "main.journal";

std::string path_in(const std::string& directory, const std::string& name) {
    return (fs::path(directory) / name).string();
}

std::string absolute_path(const Experiment& experiment, const std::string& written) {
    if (written.empty()) return written;
    return fs::absolute(fs::path(experiment.directory) / written).lexically_normal().string();
}

/// Creates the directory and that of its journals, and returns its path.
std::string created(std::string directory) {
    std::error_code error;
    for (const std::string& path : {directory, path_in(directory, "shards")}) {
        fs::create_directories(path, error);
        if (error) throw FileError(fmt::format("cannot create {}: {}", path, error.message()));
        if (!fs::is_directory(path, error))
            throw FileError(fmt::format("cannot create {}: a file of that name is in the way", path));
    }
    return directory;
}

bool exists(const std::string& directory, const std::string& name) {
    std::error_code error;
    return fs::exists(path_in(directory, name), error);
}

}  // namespace

std::string portable_toml(const Experiment& experiment) {
    Experiment portable = experiment;
    portable.model.data = absolute_path(experiment, experiment.model.data);
    portable.model.gradient_residuals_file = absolute_path(experiment, experiment.model.gradient_residuals_file);
    return to_toml(portable);
}

KeptRun read_kept_run(const std::string& directory) {
    KeptRun kept;
    const std::string experiment = path_in(directory, "experiment.toml");
    const std::string plan = path_in(directory, "plan.json");
    if (exists(directory, "experiment.toml"))
        kept.experiment = parse_experiment(file_contents(experiment), experiment, directory, {});
    else if (exists(directory, "results.json"))
        throw InputError(
            fmt::format("{} holds the results of another experiment, whose experiment.toml is missing; "
                        "choose another --out",
                        directory));
    if (exists(directory, "plan.json")) kept.plans = parse_plan_json(file_contents(plan), plan);
    return kept;
}

void refuse_other_experiment(const std::string& directory, const KeptRun& kept, const Experiment& experiment,
                             const std::vector<Cell>& cells) {
    if (!kept.experiment) return;
    const auto lines = differences(*kept.experiment, experiment, kept.plans, cells);
    if (lines.empty()) return;
    throw InputError(
        fmt::format("{} holds another experiment ({}); choose another --out", directory, fmt::join(lines, "; ")));
}

std::vector<std::string> journals_in(const std::string& directory) {
    const std::string shards = path_in(directory, "shards");
    std::vector<std::string> others;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(shards, error)) {
        if (entry.path().extension() == ".journal" && entry.path().filename() != main_journal)
            others.push_back(entry.path().string());
    }
    std::sort(others.begin(), others.end());
    others.insert(others.begin(), path_in(shards, main_journal));
    return others;
}

RunDirectory::RunDirectory(std::string path)
    : path_(created(std::move(path))), lock_(path_), kept_(read_kept_run(path_)) {}

void RunDirectory::write_plan(const Experiment& experiment, const std::vector<CellPlan>& plans) const {
    replace_file(path_in(path_, "experiment.toml"), portable_toml(experiment));
    replace_file(path_in(path_, "plan.json"), plan_json(plans));
}

RunJournal RunDirectory::open_journal(const std::vector<CellPlan>& plans, const Note& note) const {
    RunJournal journal{ShardStore(plans), nullptr};
    const std::vector<std::string> paths = journals_in(path_);
    std::int64_t end_of_records = 0;
    for (const std::string& path : paths) {
        const JournalDamage damage = journal.store.add_journal(path);
        if (damage.stretches > 0) note(describe(damage, path));
        if (path == paths.front()) end_of_records = damage.end_of_records;
    }
    if (const std::int64_t foreign = journal.store.foreign_records(); foreign > 0)
        note(fmt::format("{}: {} record{} of other cells, plans or versions of the program {} left alone",
                         path_in(path_, "shards"), foreign, foreign == 1 ? "" : "s", foreign == 1 ? "is" : "are"));
    journal.writer = std::make_unique<JournalWriter>(paths.front(), end_of_records);
    return journal;
}

void RunDirectory::write_results(const RunResults& results) const {
    FileBatch batch(path_);
    for (const CellResult& cell : results.cells) {
        if (!cell.measurement) continue;
        batch.add_npy(fmt::format("covariance-{}.npy", cell.cell.index), cell.measurement->covariance);
    }
    batch.add("cells.csv", results_csv(results));
    // Last, so that whoever sees it sees what belongs to it.
    batch.add("results.json", results_json(results));
    batch.commit();
}

}  // namespace stationary
