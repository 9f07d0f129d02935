"""PyTorch, eager: preallocated buffers, arrays [d, chains] in blocks that stay in the cache.

Tried on the CPU, CPU time for the same work relative to the choice made here (d = 10):
- one PyTorch thread for each of two Python threads over blocks 1; `set_num_threads(2)` leaves `normal_` on one core, and its
  products spend their time on waking threads;
- Langevin with `torch.mm(out=)` and `addmm_` on [d, chains] 1, on [chains, d] 1.2; blocks of 1,024 or 2,048 chains 1.3, of
  4,096 1, of 8,192 1.1;
- SGD with training points as columns [d, B, chains] 1, as rows [chains, B, d] 1.8 (sums over short axes); bmm, einsum 1.8.
"""

from concurrent.futures import ThreadPoolExecutor

import torch

from peer import Peer, blocks, cores


class TorchPeer(Peer):
    """Chains in blocks; on the CPU a thread for each core works on blocks, on a GPU all chains are one block."""

    chains_per_block = {"langevin": 4096, "sgd": 2048}

    def __init__(self, workload, device):
        super().__init__(workload, device)
        self.torch_device = torch.device("cuda" if device == "gpu" else "cpu")
        self.pool = ThreadPoolExecutor(1 if device == "gpu" else cores())
        size = workload.chains if device == "gpu" else min(self.chains_per_block[workload.dynamics], -(-workload.chains // cores()))
        self.ranges = blocks(workload.chains, size)
        torch.set_num_threads(1)
        self.simulate_block = {"langevin": self._langevin, "sgd": self._sgd}[workload.dynamics]
        self.prepare()

    def prepare(self):
        """Puts the workload's arrays on the device."""
        w = self.workload
        if w.dynamics == "langevin":
            self.step_matrix, self.noise_factor = self.tensor(w.step_matrix), self.tensor(w.noise_factor)
        else:
            self.features, self.targets = self.tensor(w.features.T).contiguous(), self.tensor(w.targets)
            self.minimizer = self.tensor(w.minimizer)

    def tensor(self, array):
        return torch.tensor(array, dtype=torch.float32, device=self.torch_device)

    def empty(self, *shape):
        return torch.empty(shape, dtype=torch.float32, device=self.torch_device)

    def simulate(self, seed):
        states = self.empty(self.workload.dimension, self.workload.chains)

        def run(number):
            chains = self.ranges[number]
            generator = torch.Generator(self.torch_device).manual_seed(seed * len(self.ranges) + number)
            with torch.inference_mode():
                states[:, chains.start : chains.stop] = self.simulate_block(generator, len(chains))

        list(self.pool.map(run, range(len(self.ranges))))
        if self.device == "gpu":
            torch.cuda.synchronize()
        return states

    def to_host(self, states):
        return states.cpu().numpy().T


class TorchEagerPeer(TorchPeer):
    def _langevin(self, generator, chains):
        d = self.workload.dimension
        noise, position, moved = (self.empty(d, chains).zero_() for _ in range(3))
        for _ in range(self.workload.steps):
            noise.normal_(generator=generator)
            torch.mm(self.noise_factor, noise, out=moved)
            moved.addmm_(self.step_matrix, position)
            position, moved = moved, position
        return position

    def _sgd(self, generator, chains):
        w = self.workload
        position = self.minimizer.unsqueeze(1).repeat(1, chains)
        velocity = torch.zeros_like(position)
        index = torch.empty(w.batch_size * chains, dtype=torch.int32, device=self.torch_device)
        columns, products = (self.empty(w.dimension, w.batch_size, chains) for _ in range(2))
        residual = self.empty(w.batch_size, chains)
        for _ in range(w.steps):
            index.random_(0, w.training_points, generator=generator)
            torch.index_select(self.features, 1, index, out=columns.view(w.dimension, -1))
            torch.mul(columns, position.unsqueeze(1), out=products)
            torch.sum(products, 0, out=residual)
            residual.sub_(self.targets.index_select(0, index).view_as(residual))
            torch.mul(columns, residual, out=products)
            velocity.mul_(w.momentum).add_(products.sum(1), alpha=1.0 / w.batch_size).add_(position, alpha=w.ridge)
            position.sub_(velocity, alpha=w.learning_rate)
        return position
