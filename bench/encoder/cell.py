"""One table of times: a size of a model, all competitors in their turns."""
import dataclasses
import statistics
import time

import numpy
import safetensors.numpy

from bench.encoder.process import Died, say

TURN_MS = 50              # passes a turn fill about this time
LEAST_PASSES, MOST_PASSES = 2, 20
LEAST_ROUNDS, MOST_ROUNDS = 8, 40  # neighbours' phases last for seconds: a minimum wants turns spread over more of them
REST_SECONDS = 0.04       # between turns: until the threads of the one before stop spinning, ONNX Runtime's after 20 ms


def write_inputs(path, size):
    rows, columns = (int(n) for n in size.split("x"))
    ids = numpy.random.default_rng(rows * columns).integers(1000, 30000, (rows, columns), dtype=numpy.int64)
    ids[:, 0], ids[:, -1] = 101, 102
    safetensors.numpy.save_file({"input_ids": ids, "attention_mask": numpy.ones_like(ids)}, path)
    return path


@dataclasses.dataclass
class Group:
    """The competitors of one model and number of threads, each in its process. One that dies leaves, with a reason."""
    running: dict
    missing: dict

    def each(self, work):
        """{name: work(name, process)} of those that live."""
        answers = {name: self.one(name, work) for name in list(self.running)}
        return {name: answer for name, answer in answers.items() if name in self.running}

    def one(self, name, work):
        try:
            return work(name, self.running[name])
        except Died as error:
            self.missing[name] = str(error)
            say(f"  {name}: {error}")
            del self.running[name]
            return None

    def close(self):
        for process in self.running.values():
            process.close()


def first_answers(make_process, inputs, starts):
    """Load, and load to first answer, of fresh processes; files are in the page cache after the first."""
    loads, firsts = [], []
    for _ in range(starts):
        process = make_process()
        load = float(process.ask("load"))
        process.ask("inputs", inputs)
        loads.append(load)
        firsts.append(load + process.numbers("run", 1)[0])
        process.close()
    return {"load": min(loads), "first": min(firsts)}


def vectors(process, folder):
    """The answer's token vectors, each of length 1."""
    path = folder / "output.safetensors"
    process.ask("run", 1)
    process.ask("output", path)
    hidden = safetensors.numpy.load_file(path)["output"].astype(numpy.float64)
    hidden = hidden.reshape(-1, hidden.shape[-1])
    return hidden / numpy.linalg.norm(hidden, axis=1, keepdims=True)


def measure_cell(group, size, folder, seconds, most_rounds):
    inputs = write_inputs(folder / "inputs.safetensors", size)
    group.each(lambda name, process: process.ask("inputs", inputs))
    answers = group.each(lambda name, process: vectors(process, folder))
    if not answers:
        return {}
    reference = next(iter(answers.values()))
    cosines = {name: (v * reference).sum(1) for name, v in answers.items()}

    passes = group.each(lambda name, process: process.numbers("run", 1)[0])
    turn = {name: max(LEAST_PASSES, min(MOST_PASSES, round(TURN_MS / ms))) for name, ms in passes.items()}
    # A pass that is not counted brings weights that fit back into the caches.
    warm = {name: int(ms < TURN_MS) for name, ms in passes.items()}
    cost = sum((turn[name] + warm[name]) * ms for name, ms in passes.items()) / 1000
    rounds = most_rounds or max(LEAST_ROUNDS, min(MOST_ROUNDS, round(seconds / cost)))
    times = {name: [] for name in passes}
    order = list(passes)
    for number in range(rounds):
        first = number % len(order)
        for name in order[first:] + order[:first]:
            if name in group.running:
                time.sleep(REST_SECONDS)
                taken = group.one(name, lambda n, process: process.numbers("run", warm[n] + turn[n]))
                times[name] += (taken or [])[warm[name]:]
    return {name: {"min": min(t), "median": statistics.median(t), "passes": len(t),
                   "cosine": float(cosines[name].mean()), "worst": float(cosines[name].min())}
            for name, t in times.items() if name in group.running}
