#pragma once

#include "host/base/file_descriptor.h"

#include <string>

namespace stationary {

/// Keeps other writers out of a run directory for as long as it lives: an advisory lock (flock) on DIR/lock, which the
/// system gives back however the process ends. The file itself stays, and says who wrote last.
class DirectoryLock {
  public:
    /// Throws InputError naming the process that holds the lock, FileError if the file cannot be made.
    /// Test: fault_test.cpp, ASecondWriterIsRefusedAndTheFirstGoesOn.
    explicit DirectoryLock(const std::string& directory);

  private:
    FileDescriptor file_;
};

}  // namespace stationary
