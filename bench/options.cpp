#include "bench/options.h"

#include "host/base/error.h"

#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

namespace stationary::bench {
namespace {

using Argument = std::string_view;

[[noreturn]] void refuse(Argument name, Argument value, const char* expected) {
    throw InputError(std::string(name) + ": expected " + expected + ", not '" + std::string(value) + "'");
}

/// The value that a name stands for in a list of choices.
template <class Choice>
Choice choose(Argument name, Argument value, const char* expected,
              const std::vector<std::pair<Argument, Choice>>& choices) {
    for (const auto& [text, choice] : choices) {
        if (value == text) return choice;
    }
    refuse(name, value, expected);
}

int number_between(int least, int most, Argument name, Argument value, const char* expected) {
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < least || number > most) {
        refuse(name, value, expected);
    }
    return number;
}

bool takes_value(Argument name) {
    return name == "--backend" || name == "--simd" || name == "--threads" || name == "--streams" ||
           name == "--precision" || name == "--log2_work";
}

void set_option(BenchOptions& options, Argument name, Argument value) {
    if (name == "--threads") {
        options.backend.threads = number_between(1, 4096, name, value, "a number of threads from 1 to 4096");
    } else if (name == "--streams") {
        options.backend.streams = number_between(1, 64, name, value, "a number of streams from 1 to 64");
    } else if (name == "--log2_work") {
        options.log2_work = number_between(10, 40, name, value, "a number from 10 to 40");
    } else if (name == "--backend") {
        options.backend.choice = choose<BackendChoice>(name, value, "cpu or cuda",
                                                       {{"cpu", BackendChoice::cpu}, {"cuda", BackendChoice::cuda}});
    } else if (name == "--simd") {
        options.backend.simd = choose<SimdLevel>(
            name, value, "generic, avx2 or avx512",
            {{"generic", SimdLevel::generic}, {"avx2", SimdLevel::avx2}, {"avx512", SimdLevel::avx512}});
    } else {
        options.precision =
            choose<Precision>(name, value, "float or double",
                              {{"float", Precision::single_precision}, {"double", Precision::double_precision}});
    }
}

}  // namespace

BenchOptions take_options(int& count, char** arguments) {
    BenchOptions options;
    int kept = 1;
    for (int i = 1; i < count; ++i) {
        const Argument argument = arguments[i];
        const std::size_t equals = argument.find('=');
        const Argument name = argument.substr(0, equals);
        if (argument == "--profile") {
            options.style = RunStyle::profile;
        } else if (!takes_value(name)) {
            arguments[kept++] = arguments[i];
        } else if (equals != Argument::npos) {
            set_option(options, name, argument.substr(equals + 1));
        } else if (i + 1 < count) {
            set_option(options, name, arguments[++i]);
        } else {
            refuse(name, "", "a value");
        }
    }
    if (kept < count) arguments[kept] = nullptr;
    count = kept;
    return options;
}

std::string options_help() {
    return "          [--backend={cpu|cuda}]            default cpu\n"
           "          [--simd={generic|avx2|avx512}]    cpu: default the best that this processor runs\n"
           "          [--threads=<count>]               cpu: default 1\n"
           "          [--streams=<count>]               cuda: cells and shards at once on each GPU; default 8\n"
           "          [--precision={float|double}]      of the state; default float\n"
           "          [--log2_work=<exponent>]          a pass makes 2^exponent numbers; default 24 a thread, 33 on a "
           "GPU\n"
           "          [--profile]                       each benchmark exactly once, no ceiling: for profilers\n";
}

}  // namespace stationary::bench
