#include "host/run/workers.h"

#include "host/run/run_shards.h"

#include <algorithm>
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
        const Launch launch{*work.backend, work.plans[cell].program, work.memory.shards_at_once[cell], &work.time};
        run_shards(launch, task->range, stop, sink);
    }
}

struct Worker::State {
    std::mutex lock;
    std::condition_variable changed;
    bool ended = false;
};

Worker::Worker(std::function<void()> body) : state_(std::make_shared<State>()) {
    thread_ = std::thread([state = state_, run = std::move(body)] {
        run();
        const std::lock_guard guard(state->lock);
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
    if (!thread_.joinable()) return;
    thread_.detach();
    left_behind = true;
}

bool shards_left_behind() { return left_behind; }

struct Crew::Shared {
    std::mutex lock;
    std::exception_ptr failure;  ///< of the first that failed
    /// Asks all to stop. A flag of its own, because it must be there as long as the last of them.
    std::shared_ptr<std::atomic<bool>> stop = std::make_shared<std::atomic<bool>>(false);

    void fail(std::exception_ptr why) {
        const std::lock_guard guard(lock);
        if (!failure) failure = std::move(why);
        *stop = true;
    }
};

Crew::Crew(int workers, const StopRequest& stop, const Body& body) : shared_(std::make_shared<Shared>()) {
    const StopRequest joined = stop.joined_by(shared_->stop);
    for (int k = 0; k < workers; ++k) {
        workers_.push_back(std::make_unique<Worker>([shared = shared_, joined, body] {
            try {
                body(joined);
            } catch (...) {
                shared->fail(std::current_exception());
            }
        }));
    }
}

Crew::~Crew() {
    *shared_->stop = true;
    if (!wait(grace_seconds)) leave_behind();
}

bool Crew::wait(double seconds) {
    const auto start = Clock::now();
    return std::all_of(workers_.begin(), workers_.end(), [&](const std::unique_ptr<Worker>& worker) {
        return worker->wait(std::max(0.0, seconds - seconds_since(start)));
    });
}

bool Crew::failed() const {
    const std::lock_guard guard(shared_->lock);
    return shared_->failure != nullptr;
}

void Crew::leave_behind() {
    for (const auto& worker : workers_) {
        if (!worker->wait(0.0)) worker->leave_behind();
    }
    workers_.clear();  // nobody waits for them once more
}

void Crew::rethrow() const {
    const std::lock_guard guard(shared_->lock);
    if (shared_->failure) std::rethrow_exception(shared_->failure);
}

void simulate(const std::shared_ptr<Workload>& work, const StopRequest& stop) {
    constexpr double watch_period = 0.02;  // seconds
    const BackendInfo backend = work->backend->info();
    const TaskSize size = task_size(backend, 1);
    Crew crew(backend.workers, stop, [work, size](const StopRequest& stop_all) { run_tasks(*work, stop_all, size); });
    while (!crew.wait(watch_period) && !stop.stop() && !crew.failed()) {
    }
    if (!crew.wait(grace_seconds)) crew.leave_behind();
    crew.rethrow();
}

}  // namespace stationary
