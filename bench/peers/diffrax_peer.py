"""diffrax: Euler on dΦ = −HΦ dt + G dW with G Gᵀ = η·Σ^B and a constant step h.

A step is Φ ← Φ − h HΦ + G ΔW, ΔW ~ N(0, h I): the workload's step with F = √h G. diffrax solves differential equations, so it
has the Langevin workloads only. As its documentation advises: UnsafeBrownianPath with a constant step, DirectAdjoint for it,
SaveAt(t1=True) for the final state alone.

Tried, CPU time for the same work relative to the choice made here (d = 10): all chains of a core as one equation in
[d, chains] 1; vmap over one-chain equations with a key for each chain, as the examples have it, 3.3.
"""

import jax_base  # noqa: F401  (sets XLA's flags before jax is imported)
import diffrax
import jax
import jax.numpy as jnp
import numpy as np


class ColumnwiseControlTerm(diffrax.ControlTerm):
    """A matrix that acts on each column of the control, where ControlTerm would contract all of its axes."""

    def prod(self, vf, control):
        return vf @ control


class DiffraxPeer(jax_base.JaxBase):
    batched = True

    def __init__(self, workload, device):
        super().__init__(workload, device)
        self.drift = jnp.asarray(-workload.hessian, jnp.float32)
        self.diffusion = jnp.asarray(workload.noise_factor / np.sqrt(workload.step_size), jnp.float32)
        self.simulate_chains = self._solve_batch if self.batched else self._solve_each

    def _solve_batch(self, key):
        """All chains of a device as one equation in [d, chains], whose diffusion acts on the columns."""
        return self._solve(key, (self.workload.dimension, self.chains_per_device), ColumnwiseControlTerm)

    def _solve_each(self, key):
        """vmap over one-chain equations, each with a key of its own."""
        keys = jax.random.split(key, self.chains_per_device)
        return jax.vmap(lambda k: self._solve(k, (self.workload.dimension,), diffrax.ControlTerm))(keys).T

    def _solve(self, key, shape, control_term):
        w = self.workload
        path = diffrax.UnsafeBrownianPath(shape=shape, key=key)
        drift = diffrax.ODETerm(lambda t, position, args: self.drift @ position)
        noise = control_term(lambda t, position, args: self.diffusion, path)
        solution = diffrax.diffeqsolve(
            diffrax.MultiTerm(drift, noise), diffrax.Euler(), t0=0.0, t1=w.steps * w.step_size, dt0=w.step_size,
            y0=jnp.zeros(shape, jnp.float32), saveat=diffrax.SaveAt(t1=True),
            stepsize_controller=diffrax.ConstantStepSize(), adjoint=diffrax.DirectAdjoint(), max_steps=None)
        return solution.ys[0]
