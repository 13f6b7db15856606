"""One competitor running: a process that answers the requests of task.h."""
import pathlib
import subprocess

from bench.encoder.field import ROOT


class Died(Exception):
    pass


class Process:
    def __init__(self, command, log):
        self.log = pathlib.Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "w", encoding="utf-8") as errors:
            self.child = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT)

    def ask(self, *words):
        try:
            self.child.stdin.write(" ".join(str(word) for word in words) + "\n")
            self.child.stdin.flush()
            answer = self.child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            code, lines = self.child.wait(), self.log.read_text(encoding="utf-8").strip().splitlines()
            raise Died(f"ended with code {code}: {lines[-1] if lines else 'no message'}")
        return answer.strip()

    def numbers(self, *words):
        return [float(word) for word in self.ask(*words).split()]

    def close(self):
        self.child.stdin.close()
        self.child.stdout.close()
        self.child.wait()
