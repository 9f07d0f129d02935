#!/usr/bin/env python3
"""Runs the engine and its peers side by side on the same work and checks that all give the same covariance.

Writes PREFIX.json and PREFIX.md and prints the latter. Exit codes: 0 done; 1 a covariance is wrong, or a peer failed; 2 bad
usage; 77 no peer could be loaded. bench/peers/README.md says what is compared and how to read it.
"""

import argparse
import datetime
import json
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from comparison import compare  # noqa: E402
from covariance_check import FAMILY_ERROR_RATE, threshold  # noqa: E402
from engine import Engine  # noqa: E402
from machine import ROOT, machine  # noqa: E402
from peers import PEERS  # noqa: E402
from session import PeerFailure, PeerSession  # noqa: E402
from table import tables  # noqa: E402

WORKLOADS = ("langevin_d10", "langevin_d2", "sgd", "sgd_momentum")
# Times the chains that the experiment files ask for.
SCALES = {"tiny": 1 / 128, "small": 1 / 16, "full": 1, "gpu": 32}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cpu", "gpu"), default="cpu")
    parser.add_argument("--program", type=Path, default=ROOT / "build/cpu/bin/stationary", help="the engine")
    parser.add_argument("--straightforward", type=Path, help="the program built from straightforward.cu")
    parser.add_argument("--python", type=Path, help="interpreter with the peers (default: that of build/peers-venv)")
    parser.add_argument("--peers", nargs="+", choices=sorted(PEERS), help="default: all that the device has")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=WORKLOADS)
    parser.add_argument("--scale", choices=sorted(SCALES), help="number of chains (default: full, on a GPU gpu)")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--out", type=Path, help="prefix of the files to write")
    options = parser.parse_args()
    options.scale = options.scale or {"cpu": "full", "gpu": "gpu"}[options.device]
    options.python = options.python or default_python()
    if options.straightforward:
        os.environ["PEER_STRAIGHTFORWARD"] = str(options.straightforward.resolve())
    return options


def default_python():
    installed = ROOT / "build/peers-venv/bin/python"
    return installed if installed.exists() else Path(sys.executable)


def open_sessions(options):
    """Sessions of the peers that can be loaded, what they loaded, and why the others cannot."""
    sessions, loaded, skipped = [], {}, {}
    for name, kind in PEERS.items():
        if options.device not in kind.devices or (options.peers and name not in options.peers):
            continue
        if name == "straightforward_cuda" and not options.straightforward:
            skipped[name] = "no program given with --straightforward"
            continue
        session = PeerSession(name, kind, options.python, options.device)
        try:
            loaded[name] = session.ask(load=True)
            sessions.append((name, kind, session))
        except PeerFailure as failure:
            skipped[name] = str(failure)
            session.close()
    return sessions, loaded, skipped


def results_of(options, engine, sessions, loaded, skipped):
    log = lambda text: print(text, file=sys.stderr, flush=True)  # noqa: E731
    workloads = [compare(name, engine, sessions, SCALES[options.scale], options.repetitions, log)
                 for name in options.workloads]
    results = {
        "schema": 1,
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "command": command(),
        "device": options.device,
        "scale": options.scale,
        "repetitions": options.repetitions,
        "machine": machine(options.device),
        "engine": engine_facts(engine.last_report),
        "python": next(iter(loaded.values()))["python"],
        "loaded": loaded,
        "versions": {name: next(iter(facts["versions"].values())) for name, facts in loaded.items()},
        "skipped": skipped,
        "workloads": workloads,
    }
    return judge(results)


def judge(results):
    """Marks each row as passed or not, at one threshold for all of them."""
    rows = [row for workload in results["workloads"] for row in workload["rows"]]
    results["comparisons"] = sum(row.get("comparisons", 0) for row in rows)
    results["family_error_rate"] = FAMILY_ERROR_RATE
    results["threshold"] = threshold(results["comparisons"])
    for row in rows:
        row["passed"] = not row["failure"] and row["check"]["max_abs_z"] < results["threshold"]
    results["passed"] = all(row["passed"] for row in rows)
    return results


def engine_facts(report):
    program, backend = report["program"], report["backend"]
    return {**program, **backend, "simd_or_device": backend["simd"] if backend["kind"] == "cpu" else backend["device"]}


def command():
    """As it was typed, but with paths seen from the root of the source tree."""
    def relative(word):
        return os.path.relpath(word, ROOT) if os.path.isabs(word) else word

    return " ".join(["bench/peers/run.py", *map(relative, sys.argv[1:])])


def write(prefix, results, text):
    prefix.parent.mkdir(parents=True, exist_ok=True)
    Path(f"{prefix}.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    Path(f"{prefix}.md").write_text(text, encoding="utf-8")


def main():
    options = arguments()
    engine = Engine(options.program, options.device)
    sessions, loaded, skipped = open_sessions(options)
    if not sessions:
        print("no peer can be loaded: " + "; ".join(f"{name}: {why}" for name, why in skipped.items()))
        return 77
    try:
        results = results_of(options, engine, sessions, loaded, skipped)
    finally:
        for _, _, session in sessions:
            session.close()
    text = tables(results)
    if options.out:
        write(options.out, results, text)
    print(text)
    return 0 if results["passed"] else 1


if __name__ == "__main__":
    sys.exit(main())
