#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

/// Tests that run the built program.
namespace stationary {

using Json = nlohmann::json;
namespace fs = std::filesystem;

inline const char* const small_experiment = R"(title = "small"
[model]
kind = "quadratic"
hessian = [[2.0, 0.3], [0.3, 1.0]]
gradient_noise_covariance = [[1.0, 0.2], [0.2, 0.5]]
[sweep]
dynamics = ["langevin", "sgd"]
eta0 = [0.02]
batch_size = [1, 16]
[ensemble]
chains = 4096
draws = 2
)";

struct Outcome {
    int exit_code = -1;
    std::string output;
    std::string errors;
};

/// Variables of a program's environment, beside those of the tests themselves.
using Environment = std::map<std::string, std::string>;

inline std::string contents(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline std::int64_t lines_in(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }
inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Runs the built program in a directory of its own.
class Program : public testing::Test {
  protected:
    Program() {
        std::string pattern = (fs::temp_directory_path() / "stationary_program_XXXXXX").string();
        directory_ = mkdtemp(pattern.data());
        write("small.toml", small_experiment);
    }
    ~Program() override { fs::remove_all(directory_); }

    void write(const std::string& name, const std::string& text) const { std::ofstream(directory_ / name) << text; }

    /// Standard output and error apart; `before` is shell text in front of the program's name.
    [[nodiscard]] Outcome run(const std::string& arguments, const std::string& before = "") const {
        const std::string command = "cd '" + directory_.string() + "' && " + before + " '" + STATIONARY_PROGRAM + "' " +
                                    arguments + " 2>errors.txt";
        Outcome outcome;
        FILE* pipe = popen(command.c_str(), "r");
        char buffer[4096];
        for (std::size_t got = 0; (got = fread(buffer, 1, sizeof buffer, pipe)) > 0;)
            outcome.output.append(buffer, got);
        const int status = pclose(pipe);
        outcome.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        outcome.errors = contents(directory_ / "errors.txt");
        return outcome;
    }

    /// The fingerprints of all cells of a results document.
    [[nodiscard]] static Json fingerprints(const Json& results) {
        Json list = Json::array();
        for (const Json& cell : results["cells"]) list.push_back(cell["fingerprint"]);
        return list;
    }
    [[nodiscard]] Json results_in(const std::string& name) const {
        return Json::parse(contents(directory_ / name / "results.json"));
    }

    [[nodiscard]] Json run_json(const std::string& arguments, const std::string& before = "") const {
        const Outcome outcome = run(arguments, before);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.errors;
        return Json::parse(outcome.output);
    }

    /// Starts the program and returns at once; its output is thrown away.
    [[nodiscard]] pid_t start(const std::vector<std::string>& arguments, const Environment& environment = {}) const {
        const pid_t child = fork();
        if (child != 0) return child;
        for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
        std::vector<char*> words{const_cast<char*>(STATIONARY_PROGRAM)};
        for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
        words.push_back(nullptr);
        const int nowhere = open("/dev/null", O_RDWR);
        for (const int stream : {0, 1, 2}) dup2(nowhere, stream);
        if (chdir(directory_.c_str()) != 0) _exit(127);
        execv(words[0], words.data());
        _exit(127);
    }

    /// The exit code of a started program, 128 and the signal if it was killed.
    static int wait_for(pid_t child) {
        int status = 0;
        waitpid(child, &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

    void expect_refused(const std::string& arguments, int exit_code, const std::string& message) const {
        const Outcome outcome = run(arguments);
        EXPECT_EQ(outcome.exit_code, exit_code) << arguments << '\n' << outcome.errors;
        EXPECT_EQ(outcome.output, "") << arguments;
        EXPECT_EQ(lines_in(outcome.errors), 1) << arguments << '\n' << outcome.errors;
        EXPECT_EQ(outcome.errors.rfind("stationary: ", 0), 0u) << outcome.errors;
        EXPECT_TRUE(contains(outcome.errors, message)) << outcome.errors;
    }

    fs::path directory_;
};

}  // namespace stationary
