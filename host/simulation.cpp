#include "host/simulation.h"

#include "host/run.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <utility>

namespace stationary {
namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> left_behind{false};

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

}  // namespace

void run_tasks(Workload& work, const StopRequest& stop, const TaskSize& size) {
    while (!stop.stop()) {
        const auto task = work.collection->next_task(size);
        if (!task) return;
        const std::size_t cell = task->cell;
        const TimedSink sink = [&work, cell](ShardMoments&& moments, double seconds) {
            work.collection->add(cell, std::move(moments), seconds);
        };
        const Launch launch{*work.backend, work.plans[cell].program, work.memory.shards_at_once[cell]};
        run_shards(launch, task->range, stop, sink);
    }
}

struct Worker::State {
    std::mutex lock;
    std::condition_variable changed;
    bool ended = false;
    std::exception_ptr failure;
};

Worker::Worker(std::function<void()> body) : state_(std::make_shared<State>()) {
    thread_ = std::thread([state = state_, run = std::move(body)] {
        std::exception_ptr failure;
        try {
            run();
        } catch (...) {
            failure = std::current_exception();
        }
        const std::lock_guard guard(state->lock);
        state->failure = failure;
        state->ended = true;
        state->changed.notify_all();
    });
}

Worker::~Worker() {
    if (!thread_.joinable()) return;
    if (wait(grace_seconds))
        thread_.join();
    else
        leave_behind();
}

bool Worker::wait(double seconds) {
    std::unique_lock guard(state_->lock);
    return state_->changed.wait_for(guard, std::chrono::duration<double>(seconds), [this] { return state_->ended; });
}

void Worker::leave_behind() {
    thread_.detach();
    left_behind = true;
}

void Worker::rethrow() const {
    if (state_->failure) std::rethrow_exception(state_->failure);
}

bool shards_left_behind() { return left_behind; }

void simulate(const std::shared_ptr<Workload>& work, const StopRequest& stop) {
    constexpr double watch_period = 0.02;  // seconds
    Worker worker([work, stop] { run_tasks(*work, stop, {}); });
    while (!worker.wait(watch_period) && !stop.stop()) {
    }
    const auto asked = Clock::now();
    while (!worker.wait(watch_period) && seconds_since(asked) < grace_seconds) {
    }
    if (!worker.wait(0.0)) return worker.leave_behind();
    worker.rethrow();
}

}  // namespace stationary
