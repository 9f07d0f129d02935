#!/usr/bin/env bash
# Everything that needs a GPU, in one go of under 8 minutes, from a build made elsewhere: GPU tests, fingerprints against the
# CPU's, sanitizers (each of which must first find a planted error), pipe rates, profiler figures, benchmarks, peers.
#
# usage: bench/gpu_session.sh BUILD_DIRECTORY OUTPUT_DIRECTORY
#        bench/gpu_session.sh --plan       the parts and their time limits, which add up to no more than 480 seconds
#
# Build for it, on the machine that has the compiler, with
#   cmake --preset ci -B build/gpu -DCMAKE_EXE_LINKER_FLAGS="-static-libstdc++ -static-libgcc" && cmake --build build/gpu
# and put what the other machine may lack (libfmt, libtomlplusplus, libgomp: ldd build/gpu/bin/stationary) into build/gpu/lib.
# Then, on the machine with the GPU, in the root of the source tree:
#   bench/gpu_session.sh build/gpu bench/results/h100
# Every part runs even if one before it fails, until 480 seconds are over; the exit code is that of the worst, and
# OUTPUT_DIRECTORY/summary.txt says what happened. Each part's own output is in NAME.txt, figures in NAME.json or NAME.csv.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

most_seconds=480
usage='usage: bench/gpu_session.sh BUILD_DIRECTORY OUTPUT_DIRECTORY | --plan'
plan=false planned=0 worst=0
if [[ "${1:-}" == --plan ]]; then
    plan=true build=BUILD out=OUT
else
    build=${1:?$usage}
    out=${2:?$usage}
    mkdir -p "$out"
    : >"$out/summary.txt"
fi

# part NAME SECONDS COMMAND...: runs a command under a time limit, its output in NAME.txt; or only says that it would.
part() {
    local name=$1 limit=$2 code=0 left=$((most_seconds - SECONDS))
    shift 2
    if $plan; then
        planned=$((planned + limit))
        printf '%-28s %4d s\n' "$name" "$limit"
        return
    fi
    if ((left <= 0)); then
        code=124
    else
        timeout "$((left < limit ? left : limit))" bash -c '"$@"' _ "$@" >"$out/$name.txt" 2>&1 || code=$?
    fi
    printf '%-28s exit %d\n' "$name" "$code" | tee -a "$out/summary.txt"
    ((code > worst)) && worst=$code
    return 0
}

machine() {
    date --utc +%Y-%m-%d
    git rev-parse HEAD 2>/dev/null || echo "no commit"
    nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.max.sm,power.limit --format=csv && "$build/bin/stationary" info
}

# The same experiment on both backends must give the same fingerprint in every cell.
same_fingerprints() {
    local example=$1 backend
    for backend in cpu cuda; do
        "$build/bin/stationary" run "$example" --backend "$backend" --chains 16384 --quiet --json \
            >"$out/$(basename "$example" .toml)-$backend.json" || return
    done
    python3 - "$out/$(basename "$example" .toml)-cpu.json" "$out/$(basename "$example" .toml)-cuda.json" <<'PYTHON'
import json, sys
cpu, cuda = (json.load(open(name))["cells"] for name in sys.argv[1:])
bad = [(a["index"], a["fingerprint"], b["fingerprint"]) for a, b in zip(cpu, cuda) if a["fingerprint"] != b["fingerprint"]]
print(f"{len(cpu)} cells, {len(bad)} with different fingerprints", *bad, sep="\n")
for a, b in zip(cpu, cuda):
    print(a["dynamics"], a["batch_size"], f'{a["component_steps_per_second"]:.3g} cpu, {b["component_steps_per_second"]:.3g} cuda')
sys.exit(bool(bad) or len(cpu) != len(cuda))
PYTHON
}

# A skipped GPU test has shown nothing.
gpu_tests() {
    {
        "$build/bin/tests_kernels" "--gtest_filter=Gpu*:*/Gpu*" && "$build/bin/tests_cuda"
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

sanitized_run() {
    compute-sanitizer --tool "$1" --error-exitcode 9 "$build/bin/stationary" run examples/quadratic.toml \
        --backend cuda --chains 1024 --set ensemble.draws=2 --quiet
}

# What the pipes do in one launch of a kernel, some launches in: issue slots, arithmetic pipes, occupancy, local memory.
profiled() {
    local metrics=sm__inst_issued.avg.pct_of_peak_sustained_active pipe
    for pipe in alu fma xu fp64 lsu; do metrics+=,sm__inst_executed_pipe_$pipe.avg.pct_of_peak_sustained_active; done
    metrics+=,sm__warps_active.avg.pct_of_peak_sustained_active,smsp__inst_executed.sum,gpu__time_duration.sum
    metrics+=,smsp__inst_executed_op_local_ld.sum,smsp__inst_executed_op_local_st.sum,sm__cycles_elapsed.max
    ncu --csv --launch-skip 2 --launch-count 1 --metrics "$metrics" --log-file "$out/$1.csv" \
        "$build/bin/$2" --backend cuda --profile --benchmark_filter="$3"
}

# gpu_benchmark NAME BENCHMARK OPTIONS...: results go to NAME.json, what it says on the way to the part's own file. Tables
# of a million training points take the host longer to make than the GPU to use: left out.
gpu_benchmark() {
    "$build/bin/$2" --backend cuda --benchmark_format=json --benchmark_min_time=0.05 --benchmark_filter=-N:1000000 \
        "${@:3}" >"$out/$1.json"
}

export -f machine same_fingerprints gpu_tests sees_planted_error sanitized_run profiled gpu_benchmark
export build out LD_LIBRARY_PATH="$build/lib:${LD_LIBRARY_PATH:-}"

part machine 10 machine
part gpu_tests 70 gpu_tests
for example in examples/*.toml; do
    part "fingerprints-$(basename "$example" .toml)" 9 same_fingerprints "$example"
done
for tool in memcheck racecheck initcheck synccheck; do
    part "planted-$tool" 6 sees_planted_error "$tool"
    part "sanitizer-$tool" 13 sanitized_run "$tool"
done
part pipe_probe 6 "$build/bin/pipe_probe"
part ncu-langevin_d1 12 profiled ncu-langevin_d1 bench_langevin '^langevin/d:1/'
part ncu-langevin_d8 12 profiled ncu-langevin_d8 bench_langevin '^langevin/d:8/'
part ncu-least_squares_d10 12 profiled ncu-least_squares_d10 bench_sgd '^least_squares/d:10/N:442/B:8/mu:0/'
for benchmark in bench_noise bench_langevin bench_sgd bench_moments bench_run; do
    part "$benchmark" 20 gpu_benchmark "$benchmark" "$benchmark"
done
# What overlapping cells on streams gains: bench_run's rows of small cells again, one after the other.
part bench_run_one_stream 10 gpu_benchmark bench_run_one_stream bench_run --streams=1 --benchmark_filter='^small_cells'
part large_run 20 "$build/bin/stationary" run examples/quadratic.toml --backend cuda --chains 16777216 --quiet --json
# Takes whatever peers the machine's Python has; the others are named in the results.
part peers 50 python3 -B bench/peers/run.py --device gpu --program "$build/bin/stationary" \
    --straightforward "$build/bin/peer_straightforward" --python python3 --workloads langevin_d10 --out "$out/peers-gpu"

if $plan; then
    printf '%-28s %4d s of %d\n' "all" "$planned" "$most_seconds"
    ((planned <= most_seconds))
    exit
fi
exit "$worst"
