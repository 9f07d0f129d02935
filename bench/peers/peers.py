"""The table of peers: where each lives, what it can simulate and where, and the environment it wants."""

import importlib
from dataclasses import dataclass, field

ALL = ("langevin", "sgd")


@dataclass(frozen=True)
class PeerKind:
    module: str
    class_name: str
    packages: tuple  # whose versions are recorded, the first one first
    dynamics: tuple = ALL
    devices: tuple = ("cpu",)
    arguments: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)

    def load(self):
        return getattr(importlib.import_module(self.module), self.class_name)


# One thread to a block of chains: the BLAS below must not start threads of its own.
ONE_BLAS_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
BOTH = ("cpu", "gpu")

PEERS = {
    "numpy": PeerKind("numpy_peer", "NumpyPeer", ("numpy",), environment=ONE_BLAS_THREAD),
    "numpy_box_muller": PeerKind("numpy_peer", "NumpyBoxMullerPeer", ("numpy",), ("langevin",),
                                 environment=ONE_BLAS_THREAD),
    "numba": PeerKind("numba_peer", "NumbaPeer", ("numba", "llvmlite", "numpy")),
    "jax_threefry": PeerKind("jax_peer", "JaxPeer", ("jax", "jaxlib"), devices=BOTH,
                             arguments={"implementation": "threefry2x32"}),
    "jax_rbg": PeerKind("jax_peer", "JaxPeer", ("jax", "jaxlib"), devices=BOTH, arguments={"implementation": "rbg"}),
    "diffrax": PeerKind("diffrax_peer", "DiffraxPeer", ("diffrax", "jax", "jaxlib", "equinox"), ("langevin",),
                        devices=BOTH),
    "torch_eager": PeerKind("torch_peer", "TorchEagerPeer", ("torch",), devices=BOTH),
    "torch_compile": PeerKind("torch_compile_peer", "TorchCompilePeer", ("torch",), devices=BOTH),
    "straightforward_cuda": PeerKind("cuda_peer", "CudaPeer", ("numpy",), devices=("gpu",)),
}
