"""What the results were measured on."""

import os
import platform
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def machine(device):
    facts = {"processor": processor(), "cores": len(os.sched_getaffinity(0)), "os": operating_system(),
             "kernel": platform.release(), "commit": commit()}
    if device == "gpu":
        facts["gpu"] = output("nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader")
    return facts


def processor():
    for line in read("/proc/cpuinfo").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def operating_system():
    for line in read("/etc/os-release").splitlines():
        if line.startswith("PRETTY_NAME="):
            return line.partition("=")[2].strip('"')
    return platform.system()


def commit():
    """The commit of the scripts, with a + if tracked files differ from it."""
    name = output("git", "-C", str(ROOT), "rev-parse", "--short=12", "HEAD") or "unknown"
    changed = output("git", "-C", str(ROOT), "status", "--porcelain", "--untracked-files=no")
    return name + ("+" if changed else "")


def output(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def read(path):
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError:
        return ""
