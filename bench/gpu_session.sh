#!/usr/bin/env bash
# Everything that needs a GPU, in one go of under 8 minutes, from a build made elsewhere:
#   GPU tests, fingerprints against the CPU's, sanitizers, benchmarks, peers.
# usage: bench/gpu_session.sh BUILD_DIRECTORY OUTPUT_DIRECTORY
#
# Build for it with
#   cmake --preset ci -B build/gpu -DCMAKE_EXE_LINKER_FLAGS="-static-libstdc++ -static-libgcc" && cmake --build build/gpu
# and put what the other machine may lack (libfmt, libtomlplusplus, libgomp: ldd build/gpu/bin/stationary) into build/gpu/lib.
# Every part runs even if one before it fails; the exit code is that of the worst, and summary.txt says what happened.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

build=${1:?usage: bench/gpu_session.sh BUILD_DIRECTORY OUTPUT_DIRECTORY}
out=${2:?usage: bench/gpu_session.sh BUILD_DIRECTORY OUTPUT_DIRECTORY}
mkdir -p "$out"
worst=0

# Seconds that all parts together may take; a part that none are left for counts as timed out.
most_seconds=470

# part NAME SECONDS COMMAND...: runs a command under a time limit, its output in NAME.txt.
part() {
    local name=$1 limit=$2 code=0 left=$((most_seconds - SECONDS))
    shift 2
    if ((left <= 0)); then
        code=124
    else
        timeout "$((left < limit ? left : limit))" bash -c '"$@"' _ "$@" >"$out/$name.txt" 2>&1 || code=$?
    fi
    printf '%-28s exit %d\n' "$name" "$code" | tee -a "$out/summary.txt"
    ((code > worst)) && worst=$code
    return 0
}

# The same experiment on both backends must give the same fingerprint in every cell.
same_fingerprints() {
    local example=$1 backend
    for backend in cpu cuda; do
        "$build/bin/stationary" run "$example" --backend "$backend" --chains 65536 --quiet --json \
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
    "$build/bin/tests_kernels" '--gtest_filter=Gpu*:*/Gpu*' >"$out/gpu_tests_all.txt" || return
    grep --quiet '  PASSED  . [1-9]' "$out/gpu_tests_all.txt" && ! grep --quiet SKIPPED "$out/gpu_tests_all.txt"
}

# A benchmark's results go to NAME.json, what it says on the way to the part's own file. Tables of a million training
# points take the host longer to make than the GPU to use: left out.
gpu_benchmark() {
    "$build/bin/$1" --backend cuda --benchmark_format=json --benchmark_min_time=0.05 --benchmark_filter=-N:1000000 \
        >"$out/$1.json"
}

export -f same_fingerprints gpu_tests gpu_benchmark
export build out LD_LIBRARY_PATH="$build/lib:${LD_LIBRARY_PATH:-}"

{
    date --utc +%Y-%m-%d
    git rev-parse HEAD 2>/dev/null || echo "no commit"
    nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.max.sm --format=csv
} >"$out/machine.txt" 2>&1

part info 30 "$build/bin/stationary" info
part gpu_tests 150 gpu_tests
for example in examples/*.toml; do
    part "fingerprints-$(basename "$example" .toml)" 60 same_fingerprints "$example"
done
for tool in memcheck racecheck initcheck synccheck; do
    part "sanitizer-$tool" 60 compute-sanitizer --tool "$tool" --error-exitcode 9 "$build/bin/stationary" \
        run examples/quadratic.toml --backend cuda --chains 1024 --set ensemble.draws=2 --quiet
done
for benchmark in bench_noise bench_langevin bench_sgd bench_moments bench_run; do
    part "$benchmark" 30 gpu_benchmark "$benchmark"
done
part large_run 60 "$build/bin/stationary" run examples/quadratic.toml --backend cuda --chains 16777216 --quiet --json
# Takes whatever peers the machine's Python has; the others are named in the results.
part peers 150 python3 -B bench/peers/run.py --device gpu --program "$build/bin/stationary" \
    --straightforward "$build/bin/peer_straightforward" --python python3 --workloads langevin_d10 sgd --out "$out/peers-gpu"
exit "$worst"
