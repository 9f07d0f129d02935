"""The engine as one more competitor: runs an experiment file and says what it ran."""

import json
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Engine:
    def __init__(self, program, device):
        self.program = program
        self.backend = {"cpu": "cpu", "gpu": "cuda"}[device]
        self.last_report = None

    def run(self, experiment, seed, chains=None):
        """The report of a run of one cell. Raises RuntimeError if the engine refuses or fails."""
        command = [str(self.program), "run", str(experiment), "--json", "--quiet", "--backend", self.backend]
        command += ["--seed", str(seed)] + (["--chains", str(chains)] if chains else [])
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        if finished.returncode != 0:
            raise RuntimeError(f"the engine failed on {experiment.name}: {finished.stderr.strip()}")
        report = json.loads(finished.stdout)
        if len(report["cells"]) != 1:
            raise RuntimeError(f"{experiment.name} has {len(report['cells'])} cells; a peer workload has one")
        self.last_report = report
        return report


def experiment_file(workload):
    return HERE / f"{workload}.toml"


def asked_chains(experiment):
    """The number of chains in an experiment file. The rest of the file is read by the engine alone."""
    for line in experiment.read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition("=")
        if key.strip() == "chains":
            return int(value.split("#")[0])
    raise ValueError(f"{experiment.name} names no number of chains")


def exact_law(cell):
    """The prediction that holds exactly at the finite learning rate."""
    return next(law for law in cell["predictions"] if law["exact"])


def document(report, experiment):
    """What a peer needs to know of a run: model and cell as the engine printed them, and where the data is."""
    cell, model = report["cells"][0], report["experiment"]["model"]
    names = ("dynamics", "update", "sampling", "learning_rate", "batch_size", "momentum", "dampening", "time_step",
             "dimension", "chains", "burn_in", "draws")
    return {
        "model": model,
        "cell": {name: cell.get(name) for name in names},
        "data": str((experiment.parent / model["data"]).resolve()) if "data" in model else None,
        "exact_covariance": exact_law(cell)["covariance"],
    }
