"""The straightforward CUDA kernel, straightforward.cu: a curandState per thread, curand_normal per draw, default flags.

It runs as a program of its own; its time is that of the simulation kernel between two CUDA events. The kernel that fills
the curandStates is not counted.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from peer import Peer


class CudaPeer(Peer):
    def __init__(self, workload, device):
        super().__init__(workload, device)
        self.program = os.environ["PEER_STRAIGHTFORWARD"]
        self.folder = tempfile.TemporaryDirectory()
        self.model = Path(self.folder.name) / "model.txt"
        self.model.write_text(model_text(workload), encoding="ascii")

    def timed(self, seed):
        states = Path(self.folder.name) / "states.float32"
        finished = subprocess.run([self.program, str(self.model), str(states), str(seed)], capture_output=True,
                                  text=True, check=False)
        if finished.returncode != 0:
            raise RuntimeError(finished.stderr.strip() or f"exit code {finished.returncode}")
        values = np.fromfile(states, np.float32).reshape(self.workload.chains, self.workload.dimension)
        return json.loads(finished.stdout)["seconds"], values


def model_text(w):
    """Words in the order in which straightforward.cu reads them."""
    head = [w.dynamics, w.dimension, w.chains, w.steps]
    if w.dynamics == "langevin":
        return words(head, [w.step_size], w.hessian, w.noise_factor)
    return words(head, [w.training_points, w.batch_size, w.learning_rate, w.momentum, w.ridge], w.minimizer,
                 w.features, w.targets)


def words(*groups):
    flat = [group.ravel().tolist() if isinstance(group, np.ndarray) else group for group in groups]
    return "\n".join(" ".join(map(str, group)) for group in flat) + "\n"
