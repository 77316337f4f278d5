"""Where the time of a step goes: the compiled program alone, its kernels, and the host's share."""

import contextlib
import gzip
import json
import sys
import tempfile
import time
import zipfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import jax
import numpy as np
from ours import estimator_of, shaped
from work import ROWS, attempt, record, rows_of, tell

from isthmus.fitting import trained
from isthmus.networks import convolution, convolutional, precision
from isthmus.runs.computing import computing
from isthmus.training.compiled import advance, initial_carry
from isthmus.training.compiler import OF_LOOPS
from isthmus.training.devices import Devices
from isthmus.training.layout import Layout

# What the compiler may be told instead, by name.
GRAPHS = "FUSION,CUBLAS,CUBLASLT,CUSTOM_CALL,CUDNN,DYNAMIC_SLICE_FUSION,CONDITIONAL,WHILE"
TUNED = {"xla_gpu_deterministic_ops": False, "xla_gpu_enable_triton_gemm": True}
OPTIONS = {
    "as it is": {},
    "tuned": TUNED,
    "tuned, no nondeterministic": TUNED | {"xla_gpu_exclude_nondeterministic_ops": True},
    "Triton too": {"xla_gpu_enable_triton_gemm": True},
    "loops in graphs": {"xla_gpu_enable_command_buffer": GRAPHS},
}
# How the program is traced, and what the compiler is told.
VARIANTS = {
    **{name: ("", options) for name, options in OPTIONS.items()},
    "unaligned": ("unaligned", {}),
    "aligned": ("aligned", {}),
    "split": ("split", {}),
    "split, aligned": ("split, aligned", {}),
    "split, tuned": ("split", TUNED),
    "known length": ("known", {}),
    "native": ("native", {}),
    "native, tuned": ("native", TUNED),
    "mixed, tuned": ("mixed", TUNED),
}
# The rows that are profiled, each with what else could be chosen there.
PROFILED = {
    "small large-batch": (
        "tuned",
        "aligned",
        "split",
        "split, aligned",
        "split, tuned",
        "loops in graphs",
        "known length",
    ),
    "wide large-batch": ("tuned", "split", "loops in graphs"),
    "large bfloat16": ("tuned", "split"),
    "convolutional large-batch": ("native", "native, tuned", "tuned", "mixed, tuned"),
    "convolutional": ("native", "native, tuned", "tuned", "loops in graphs"),
    "convolutional bfloat16": ("native", "native, tuned", "tuned", "mixed, tuned"),
    "small": ("tuned", "loops in graphs", "known length"),
    "wide": ("tuned", "loops in graphs"),
    "variational": ("tuned", "loops in graphs"),
    "large": ("tuned", "Triton too"),
}
SECONDS = 0.25


class Captured(Exception):
    """What a fit was about to train."""


def plan_of(name, folder, **more):
    """Give the plan and the minibatches that an estimator's fit hands to the loop."""
    row = ROWS[name]

    def capture(plan, batches, *arguments, **options):
        raise Captured(plan, batches)

    original, trained.train = trained.train, capture
    try:
        estimator_of(row, max_epochs=10, **more).fit(shaped(row, rows_of(row, folder)))
    except Captured as captured:
        return captured.args
    finally:
        trained.train = original
    raise RuntimeError("the fit trained nothing")


@computing()
def lowered(plan, batches, how=""):
    """Give the training program, traced in some way but not compiled yet, and its arguments."""
    layout, devices = Layout.of(plan.model), Devices()
    block = next(devices.blocks(batches, [np.random.default_rng(0)]))
    state = plan.loss.initial_state(plan.model, batches.batch_size)

    def carry():
        parameters = jax.device_put(layout.flatten(plan.model))
        return initial_carry(parameters, state, len(plan.loss.terms))

    rates = tuple(np.ones((), np.float32) for _ in layout.decays)
    settings = plan.settings
    n_steps = block.n_steps
    after = (settings.schedule(1000), settings.weight_decay, rates, devices.key(0))
    static = {"layout": layout, "objective": plan.loss, "precision": settings.precision}

    def of_known_length(carry, block, start, stop, *after):
        return advance.__wrapped__(carry, block, 0, n_steps, *after, **static)

    function = partial(advance.lower, **static, replicated=None)
    if how == "known":
        function = jax.jit(of_known_length, donate_argnums=0, compiler_options=OF_LOOPS).lower
    with traced_as(how):
        program = function(carry(), block, 0, n_steps, *after)
    return program, carry, block, after, n_steps


@contextlib.contextmanager
def traced_as(how):
    """Let networks that are traced in here convolve, or multiply, in another way."""
    there, back = convolution.convolve, convolution.convolve_back
    many, over_rows = precision._MANY_MULTIPLICATIONS, precision._over_rows

    def native(n_channels):
        return n_channels >= 8 if how == "mixed" else how == "native"

    def convolve(x, *arguments):
        return there(x, *arguments, native=native(x.shape[3]))

    def convolve_back(x, weight, kernel, *arguments):
        n_channels = weight.shape[1] // (kernel[0] * kernel[1])
        return back(x, weight, kernel, *arguments, native=native(n_channels))

    jax.clear_caches()
    convolutional.convolve, convolutional.convolve_back = convolve, convolve_back
    if "aligned" in how:
        precision._MANY_MULTIPLICATIONS = 2**62 if how == "unaligned" else 0
    if "split" in how:
        precision._over_rows = split
    try:
        yield
    finally:
        convolutional.convolve, convolutional.convolve_back = there, back
        precision._MANY_MULTIPLICATIONS, precision._over_rows = many, over_rows
        jax.clear_caches()


def split(a, b, n_parts=16):
    """Give ``aᵀ b`` as a sum of products of parts, which keep more of a card busy."""
    if len(a) % n_parts:
        return a.T @ b
    a, b = (x.reshape(n_parts, -1, x.shape[1]) for x in (a, b))
    parts = jax.numpy.einsum("pni,pno->pio", a, b, preferred_element_type="float32")
    return parts.sum(axis=0)


@computing()
def seconds_per_step(program, carry, block, after, n_steps):
    """Give the seconds of a step, of calls as long as an epoch, one after the other."""
    now = program(carry(), block, 0, n_steps, *after)
    now.loss_sum.block_until_ready()
    n_calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < SECONDS:
        now = program(now, block, 0, n_steps, *after)
        now.loss_sum.block_until_ready()
        n_calls += 1
    return (time.perf_counter() - start) / (n_calls * n_steps)


def compile_with(options, program):
    """Compile, and give the seconds that it took."""
    start = time.perf_counter()
    with computing():
        compiled = program.compile(compiler_options=options or None)
    return compiled, time.perf_counter() - start


def variants_of(name, folder, variants, archive, deadline):
    """Time the training program of a row as it is, and in each of several variants."""
    plan, batches = plan_of(name, folder)
    ways = {VARIANTS[variant][0] for variant in variants}
    programs = {way: lowered(plan, batches, way) for way in sorted(ways)}
    with ThreadPoolExecutor(len(variants)) as pool:
        compiling = {
            variant: pool.submit(compile_with, VARIANTS[variant][1], programs[way][0])
            for variant in variants
            for way in [VARIANTS[variant][0]]
        }
        for future in compiling.values():
            with contextlib.suppress(Exception):
                future.result(timeout=max(1.0, deadline - time.perf_counter()))
    arguments = programs[""][1:]
    for variant, future in compiling.items():

        def timed(future=future, variant=variant):
            compiled, seconds = future.result(timeout=0.1)
            if variant == "as it is":
                write_program(archive, name, compiled)
            return {"us": 1e6 * seconds_per_step(compiled, *arguments), "compiling": seconds}

        attempt("variants", f"{name}: {variant}", timed)
    compiled, _ = compiling["as it is"].result(timeout=0.1)
    attempt("kernels", name, kernels, compiled, arguments)


def write_program(archive, name, compiled):
    """Keep the optimized program, and what memory it takes."""
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as file:
        file.writestr(f"{name}.hlo", compiled.as_text())
        file.writestr(f"{name}.memory", str(compiled.memory_analysis()))


@computing()
def kernels(compiled, arguments):
    """Trace a call, and print the kernels that take longest."""
    carry, block, after, n_steps = arguments
    n_steps = min(n_steps, 20)
    now = compiled(carry(), block, 0, n_steps, *after)
    now.loss_sum.block_until_ready()
    with tempfile.TemporaryDirectory() as folder:
        with jax.profiler.trace(folder):
            now = compiled(now, block, 0, n_steps, *after)
            now.loss_sum.block_until_ready()
        (path,) = Path(folder).rglob("*.trace.json.gz")
        with gzip.open(path) as file:
            events = json.load(file)["traceEvents"]
    names = {
        event["pid"]: event["args"]["name"]
        for event in events
        if event.get("name") == "process_name"
    }
    seconds, counts = Counter(), Counter()
    for event in events:
        if event.get("ph") == "X" and "GPU" in names.get(event.get("pid"), ""):
            arguments = event.get("args", {})
            key = (event["name"][:70], str(arguments.get("hlo_op", ""))[:40])
            seconds[key] += event["dur"]
            counts[key] += 1
    for (kernel, operation), microseconds in seconds.most_common(20):
        number = counts[kernel, operation] / n_steps
        tell(
            f"    {microseconds / n_steps:9.1f} us a step  {number:6.1f} x  {operation:40} {kernel}"
        )
    return {"us": sum(seconds.values()) / n_steps, "kernels": sum(counts.values()) / n_steps}


def host(name, folder):
    """Give the seconds that the host spends in each thing, per epoch, in a whole fit."""
    from isthmus.training import batches, held_out, loop
    from isthmus.training.progress_meter import ProgressMeter

    row, spent, calls = ROWS[name], Counter(), Counter()

    def clocked(holder, attribute):
        original = getattr(holder, attribute)

        def call(*arguments, **options):
            start = time.perf_counter()
            try:
                return original(*arguments, **options)
            finally:
                spent[attribute] += time.perf_counter() - start
                calls[attribute] += 1

        setattr(holder, attribute, call)
        return partial(setattr, holder, attribute, original)

    undo = [
        clocked(loop, "advance"),
        clocked(loop._Loop, "_run_epoch"),
        clocked(loop._Loop, "_judge"),
        clocked(loop._Loop, "_call"),
        clocked(loop._Loop, "_end_epoch"),
        clocked(loop._Loop, "_agree"),
        clocked(loop._Loop, "_save"),
        clocked(held_out.HeldOut, "losses"),
        clocked(Devices, "kept"),
        clocked(batches.ArrayBatches, "positions"),
        clocked(ProgressMeter, "report"),
    ]
    n_epochs = 20
    estimator = estimator_of(row, max_epochs=n_epochs, patience=n_epochs)
    try:
        estimator.fit(shaped(row, rows_of(row, folder)))
    finally:
        for each in undo:
            each()
    total = estimator.history_["seconds"]
    milliseconds = {key: round(1e3 * value / n_epochs, 3) for key, value in spent.items()}
    steps = {"epoch_ms": 1e3 * (total[-1] - total[1]) / (n_epochs - 2), "first": total[0]}
    return steps | milliseconds


def main(folder, out, seconds):
    start = time.perf_counter()
    deadline = start + seconds
    tell(f"jax {jax.__version__}, {jax.devices()}")
    archive = Path(out) / "programs.zip"
    for name, others in PROFILED.items():
        if time.perf_counter() > deadline - 8:
            record("skipped", name)
            continue
        try:
            variants_of(name, folder, ("as it is", *others), archive, deadline)
        except Exception as error:
            record("variants", name, failed=f"{type(error).__name__}: {error}"[:600])
        if name in ("wide large-batch", "small large-batch"):
            attempt("host", name, host, name, folder)
    tell(f"profile took {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
