// ranks.h over MPI. Only one thread of a process is in MPI at a time: rank 0's main thread, and on the others whichever
// worker asks for a task or has finished a shard, under a lock.
#include "host/base/error.h"
#include "host/journal/journal_record.h"
#include "host/run/launcher.h"
#include "host/run/ranks.h"
#include "host/run/run_shards.h"

#include <mpi.h>
#include <sched.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace stationary {
namespace {

using Clock = std::chrono::steady_clock;

enum Tag : int {
    task_request = 1,  ///< TaskRequest
    task_answer,       ///< 3 int64: cell, first, last; cell −1: no more
    shard_result,      ///< u64: cell; then a journal record
    rank_leaving       ///< text: why it gave up, empty if it only ends
};

/// A worker is through with its task, if it had one, and asks for the next.
struct TaskRequest {
    std::int64_t worker = 0;  ///< of its rank
    TaskSize size;
};

constexpr std::chrono::microseconds poll_period{500};

/// Shared by all functions here: MPI is one per process anyway.
struct {
    bool started = false;
    bool text_shared = false;
    bool said_goodbye = false;
    int at_work = 0;  ///< rank 0: other ranks that have not left
    RankPlace place;
} session;

void send_bytes(std::string_view bytes, int rank, Tag tag) {
    MPI_Send(bytes.data(), static_cast<int>(bytes.size()), MPI_CHAR, rank, tag, MPI_COMM_WORLD);
}

/// The next message, if one is there.
struct Message {
    int rank = 0;
    int tag = 0;
    std::string bytes;
};
std::optional<Message> poll(int rank) {
    int there = 0;
    MPI_Status status;
    MPI_Iprobe(rank, MPI_ANY_TAG, MPI_COMM_WORLD, &there, &status);
    if (there == 0) return std::nullopt;
    int size = 0;
    MPI_Get_count(&status, MPI_CHAR, &size);
    Message message{status.MPI_SOURCE, status.MPI_TAG, std::string(static_cast<std::size_t>(size), '\0')};
    MPI_Recv(message.bytes.data(), size, MPI_CHAR, message.rank, message.tag, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    return message;
}

template <typename T>
std::string bytes_of(const T& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <typename T>
T value_of(const std::string& bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), std::min(sizeof value, bytes.size()));
    return value;
}

/// How many ranks of this machine may run on exactly the cores that this one may.
int count_core_sharers(MPI_Comm machine) {
    cpu_set_t mine;
    CPU_ZERO(&mine);
    sched_getaffinity(0, sizeof mine, &mine);
    int ranks = 1;
    MPI_Comm_size(machine, &ranks);
    std::vector<cpu_set_t> all(static_cast<std::size_t>(ranks));
    MPI_Allgather(&mine, sizeof mine, MPI_CHAR, all.data(), sizeof mine, MPI_CHAR, machine);
    int sharers = 0;
    for (const cpu_set_t& other : all) sharers += CPU_EQUAL(&mine, &other) ? 1 : 0;
    return sharers;
}

/// For one thread in MPI at a time, on every rank but 0.
std::mutex in_mpi;

/// The other side of Coordinator::answer.
std::optional<ShardTask> ask_for_task(const TaskRequest& request) {
    const std::lock_guard guard(in_mpi);
    send_bytes(bytes_of(request), 0, task_request);
    std::optional<Message> message;
    while (!(message = poll(0))) std::this_thread::sleep_for(poll_period);
    const auto words = value_of<std::array<std::int64_t, 3>>(message->bytes);
    if (words[0] < 0) return std::nullopt;
    return ShardTask{static_cast<std::size_t>(words[0]), {words[1], words[2]}};
}

/// Rank 0's side of the conversation.
class Coordinator {
  public:
    Coordinator(Workload& work, const StopRequest& stop, const std::function<void(const std::string&)>& note)
        : work_(work), stop_(stop), note_(note) {}

    /// Handles every message that is there. False if there was none.
    bool handle_messages() {
        bool any = false;
        while (const auto message = poll(MPI_ANY_SOURCE)) {
            handle(*message);
            any = true;
        }
        return any;
    }

  private:
    void handle(const Message& message) {
        if (message.tag == task_request) {
            answer(message.rank, value_of<TaskRequest>(message.bytes));
        } else if (message.tag == shard_result) {
            collect(message.bytes);
        } else if (message.tag == rank_leaving) {
            --session.at_work;
            if (!message.bytes.empty()) note_("rank " + std::to_string(message.rank) + " gave up: " + message.bytes);
            take_back(message.rank);
        }
    }

    void take_back(int rank) {
        for (const auto& [worker, task] : tasks_[rank]) work_.collection->give_back(task);
        tasks_.erase(rank);
    }

    void answer(int rank, const TaskRequest& request) {
        tasks_[rank].erase(request.worker);
        std::array<std::int64_t, 3> words{-1, 0, 0};
        std::optional<ShardTask> task;
        if (!stop_.stop()) task = work_.collection->next_task(request.size);
        if (task) {
            tasks_[rank][request.worker] = *task;
            words = {static_cast<std::int64_t>(task->cell), task->range.first, task->range.last};
        }
        send_bytes(bytes_of(words), rank, task_answer);
    }

    void collect(const std::string& bytes) {
        const auto cell = value_of<std::uint64_t>(bytes);
        const std::string_view record = std::string_view(bytes).substr(sizeof cell);
        std::optional<JournalRecord> shard;
        if (record_length(record) == record.size()) shard = decode(record);
        if (!shard) throw std::runtime_error("a shard was damaged on its way between ranks");
        work_.collection->add(cell, std::move(shard->moments), shard->seconds);
    }

    Workload& work_;
    const StopRequest& stop_;
    const std::function<void(const std::string&)>& note_;
    std::map<int, std::map<std::int64_t, ShardTask>> tasks_;  ///< in flight, by rank and worker
};

/// One of a rank's workers: asks for tasks and sends the moments back until there are none.
void serve_as(std::int64_t worker, Workload& work, const StopRequest& stop) {
    const TaskRequest request{worker, task_size(work.backend->info(), session.place.ranks)};
    while (!stop.stop()) {
        const auto task = ask_for_task(request);
        if (!task) break;
        const std::string cell = bytes_of(static_cast<std::uint64_t>(task->cell));
        const TimedSink sink = [&cell](ShardMoments&& moments, double seconds) {
            JournalRecord record;
            record.seconds = seconds;
            record.moments = std::move(moments);
            const std::string bytes = cell + encode(record);
            const std::lock_guard guard(in_mpi);
            send_bytes(bytes, 0, shard_result);
        };
        const Launch launch{*work.backend, work.plans[task->cell].program, work.memory.shards_at_once[task->cell],
                            &work.time};
        run_shards(launch, task->range, stop, sink);
    }
}

}  // namespace

RankSupport rank_support() {
    std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
    int length = 0;
    MPI_Get_library_version(text.data(), &length);
    const std::string library(text.data(), static_cast<std::size_t>(length));
    return {true, library.substr(0, library.find_first_of(",\n"))};
}

RankPlace join_ranks() {
    if (!launched_rank()) return {};
    int level = 0;
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &level);
    session.started = true;
    if (level < MPI_THREAD_SERIALIZED) throw InputError("this MPI library does not let threads take turns");
    MPI_Comm_rank(MPI_COMM_WORLD, &session.place.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &session.place.ranks);
    MPI_Comm machine = MPI_COMM_NULL;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, session.place.rank, MPI_INFO_NULL, &machine);
    MPI_Comm_rank(machine, &session.place.local_rank);
    MPI_Comm_size(machine, &session.place.local_ranks);
    session.place.core_sharers = count_core_sharers(machine);
    MPI_Comm_free(&machine);
    return session.place;
}

std::string share_text(const std::string& text) {
    session.text_shared = true;
    if (!session.started) return text;
    std::int64_t size = static_cast<std::int64_t>(text.size());
    MPI_Bcast(&size, 1, MPI_INT64_T, 0, MPI_COMM_WORLD);
    std::string shared = session.place.rank == 0 ? text : std::string(static_cast<std::size_t>(size), '\0');
    MPI_Bcast(shared.data(), static_cast<int>(size), MPI_CHAR, 0, MPI_COMM_WORLD);
    if (session.place.rank == 0 && size > 0) session.at_work = session.place.ranks - 1;
    return shared;
}

void coordinate(const std::shared_ptr<Workload>& work, const StopRequest& stop,
                const std::function<void(const std::string&)>& note) {
    if (!session.started) return simulate(work, stop);
    Coordinator coordinator(*work, stop, note);
    const BackendInfo backend = work->backend->info();
    const TaskSize size = task_size(backend, session.place.ranks);
    Crew crew(backend.workers, stop, [work, size](const StopRequest& stop_all) { run_tasks(*work, stop_all, size); });
    std::optional<Clock::time_point> asked;
    bool ended = false;
    while (!ended || session.at_work > 0) {
        ended = crew.wait(0.0);
        crew.rethrow();
        if (!coordinator.handle_messages()) std::this_thread::sleep_for(poll_period);
        if (!asked && stop.stop()) asked = Clock::now();
        if (asked && std::chrono::duration<double>(Clock::now() - *asked).count() > grace_seconds) break;
    }
    if (!ended) return crew.leave_behind();
    // What a rank that gave up handed back after everybody else had been told that there is no more.
    if (!stop.stop() && !work->collection->complete()) simulate(work, stop);
}

void serve(const std::shared_ptr<Workload>& work, const StopRequest& stop) {
    std::atomic<std::int64_t> workers{0};
    Crew crew(work->backend->info().workers, stop,
              [&workers, work](const StopRequest& stop_all) { serve_as(workers++, *work, stop_all); });
    while (!crew.wait(1.0)) {
    }
    crew.rethrow();
    give_up("");
}

void give_up(const std::string& why) {
    if (!session.started || session.said_goodbye) return;
    session.said_goodbye = true;
    send_bytes(why, 0, rank_leaving);
}

void leave_ranks(int exit_code) {
    if (!session.started) return;
    if (!session.text_shared) share_text("");
    if (session.at_work > 0 || shards_left_behind()) MPI_Abort(MPI_COMM_WORLD, exit_code);
    MPI_Finalize();
}

}  // namespace stationary
