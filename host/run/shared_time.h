#pragma once

#include <chrono>
#include <mutex>

namespace stationary {

/// Time that workers on one machine share: while n of them are at work each is charged an n-th of it, so that what all
/// are charged together is the time in which any of them was. Test: shared_time_test.cpp.
class SharedTime {
  public:
    using Clock = std::chrono::steady_clock;

    void begin_work(Clock::time_point now) {
        const std::lock_guard guard(lock_);
        advance(now);
        ++workers_;
    }
    void end_work(Clock::time_point now) {
        const std::lock_guard guard(lock_);
        advance(now);
        --workers_;
    }
    /// Between two moments of a worker's work, the difference is what it is charged, in seconds.
    double seconds(Clock::time_point now) {
        const std::lock_guard guard(lock_);
        advance(now);
        return seconds_;
    }

  private:
    /// Moments that threads took in one order may come in another: time does not go back.
    void advance(Clock::time_point now) {
        if (now <= last_) return;
        if (workers_ > 0) seconds_ += std::chrono::duration<double>(now - last_).count() / workers_;
        last_ = now;
    }

    std::mutex lock_;
    Clock::time_point last_{};
    int workers_ = 0;
    double seconds_ = 0.0;
};

/// A worker at work, until the end of its life.
class WorkTime {
  public:
    explicit WorkTime(SharedTime& time) : time_(time) {
        time_.begin_work(SharedTime::Clock::now());
        last_ = time_.seconds(SharedTime::Clock::now());
    }
    WorkTime(const WorkTime&) = delete;
    WorkTime& operator=(const WorkTime&) = delete;
    ~WorkTime() { time_.end_work(SharedTime::Clock::now()); }

    /// What the worker is charged since the call before, or since it began.
    double charge() {
        const double now = time_.seconds(SharedTime::Clock::now());
        const double seconds = now - last_;
        last_ = now;
        return seconds;
    }

  private:
    SharedTime& time_;
    double last_ = 0.0;
};

}  // namespace stationary
