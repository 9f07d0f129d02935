#include "bench/budgets/executed_instructions.h"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace stationary::bench {
namespace {

constexpr int cannot_be_traced = 120;
constexpr int work_failed = 121;

/// The child's part: asks to be traced, and marks the beginning and the end of the work by stopping.
[[noreturn]] void run_traced(const std::function<void()>& work) {
    if (ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) _exit(cannot_be_traced);
    std::raise(SIGSTOP);
    try {
        work();
    } catch (...) {
        _exit(work_failed);
    }
    std::raise(SIGSTOP);
    _exit(0);
}

/// Keeps this process, and the child that it makes, on one core: they run in turn, and need not wake another.
class OneCore {
  public:
    OneCore() {
        sched_getaffinity(0, sizeof before_, &before_);
        cpu_set_t here;
        CPU_ZERO(&here);
        CPU_SET(static_cast<unsigned>(sched_getcpu()), &here);
        sched_setaffinity(0, sizeof here, &here);
    }
    OneCore(const OneCore&) = delete;
    OneCore& operator=(const OneCore&) = delete;
    ~OneCore() { sched_setaffinity(0, sizeof before_, &before_); }

  private:
    cpu_set_t before_;
};

class Child {
  public:
    explicit Child(const std::function<void()>& work) : id_(fork()) {
        if (id_ < 0) throw std::runtime_error("counting instructions: no child process");
        if (id_ == 0) run_traced(work);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        kill(id_, SIGKILL);
        waitpid(id_, nullptr, 0);
    }

    /// The signal that the child stops with next.
    [[nodiscard]] int stop_signal() const {
        int status = 0;
        if (waitpid(id_, &status, 0) != id_) throw std::runtime_error("counting instructions: the child is lost");
        if (WIFSTOPPED(status)) return WSTOPSIG(status);
        const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        if (code == cannot_be_traced) throw TracingNotAllowed();
        throw std::runtime_error("counting instructions: the work failed");
    }

    void step() const {
        if (ptrace(PTRACE_SINGLESTEP, id_, nullptr, nullptr) != 0)
            throw std::runtime_error("counting instructions: cannot step");
    }

  private:
    pid_t id_;
};

}  // namespace

std::int64_t executed_instructions(const std::function<void()>& work) {
    const OneCore core;
    const Child child(work);
    if (child.stop_signal() != SIGSTOP) throw std::runtime_error("counting instructions: the child did not start");
    for (std::int64_t count = 0;; ++count) {
        child.step();
        const int signal = child.stop_signal();
        if (signal == SIGSTOP) return count;
        if (signal != SIGTRAP) throw std::runtime_error("counting instructions: the work failed");
    }
}

}  // namespace stationary::bench
