#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>

namespace stationary {

/// Whether to take further shards: no longer once the wall-clock limit is reached or a signal has asked to end.
class StopRequest {
  public:
    /// The limit, if any, counts from `start`.
    StopRequest(std::chrono::steady_clock::time_point start, std::optional<double> limit_seconds);

    /// The same request, which whoever raises the flag joins in.
    [[nodiscard]] StopRequest joined_by(std::shared_ptr<const std::atomic<bool>> flag) const;

    [[nodiscard]] bool stop() const;
    /// Why, in a few words for a log line; empty while nothing asks to stop.
    [[nodiscard]] const char* reason() const;

  private:
    [[nodiscard]] bool past_deadline() const;
    std::optional<std::chrono::steady_clock::time_point> deadline_;
    std::shared_ptr<const std::atomic<bool>> flag_;  ///< may be null
};

/// From here on SIGINT, SIGTERM and SIGUSR1 ask to stop; a second one leaves at once with exit code 75.
void install_stop_signals();

}  // namespace stationary
