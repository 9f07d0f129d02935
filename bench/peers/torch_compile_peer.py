"""PyTorch, compiled: torch.compile of a step, in blocks of chains as in torch_peer.py.

Tried on the CPU, CPU time for the same work relative to the choice made here (d = 10):
- Inductor's own random numbers on the CPU are scalar code, 13 times slower than `normal_`, so the noise is drawn eagerly and
  what is left of a Langevin step, two products, gains nothing; `max-autotune` the same;
- SGD as written for eager 2.2; written out over B and d, so that it becomes one loop over chains, 1;
- blocks of 4,096 chains 1, of 2,048 1.1, of 1,024 1.3.
"""

import math

import torch

from torch_peer import TorchPeer


class TorchCompilePeer(TorchPeer):
    """The step as one compiled function. On the CPU its random numbers come from outside (see above)."""

    chains_per_block = {"langevin": 4096, "sgd": 4096}
    unrolled_steps = {"langevin": 10, "sgd": 1}  # on a GPU, where the noise is drawn inside

    def prepare(self):
        super().prepare()
        w = self.workload
        self.unroll = math.gcd(w.steps, self.unrolled_steps[w.dynamics]) if self.device == "gpu" else 1
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
        index = torch.empty((w.batch_size, chains), dtype=torch.int32, device=self.torch_device)
        position = self.minimizer.unsqueeze(1).repeat(1, chains)
        velocity = torch.zeros_like(position)
        if self.device == "gpu":
            torch.cuda.manual_seed(generator.initial_seed())
        for _ in range((steps or w.steps) // self.unroll):
            if self.device == "cpu":
                index.random_(0, w.training_points, generator=generator)
            position, velocity = self.compiled(position, velocity, index)
        return position

    def _sgd_steps(self, position, velocity, index):
        """Written out over B and d, so that one loop over chains keeps everything in registers."""
        w = self.workload
        for _ in range(self.unroll):
            if self.device == "gpu":
                index = torch.randint(0, w.training_points, index.shape, device=self.torch_device)
            coordinates = position.unbind(0)
            gradient = [w.ridge * x for x in coordinates]
            for point in index.unbind(0):
                features = [feature[point] for feature in self.features.unbind(0)]
                residual = sum(f * x for f, x in zip(features, coordinates)) - self.targets[point]
                gradient = [g + f * (residual / w.batch_size) for g, f in zip(gradient, features)]
            velocity = w.momentum * velocity + torch.stack(gradient)
            position = position - w.learning_rate * velocity
        return position, velocity
