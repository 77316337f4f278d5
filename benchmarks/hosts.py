"""One, two and four processes over loopback: the same losses, and what a collective costs.

Run it: ``python benchmarks/hosts.py``; it takes some minutes. On a machine with fewer cores than
processes they take turns, so that the figures are an upper bound.
"""

import os
import platform
import socket
import subprocess
import sys
import time

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from isthmus import Autoencoder
from isthmus.runs import Hosts, Job, end_process

SIZES = {10**4: 50, 10**6: 20, 10**7: 5}
N_ARRAYS = 8  # a gradient has one array for each matrix and bias


def make_rows():
    generator = np.random.default_rng(0)
    hidden = generator.normal(size=(2000, 3))
    return np.tanh(hidden @ generator.normal(size=(3, 16))).astype(np.float32)


def fit():
    model = Autoencoder(3, hidden=32, max_epochs=6, batch_size=250, random_state=0, verbose=False)
    history = model.fit(make_rows()).history_
    return history["loss"], history["validation_loss"]


def seconds_per_sum(n_parameters, n_sums):
    """Time the sum of a gradient over all processes."""
    mesh = Mesh(np.array(jax.devices()), ("batch",))
    replicated = NamedSharding(mesh, PartitionSpec())
    shape = (n_parameters // N_ARRAYS,)
    ones = [
        jax.make_array_from_callback(shape, replicated, lambda i: np.ones(shape, np.float32)[i])
        for _ in range(N_ARRAYS)
    ]

    def step(i, arrays):
        return [a / jax.device_count() for a in jax.lax.psum(arrays, "batch")]

    def repeat(arrays):
        return jax.lax.fori_loop(0, n_sums, step, arrays)

    run = jax.jit(
        jax.shard_map(
            repeat, mesh=mesh, in_specs=PartitionSpec(), out_specs=PartitionSpec(), check_vma=False
        )
    )
    jax.block_until_ready(run(ones))
    times = []
    for _ in range(3):
        start = time.perf_counter()
        jax.block_until_ready(run(ones))
        times.append((time.perf_counter() - start) / n_sums)
    return min(times)


def work():
    losses, held_out = fit()
    if jax.process_index() == 0:
        print("losses  ", *(f"{loss:.7f}" for loss in losses))
        print("held out", *(f"{loss:.7f}" for loss in held_out))
    for n_parameters, n_sums in SIZES.items():
        seconds = seconds_per_sum(n_parameters, n_sums)
        if jax.process_index() == 0:
            print(f"{n_parameters:>10,} parameters: {1e3 * seconds:9.3f} ms a sum", flush=True)


def main():
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores", flush=True)
    for n_processes in (1, 2, 4):
        print(f"\n{n_processes} process{'es' * (n_processes > 1)}", flush=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        arguments = [sys.executable, __file__, str(port), str(n_processes)]
        workers = [subprocess.Popen([*arguments, str(i)]) for i in range(n_processes)]
        for worker in workers:
            assert worker.wait() == 0


if __name__ == "__main__":
    if len(sys.argv) == 1:
        main()
    else:
        port, n_processes, process_id = map(int, sys.argv[1:])
        job = Job(f"127.0.0.1:{port}", n_processes, process_id)
        with Hosts(job, end_process(print, 1)):
            work()
