#pragma once

#include "host/base/directory_lock.h"
#include "host/comparison/results.h"
#include "host/experiment/experiment.h"
#include "host/plan/kept_plan.h"
#include "host/plan/plan.h"
#include "host/run/collection.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stationary {

/// What a run directory says of the run that was begun there.
struct KeptRun {
    std::optional<Experiment> experiment;  ///< empty: nothing was begun
    KeptPlans plans;
};

/// The experiment as TOML with data paths made absolute, so that it means the same wherever it is read.
std::string portable_toml(const Experiment& experiment);

/// Reads experiment.toml and plan.json. Throws InputError for files that are no such thing, or for results whose
/// experiment is missing.
KeptRun read_kept_run(const std::string& directory);

/// Throws InputError showing the differences, key by key, if the experiment is not the one of the directory, or one
/// with more cells or chains.
void refuse_other_experiment(const std::string& directory, const KeptRun& kept, const Experiment& experiment,
                             const std::vector<Cell>& cells);

/// The journals in a run directory, shards/*.journal: the one that runs append to, then others, by name.
std::vector<std::string> journals_in(const std::string& directory);

/// Prints one line for the user.
using Note = std::function<void(const std::string&)>;

/// A run directory that this process writes to, and nobody else meanwhile:
///   lock, experiment.toml, plan.json, shards/main.journal, results.json, cells.csv, covariance-INDEX.npy.
/// Everything but the journal is replaced in one step.
class RunDirectory {
  public:
    /// Creates and locks it. Throws FileError; InputError if another process has it locked.
    explicit RunDirectory(std::string path);

    [[nodiscard]] const KeptRun& kept() const { return kept_; }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Writes experiment.toml, its data paths made absolute so that it can be run again from there, and plan.json.
    void write_plan(const Experiment& experiment, const std::vector<CellPlan>& plans) const;
    /// Reads the journals, notes damage and records of other plans, and opens the one to append to.
    [[nodiscard]] RunJournal open_journal(const std::vector<CellPlan>& plans, const Note& note) const;
    /// Writes results.json, cells.csv and covariance-INDEX.npy for each cell that has an estimate. Throws FileError.
    void write_results(const RunResults& results) const;

  private:
    std::string path_;
    DirectoryLock lock_;
    KeptRun kept_;
};

}  // namespace stationary
