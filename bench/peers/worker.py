"""The process of one peer: reads requests, a JSON document a line, and answers each with one.

{"load": true} → versions; {"prepare": document} → the warm-up's seconds; {"simulate": seed} → seconds and final moments.
usage: worker.py PEER DEVICE
"""

import importlib.metadata
import json
import os
import sys
import time

from peers import PEERS


class Worker:
    def __init__(self, name, device):
        self.kind = PEERS[name]
        self.device = device
        self.peer = None
        self.exact_covariance = None

    def load(self, _):
        self.kind.load()
        return {"versions": {package: version(package) for package in self.kind.packages}, "blas": blas(),
                "python": sys.version.split()[0]}

    def prepare(self, document):
        """Compiles and warms up: one whole simulation, so that nothing is done for the first time in a timed one."""
        from workload import read_workload

        start = time.perf_counter()
        self.exact_covariance = document["exact_covariance"]
        self.peer = None  # frees the memory of the workload before
        self.peer = self.kind.load()(read_workload(document), self.device, **self.kind.arguments)
        self.peer.timed(0)
        return {"warm_up_seconds": time.perf_counter() - start}

    def simulate(self, seed):
        from final_moments import final_moments

        seconds, states = self.peer.timed(seed)
        return {"seconds": seconds, "moments": final_moments(states, self.exact_covariance)}


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def blas():
    """The BLAS kernels at work in this process, e.g. "openblas SkylakeX 0.3.31"; null without threadpoolctl."""
    try:
        import threadpoolctl
    except ImportError:
        return None
    found = [i for i in threadpoolctl.threadpool_info() if i["user_api"] == "blas"]
    return [" ".join(str(i.get(k)) for k in ("internal_api", "architecture", "version")) for i in found]


def answer(worker, request):
    (name, argument), = request.items()
    try:
        return getattr(worker, name)(argument)
    except Exception as error:  # whatever goes wrong in a peer is reported, and the other peers go on
        return {"failure": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}


def main():
    # Libraries may print; the answers have a channel that is theirs alone.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(*sys.argv[1:])
    for line in sys.stdin:
        print(json.dumps(answer(worker, json.loads(line))), file=channel, flush=True)


if __name__ == "__main__":
    main()
