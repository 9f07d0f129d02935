"""A peer in a process of its own, kept alive from its first compilation to its last repetition."""

import json
import os
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
# They force an older kernel on NumPy's OpenBLAS where they are set.
UNSET = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")


class PeerFailure(RuntimeError):
    """The peer cannot be imported, cannot simulate the workload, or died."""


class PeerSession:
    def __init__(self, name, kind, python, device):
        environment = {key: value for key, value in os.environ.items() if key not in UNSET}
        # Several processes share a GPU, so JAX may not take all of its memory at the start.
        environment.update(PEER_DEVICE=device, XLA_PYTHON_CLIENT_PREALLOCATE="false", PYTHONDONTWRITEBYTECODE="1")
        environment.update(kind.environment)
        self.name = name
        self.process = subprocess.Popen([str(python), "-B", str(HERE / "worker.py"), name, device], env=environment,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **request):
        """Sends one request and waits for its answer."""
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise PeerFailure(f"{self.name} ended with exit code {self.process.wait()}")
        answer = json.loads(line)
        if "failure" in answer:
            raise PeerFailure(answer["failure"])
        return answer

    def close(self):
        if self.process.poll() is None:
            self.process.stdin.close()
            self.process.wait()
