#include "host/run/stop.h"

#include "host/base/error.h"

#include <unistd.h>
#include <array>
#include <csignal>
#include <utility>

namespace stationary {
namespace {

volatile std::sig_atomic_t signals_seen = 0;

void on_signal(int) {
    if (signals_seen != 0) _exit(static_cast<int>(ExitCode::interrupted));
    signals_seen = 1;
}

/// Longest limit that cannot overflow the clock: a century.
constexpr double longest_limit = 3.2e9;

}  // namespace

StopRequest::StopRequest(std::chrono::steady_clock::time_point start, std::optional<double> limit_seconds) {
    if (!limit_seconds || *limit_seconds > longest_limit) return;
    deadline_ = start + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                            std::chrono::duration<double>(*limit_seconds));
}

bool StopRequest::past_deadline() const { return deadline_ && std::chrono::steady_clock::now() >= *deadline_; }

StopRequest StopRequest::joined_by(std::shared_ptr<const std::atomic<bool>> flag) const {
    StopRequest joined = *this;
    joined.flag_ = std::move(flag);
    return joined;
}

bool StopRequest::stop() const { return signals_seen != 0 || past_deadline() || (flag_ && *flag_); }

const char* StopRequest::reason() const {
    if (signals_seen != 0) return "a signal asked to stop";
    return past_deadline() ? "the wall-clock limit is reached" : "";
}

void install_stop_signals() {
    struct sigaction action {};
    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (const int signal : std::array{SIGINT, SIGTERM, SIGUSR1}) sigaction(signal, &action, nullptr);
}

}  // namespace stationary
