#include "host/base/directory_lock.h"

#include "host/base/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>

namespace stationary {
namespace {

std::string this_process() {
    std::array<char, 256> host{};
    if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
    return fmt::format("process {} on {}", getpid(), host.data());
}

[[noreturn]] void refuse(const std::string& directory, const std::string& path) {
    const std::string holder = file_contents(path);
    throw InputError(fmt::format("{} is locked: {} writes there; wait for it to end, or choose another --out",
                                 directory, holder.empty() ? "another process" : holder.substr(0, holder.find('\n'))));
}

}  // namespace

DirectoryLock::DirectoryLock(const std::string& directory) {
    const std::string path = (std::filesystem::path(directory) / "lock").string();
    file_ = FileDescriptor(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!file_) throw_file_error("write", path);
    if (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) refuse(directory, path);
        throw_file_error("lock", path);
    }
    // Only a note for whoever is refused: what cannot be written is no reason to stop.
    const std::string note = this_process() + '\n';
    if (ftruncate(file_.get(), 0) == 0) static_cast<void>(!pwrite(file_.get(), note.data(), note.size(), 0));
}

}  // namespace stationary
