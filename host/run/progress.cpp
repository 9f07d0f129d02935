#include "host/run/progress.h"

#include "host/base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace stationary {
namespace {

constexpr double bar_period = 0.1;    // seconds
constexpr double line_period = 10.0;  // seconds
constexpr int bar_width = 24;
constexpr std::size_t terminal_width = 119;

double seconds_between(Progress::Clock::time_point from, Progress::Clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

std::string bar(double fraction) {
    const int filled = static_cast<int>(std::floor(std::clamp(fraction, 0.0, 1.0) * bar_width));
    return '[' + std::string(static_cast<std::size_t>(filled), '#') +
           std::string(static_cast<std::size_t>(bar_width - filled), '-') + "]  ";
}

}  // namespace

double seconds_left(const ProgressState& state) {
    if (state.work_done <= 0.0) return std::numeric_limits<double>::infinity();
    return state.seconds * (state.work_total - state.work_done) / state.work_done;
}

std::string progress_text(const ProgressState& state, const std::string& cell, ProgressStyle style) {
    const double fraction = state.work_total > 0.0 ? state.work_done / state.work_total : 0.0;
    const double rate = state.seconds > 0.0 ? state.chain_steps_done / state.seconds : 0.0;
    return fmt::format("{}{}/{} shards  {:.2e} chain-steps/s  {} left  {}",
                       style == ProgressStyle::bar ? bar(fraction) : "", state.shards_done, state.shards_total, rate,
                       duration_text(seconds_left(state)), cell);
}

Progress::Progress(ProgressStyle style, std::ostream& stream, std::int64_t shards_total, double work_total,
                   Clock::time_point now)
    : style_(style), stream_(stream), start_(now), last_shown_(now) {
    state_.shards_total = shards_total;
    state_.work_total = work_total;
}

void Progress::expect(std::int64_t shards, std::int64_t done, double work) {
    state_.shards_total += shards;
    state_.shards_done += done;
    state_.work_total += work;
}

void Progress::shard_done(double chain_steps, double work, Clock::time_point now) {
    ++state_.shards_done;
    state_.chain_steps_done += chain_steps;
    state_.work_done += work;
    state_.seconds = seconds_between(start_, now);
    if (style_ == ProgressStyle::none) return;
    if (seconds_between(last_shown_, now) < (style_ == ProgressStyle::bar ? bar_period : line_period)) return;
    last_shown_ = now;
    show();
}

void Progress::show() {
    const std::string text = progress_text(state_, cell_, style_);
    if (style_ == ProgressStyle::lines) {
        stream_ << text << std::endl;
        return;
    }
    const std::string line = text.substr(0, terminal_width);
    stream_ << '\r' << padded(line, shown_width_, Align::left) << std::flush;
    shown_width_ = line.size();
}

void Progress::finish() {
    if (shown_width_ == 0) return;
    stream_ << '\r' << std::string(shown_width_, ' ') << '\r' << std::flush;
    shown_width_ = 0;
}

}  // namespace stationary
