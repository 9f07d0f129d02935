"""PyTorch: eager with preallocated buffers, and torch.compile of a step.

TUNING
"""

import math
from concurrent.futures import ThreadPoolExecutor

import torch

from peer import Peer, blocks, cores


class TorchPeer(Peer):
    """Chains in blocks; on the CPU a thread for each core works on blocks, on a GPU all chains are one block."""

    chains_per_block = 8192

    def __init__(self, workload, device):
        super().__init__(workload, device)
        self.torch_device = torch.device("cuda" if device == "gpu" else "cpu")
        self.pool = ThreadPoolExecutor(1 if device == "gpu" else cores())
        size = workload.chains if device == "gpu" else min(self.chains_per_block, -(-workload.chains // cores()))
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
            self.features, self.targets = self.tensor(w.features), self.tensor(w.targets)
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
        position = self.minimizer.expand(chains, -1).clone()
        velocity = torch.zeros_like(position)
        index = torch.empty((chains * w.batch_size,), dtype=torch.int64, device=self.torch_device)
        rows = self.empty(chains * w.batch_size, w.dimension)
        products = self.empty(chains, w.batch_size, w.dimension)
        batch = rows.view(chains, w.batch_size, w.dimension)
        for _ in range(w.steps):
            index.random_(0, w.training_points, generator=generator)
            torch.index_select(self.features, 0, index, out=rows)
            torch.mul(batch, position.unsqueeze(1), out=products)
            residual = products.sum(dim=2).sub_(self.targets.index_select(0, index).view(chains, w.batch_size))
            torch.mul(batch, residual.unsqueeze(2), out=products)
            velocity.mul_(w.momentum).add_(products.sum(dim=1), alpha=1.0 / w.batch_size).add_(position, alpha=w.ridge)
            position.sub_(velocity, alpha=w.learning_rate)
        return position.T


class TorchCompilePeer(TorchPeer):
    """The step as one compiled function. On the CPU its random numbers come from outside (see above)."""

    columns = True
    unrolled_steps = 10  # on a GPU, where the noise is drawn inside

    def prepare(self):
        super().prepare()
        w = self.workload
        self.unroll = math.gcd(w.steps, self.unrolled_steps) if self.device == "gpu" else 1
        function = self._langevin_steps if w.dynamics == "langevin" else self._sgd_steps
        self.compiled = torch.compile(function, fullgraph=True, dynamic=False)
        # Compiled here, by one thread, before several use it.
        with torch.inference_mode():
            for chains in {len(r) for r in self.ranges}:
                self.simulate_block(torch.Generator(self.torch_device).manual_seed(0), chains, steps=self.unroll)

    def _langevin(self, generator, chains, steps=None):
        position = self.empty(self.workload.dimension, chains).zero_()
        noise = torch.empty_like(position)
        if self.device == "gpu":
            torch.cuda.manual_seed(generator.initial_seed())
        for _ in range((steps or self.workload.steps) // self.unroll):
            if self.device == "cpu":
                noise.normal_(generator=generator)
            position = self.compiled(position, noise)
        return position

    def _langevin_steps(self, position, noise):
        for _ in range(self.unroll):
            if self.device == "gpu":
                noise = torch.randn_like(position)
            position = self.step_matrix @ position + self.noise_factor @ noise
        return position

    def _sgd(self, generator, chains, steps=None):
        w = self.workload
        shape = (w.batch_size, chains) if self.columns else (chains, w.batch_size)
        index = torch.empty(shape, dtype=torch.int64, device=self.torch_device)
        position = self.minimizer.unsqueeze(1).repeat(1, chains) if self.columns else self.minimizer.repeat(chains, 1)
        velocity = torch.zeros_like(position)
        if self.device == "gpu":
            torch.cuda.manual_seed(generator.initial_seed())
        for _ in range((steps or w.steps) // self.unroll):
            if self.device == "cpu":
                index.random_(0, w.training_points, generator=generator)
            position, velocity = self.compiled(position, velocity, index)
        return position if self.columns else position.T

    def _sgd_steps(self, position, velocity, index):
        w = self.workload
        for _ in range(self.unroll):
            if self.device == "gpu":
                index = torch.randint(0, w.training_points, index.shape, device=self.torch_device)
            if self.columns:
                rows = self.features.T[:, index]
                residual = (rows * position.unsqueeze(1)).sum(0) - self.targets[index]
                gradient = (rows * residual).sum(1)
            else:
                rows = self.features[index]
                residual = (rows * position.unsqueeze(1)).sum(2) - self.targets[index]
                gradient = (rows * residual.unsqueeze(2)).sum(1)
            velocity = w.momentum * velocity + gradient / w.batch_size + w.ridge * position
            position = position - w.learning_rate * velocity
        return position, velocity
