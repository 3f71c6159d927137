"""A twin and the faulty path before it, as processes; every test has its own. FIREDRILL names the program."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

# Whose requests the path knows, by what they log in with. Everybody who runs this test is in Hong Kong.
FAULTS = """
regions: { hk: { addresses: [127.0.0.0/8] }, shenzhen: { addresses: [10.0.0.0/8] } }
groups: { purchasing: { accounts: { anna: "${ANNA_KEY}" } } }
"""
# What a wait may take before the test gives up: many times what a loaded machine needs.
PATIENCE_S = 30


def until(what, look):
    """What `look` gives as soon as it gives something."""
    end = time.monotonic() + PATIENCE_S
    while not (found := look()):
        if time.monotonic() > end:
            raise AssertionError(f"still not so after {PATIENCE_S} s: {what}")
        time.sleep(0.02)
    return found


def told():
    """Plays the tests of the file that is run, and says on standard output how they went."""
    unittest.main(testRunner=unittest.TextTestRunner(sys.stdout, verbosity=2))


class Program:
    """One `firedrill` process, from its ready line on."""

    def __init__(self, *args, **env):
        command = [os.environ["FIREDRILL"], *args]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **env})
        line = self.process.stdout.readline()
        if '"ready":true' not in line:
            raise AssertionError(f"{args} ended with {self.process.wait()}")
        self.ready = json.loads(line)

    def end(self):
        """Asks it to end; whoever ends in another way than it should is told of."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(PATIENCE_S)
            self.process.stdout.close()
            if code:
                raise AssertionError(f"{self.process.args} ended with {code}")


class OnTwin(unittest.TestCase):
    """`direct` is the twin's address, `path` the proxy's before it."""

    platform = edition = key = None

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        place = directory.name
        self.kept = Path(place, "accepted.jsonl")
        twin = ["twin", self.platform, "--listen", "127.0.0.1:0", "--ledger", str(self.kept)]
        if self.edition:
            twin += ["--edition", self.edition]
        self.twin = self.start(*twin, *self.more(Path(place)))
        self.direct = self.twin.ready["http"].removeprefix("http://")
        faults = Path(place, "faults.yaml")
        faults.write_text(FAULTS)
        proxy = self.start("proxy", "--api", "127.0.0.1:0", "--faults", str(faults), ANNA_KEY=self.key)
        self.api = proxy.ready["api"]
        wanted = {"name": "p", "listen": "127.0.0.1:0", "upstream": self.direct, "kind": self.platform}
        if self.edition:
            wanted["edition"] = self.edition
        self.path = self.control("POST", "/proxies", wanted)["listen"]

    def more(self, place):
        """Further arguments of the twin's."""
        return []

    def start(self, *args, **env):
        program = Program(*args, **env)
        self.addCleanup(program.end)
        return program

    def control(self, method, path, body=None):
        body = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, body, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    @contextlib.contextmanager
    def fault(self, kind, **how):
        """While it is armed. It has to hit something."""
        self.control("POST", "/firedrill/v1/faults", {"name": "f", "proxies": ["p"], kind: how})
        yield
        (armed,) = self.control("GET", "/firedrill/v1/faults")
        self.control("DELETE", "/firedrill/v1/faults/f")
        self.assertGreater(armed["hits"], 0, f"{kind} hit nothing")

    def ledger(self):
        """All that was accepted, in order. Ends the twin: then every line is in the file."""
        self.twin.end()
        return [json.loads(line) for line in self.kept.read_text().splitlines()]

    def accepted(self, *texts):
        """These texts were accepted, and nothing else."""
        found = [line["sha256"] for line in self.ledger()]
        self.assertEqual(found, [hashlib.sha256(text.encode()).hexdigest() for text in texts])
