#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

namespace stationary {

enum class ProgressStyle {
    none,
    bar,   ///< one line redrawn in place: for a terminal
    lines  ///< a new line every ten seconds: for a log
};

/// How far a run is.
struct ProgressState {
    std::int64_t shards_done = 0;
    std::int64_t shards_total = 0;
    double chain_steps_done = 0.0;
    double work_done = 0.0;   ///< in the units of the cost model
    double work_total = 0.0;  ///< of all shards that were not there from the start
    double seconds = 0.0;     ///< since the first shard began
};

/// Seconds left if the rest goes at the pace so far, by the cost model's measure of work; infinity before the first
/// shard.
double seconds_left(const ProgressState& state);

/// "[#######-----]  37/128 shards  1.2e+08 chain-steps/s  42 s left  sgd B=8 mu=0": what both styles show; the lines
/// without the bar.
std::string progress_text(const ProgressState& state, const std::string& cell, ProgressStyle style);

/// Shows the progress of a run on a stream. Counts shards; shows at most ten bars a second and one line every ten
/// seconds.
class Progress {
  public:
    using Clock = std::chrono::steady_clock;

    /// Time counts from `now`.
    Progress(ProgressStyle style, std::ostream& stream, std::int64_t shards_total, double work_total,
             Clock::time_point now);

    /// Adds shards to those that the run is to have, of which `done` are there already; `work` is that of the others.
    void expect(std::int64_t shards, std::int64_t done, double work);
    void begin_cell(const std::string& name) { cell_ = name; }
    void shard_done(double chain_steps, double work, Clock::time_point now);
    /// Takes the bar off the terminal.
    void finish();
    [[nodiscard]] const ProgressState& state() const { return state_; }

  private:
    void show();

    ProgressStyle style_;
    std::ostream& stream_;
    ProgressState state_;
    std::string cell_;
    Clock::time_point start_;
    Clock::time_point last_shown_;
    std::size_t shown_width_ = 0;
};

}  // namespace stationary
