#!/usr/bin/env bash
# Everything that needs a GPU, in one go of under 8 minutes, from a build made elsewhere; the most telling first:
# fingerprints of the examples against the CPU's, benchmarks, GPU tests, profiler figures, sanitizers (each of which must
# first find a planted error), peers.
#
# usage: bench/gpu_session.sh --prepare BUILD_DIRECTORY             on the machine that builds
#        bench/gpu_session.sh BUILD_DIRECTORY OUTPUT_DIRECTORY      on the machine with the GPU
#        bench/gpu_session.sh --emulated BUILD_DIRECTORY OUTPUT_DIRECTORY   a small rehearsal without a GPU (docs/testing_without_a_gpu.md)
#        bench/gpu_session.sh --plan       the parts and their time limits, which add up to no more than 480 seconds
#
# Build for it with
#   cmake --preset ci -B build/gpu -DSTATIONARY_CUDA_RUNTIME=Static -DCMAKE_EXE_LINKER_FLAGS="-static-libstdc++ -static-libgcc"
#   cmake --build build/gpu && bench/gpu_session.sh --prepare build/gpu
# which leaves the CPU's results in build/gpu/session, and in build/gpu/lib what the other machine may lack. There, in the
# root of the source tree:
#   bench/gpu_session.sh build/gpu bench/results/h200
# Every part runs even if one before it fails, until 480 seconds are over; the exit code is that of the worst, and
# OUTPUT_DIRECTORY/summary.txt says what happened, line by line as it happens. Each part's own output is in NAME.txt, figures
# in NAME.json or NAME.csv. PYTHON is the interpreter with the peers: python3.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

usage() {
    sed -n 's/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed -n '/^usage/,/^$/p' >&2
    exit 2
}

most_seconds=480 planned=0 worst=0 mode=real
case ${1:-} in
    --plan) mode=plan build=BUILD out=OUT ;;
    --prepare) mode=prepare build=${2:-} out=${2:-} && shift ;;
    --emulated) mode=emulated build=${2:-} out=${3:-} && shift ;;
    -*) usage ;;
    *) build=${1:-} out=${2:-} ;;
esac
[[ -n "$build" && -n "$out" ]] || usage
if [[ $mode != plan ]]; then
    build=$(cd "$build" && pwd) || exit 2
    mkdir -p "$out" && out=$(cd "$out" && pwd) || exit 2
fi

# The chains of an example: all of them for the README's table, which anybody can compare with.
chains_of() {
    if [[ $mode == emulated ]]; then
        echo "--chains=64 --set ensemble.burn_in=24 --set ensemble.stride=24 --set ensemble.draws=2 --set sweep.epoch_position=[0]"
    elif [[ $1 != diabetes ]]; then
        echo --chains=16384
    fi
}

# results_of BACKEND EXAMPLE: the JSON of a run. The emulated one is short, so that every verdict is empty talk.
results_of() {
    local options
    read -ra options <<<"$(chains_of "$2")"
    "$build/bin/stationary" run "examples/$2.toml" --backend "$1" "${options[@]}" --quiet --json
}

examples=()
for example in diabetes $(cd examples && ls -- *.toml); do
    [[ ${#examples[@]} -gt 0 && ${example%.toml} == diabetes ]] || examples+=("${example%.toml}")
done

if [[ $mode == prepare ]]; then
    mkdir -p "$build/session" "$build/lib"
    for example in "${examples[@]}"; do
        results_of cpu "$example" >"$build/session/$example-cpu.json" || exit
        echo "$example: $(grep --count '"fingerprint"' "$build/session/$example-cpu.json") cells"
    done
    ldd "$build/bin/stationary" "$build/bin/bench_run" | grep --only-matching '/[^ ]*/lib\(fmt\|tomlplusplus\|gomp\|mpi\|open-\|hwloc\|event\|benchmark\|z\.\)[^ ]*' |
        sort --unique | xargs --no-run-if-empty cp --dereference --target-directory="$build/lib"
    exit
fi

# part NAME SECONDS COMMAND...: runs a command under a time limit, its output in NAME.txt; or only says that it would.
part() {
    local name=$1 limit=$2 code=0 left=$((most_seconds - SECONDS)) start=$SECONDS
    shift 2
    if [[ $mode == plan ]]; then
        planned=$((planned + limit))
        printf '%-28s %4d s\n' "$name" "$limit"
        return
    fi
    if [[ $mode == emulated ]]; then limit=600 left=600; fi
    if ((left <= 0)); then
        code=124
    else
        timeout "$((left < limit ? left : limit))" bash -c '"$@"' _ "$@" >"$out/$name.txt" 2>&1 || code=$?
    fi
    printf '%-28s exit %-3d %4d s\n' "$name" "$code" "$((SECONDS - start))" | tee -a "$out/summary.txt"
    ((code > worst)) && worst=$code
    return 0
}

machine() {
    date --utc +%Y-%m-%d
    git rev-parse HEAD 2>/dev/null || echo "no commit"
    nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.max.sm,power.limit --format=csv && "$build/bin/stationary" info
}

# The same experiment on both backends must give the same fingerprint in every cell. The CPU's are those of --prepare,
# if there are any.
same_fingerprints() {
    local cpu="$build/session/$1-cpu.json"
    if [[ $mode == emulated || ! -s $cpu ]]; then
        cpu="$out/$1-cpu.json"
        results_of cpu "$1" >"$cpu" || (($? == 3)) || return 1
    fi
    results_of cuda "$1" >"$out/$1-cuda.json" || (($? == 3)) || return 1
    python3 bench/gpu/compare_fingerprints "$cpu" "$out/$1-cuda.json"
}

# A skipped GPU test has shown nothing.
gpu_tests() {
    local filter="Gpu*:*/Gpu*" all_words=
    if [[ $mode == emulated ]]; then filter="*GpuBackend*d3_*" all_words="-*every_word:*sees_wrong_roots"; fi
    {
        "$build/bin/tests_kernels" "--gtest_filter=$filter" && "$build/bin/tests_cuda" "--gtest_filter=*$all_words"
    } >"$out/gpu_tests_all.txt" || return
    grep --quiet '  PASSED  . [1-9]' "$out/gpu_tests_all.txt" && ! grep --quiet SKIPPED "$out/gpu_tests_all.txt"
}

# A tool that does not see the error planted for it would not see ours.
sees_planted_error() {
    local code=0
    compute-sanitizer --tool "$1" --error-exitcode 9 "$build/bin/planted_errors" "$1" || code=$?
    [[ $code == 9 ]] && return 0
    echo "$1 did not report the planted error: exit $code"
    return 1
}

# sanitized_run TOOL DIMENSION: Langevin and SGD with momentum; 36 and 64 parameters are a warp's work.
sanitized_run() {
    local diagonal
    diagonal=$(seq --separator=, "$2" | sed 's/[0-9]\+/1/g')
    printf '%s\n' '[model]' 'kind = "quadratic"' "hessian = { diagonal = [$diagonal] }" \
        "gradient_noise_covariance = { diagonal = [$diagonal] }" '[sweep]' 'dynamics = ["langevin", "sgd"]' 'eta0 = 0.1' \
        'momentum = [0.5]' 'update = ["nesterov"]' '[ensemble]' 'chains = 128' 'draws = 2' 'burn_in = 4' 'stride = 2' |
        compute-sanitizer --tool "$1" --error-exitcode 9 "$build/bin/stationary" run - --backend cuda --quiet
}

# What the pipes do in one launch of a kernel, some launches in: issue slots, arithmetic pipes, occupancy, local memory.
profiled() {
    local metrics=sm__inst_issued.avg.pct_of_peak_sustained_active pipe
    for pipe in alu fma xu fp64 lsu; do metrics+=,sm__inst_executed_pipe_$pipe.avg.pct_of_peak_sustained_active; done
    metrics+=,sm__warps_active.avg.pct_of_peak_sustained_active,smsp__inst_executed.sum,gpu__time_duration.sum
    metrics+=,smsp__inst_executed_op_local_ld.sum,smsp__inst_executed_op_local_st.sum,sm__cycles_elapsed.max
    ncu --csv --launch-skip 2 --launch-count 1 --metrics "$metrics" --log-file "$out/$1.csv" \
        "$build/bin/$2" --backend cuda --profile --benchmark_filter="$3" ${small:+"$small"}
}

# gpu_benchmark NAME BENCHMARK OPTIONS...: results go to NAME.json, what it says on the way to the part's own file. Tables
# of a million training points take the host longer to make than the GPU to use: left out.
gpu_benchmark() {
    "$build/bin/$2" --backend cuda --benchmark_format=json --benchmark_min_time=0.05 --benchmark_filter=-N:1000000 \
        ${small:+"$small"} "${@:3}" >"$out/$1.json"
}

# Without a GPU: the emulator, of whose checks each stands in for a tool of compute-sanitizer; the profiler only starts its
# program; work is small.
small=
if [[ $mode == emulated ]]; then
    export CUDA_EMULATOR_LIBRARY="$build/cuda_emulator" CUDA_EMULATOR_CHECK=none
    export LD_LIBRARY_PATH="$CUDA_EMULATOR_LIBRARY:${LD_LIBRARY_PATH:-}"
    small=--log2_work=10
    nvidia-smi() { echo "no GPU: emulated"; }
    compute-sanitizer() {
        local check=${2%check}
        CUDA_EMULATOR_CHECK=${check/mem/memory} "${@:5}"
    }
    ncu() {
        while [[ $1 != "$build"/* ]]; do shift; done
        "$@"
    }
    export -f nvidia-smi compute-sanitizer ncu
fi
export -f machine chains_of results_of same_fingerprints gpu_tests sees_planted_error sanitized_run profiled gpu_benchmark
export mode build out small LD_LIBRARY_PATH="$build/lib:${LD_LIBRARY_PATH:-}"
if [[ $mode != plan ]]; then : >"$out/summary.txt"; fi

part machine 6 machine
for example in "${examples[@]}"; do part "fingerprints-$example" 8 same_fingerprints "$example"; done
for benchmark in bench_langevin bench_sgd; do part "$benchmark" 30 gpu_benchmark "$benchmark" "$benchmark"; done
part gpu_tests 80 gpu_tests
part ncu-langevin_d1 12 profiled ncu-langevin_d1 bench_langevin '^langevin/d:1/'
part ncu-langevin_d8 12 profiled ncu-langevin_d8 bench_langevin '^langevin/d:8/'
part ncu-least_squares_d10 12 profiled ncu-least_squares_d10 bench_sgd '^least_squares/d:10/N:442/B:8/mu:0/'
for tool in memcheck racecheck initcheck synccheck; do
    part "planted-$tool" 5 sees_planted_error "$tool"
    for dimension in 2 36 64; do part "sanitizer-$tool-d$dimension" 7 sanitized_run "$tool" "$dimension"; done
done
part pipe_probe 5 "$build/bin/pipe_probe"
for benchmark in bench_noise bench_moments bench_run; do part "$benchmark" 14 gpu_benchmark "$benchmark" "$benchmark"; done
# What overlapping cells on streams gains: bench_run's rows of small cells again, one after the other.
part bench_run_one_stream 8 gpu_benchmark bench_run_one_stream bench_run --streams=1 --benchmark_filter='^small_cells'
part large_run 10 "$build/bin/stationary" run examples/quadratic.toml --backend cuda --quiet --json \
    --chains "$([[ $mode == emulated ]] && echo 256 || echo 16777216)"
# Takes whatever peers the machine's Python has; the others are named in the results.
part peers 40 "${PYTHON:-python3}" -B bench/peers/run.py --device gpu --program "$build/bin/stationary" \
    --straightforward "$build/bin/peer_straightforward" --python "${PYTHON:-python3}" --workloads langevin_d10 --out "$out/peers-gpu" \
    --scale "$([[ $mode == emulated ]] && echo tiny || echo gpu)"

if [[ $mode == plan ]]; then
    printf '%-28s %4d s of %d\n' "all" "$planned" "$most_seconds"
    ((planned <= most_seconds))
    exit
fi
exit "$worst"
