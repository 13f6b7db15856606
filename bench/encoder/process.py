"""One competitor running: a process that answers the requests of task.h."""
import contextlib
import pathlib
import subprocess
import sys
import threading

from bench.encoder.field import ROOT

TIMEOUT_SECONDS = 600  # for one answer


def say(text):
    """Progress; the results go to files."""
    print(text, file=sys.stderr, flush=True)


class Died(Exception):
    pass


class Process:
    def __init__(self, command, log):
        self.log = pathlib.Path(log)
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "w", encoding="utf-8") as errors:
            try:
                self.child = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                                              stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT)
            except OSError as error:
                raise Died(f"cannot be started: {error}") from error

    def ask(self, *words):
        timer = threading.Timer(TIMEOUT_SECONDS, self.child.kill)
        timer.start()
        try:
            self.child.stdin.write(" ".join(str(word) for word in words) + "\n")
            self.child.stdin.flush()
            answer = self.child.stdout.readline()
        except BrokenPipeError:
            answer = ""
        finally:
            timer.cancel()
        if not answer:
            code = self.close()
            lines = self.log.read_text(encoding="utf-8").strip().splitlines()
            raise Died(f"ended with code {code}: {lines[-1] if lines else 'no message'}")
        return answer.strip()

    def numbers(self, *words):
        return [float(word) for word in self.ask(*words).split()]

    def close(self):
        """Ends it, by the end of its input; its exit code."""
        for stream in (self.child.stdin, self.child.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        return self.child.wait()
