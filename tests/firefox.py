"""Drive an installed Firefox by its own protocol, Marionette: JSON over a socket."""

import contextlib
import json
import shutil
import socket
import subprocess
import time

NAMES = ("firefox-esr", "firefox")
ERRORS = """
return Services.console.getMessageArray()
  .filter((one) => one instanceof Ci.nsIScriptError && !(one.flags & Ci.nsIScriptError.warningFlag))
  .filter((one) => one.sourceName.startsWith("file:"))
  .map(String);
"""


def installed():
    """Return the path of Firefox, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Firefox:
    """A session: `go` somewhere, `run` JavaScript there, and ask for the `errors` of pages."""

    def __init__(self, connection):
        self.file = connection.makefile("rwb")
        self.read()  # it says first who it is
        self.number = 0
        self.send("WebDriver:NewSession")

    def read(self):
        """Return the next message, which comes as its length, a colon, and JSON."""
        digits = b""
        while (sign := self.file.read(1)) != b":":
            if not sign:
                raise ConnectionError(f"Firefox ended after {digits!r}; expected a message.")
            digits += sign
        return json.loads(self.file.read(int(digits)))

    def send(self, command, **about):
        """Have a command done and return what it gives."""
        self.number += 1
        message = json.dumps([0, self.number, command, about]).encode()
        self.file.write(b"%d:%s" % (len(message), message))
        self.file.flush()
        _, _, error, found = self.read()
        if error:
            raise RuntimeError(f"{command}: {error['error']}: {error['message']}")
        return found

    def go(self, address):
        """Open a page and wait until it is loaded."""
        self.send("WebDriver:Navigate", url=address)

    def run(self, script, *given):
        """Return what a script returns; ``given`` are its arguments."""
        return self.send("WebDriver:ExecuteScript", script=script, args=list(given))["value"]

    def wait(self, condition, seconds=60):
        """Wait until a JavaScript expression holds."""
        for _ in range(10 * seconds):
            if self.run(f"return Boolean({condition})"):
                return
            time.sleep(0.1)
        raise TimeoutError(f"after {seconds} s there is not yet {condition}")

    def errors(self):
        """Return all errors that scripts of pages have made in this session."""
        self.send("Marionette:SetContext", value="chrome")
        found = self.run(ERRORS)
        self.send("Marionette:SetContext", value="content")
        return found


def connected(port, process, seconds=120):
    """Return a connection to a Firefox that is just starting."""
    for _ in range(5 * seconds):
        with contextlib.suppress(ConnectionRefusedError):
            return socket.create_connection(("127.0.0.1", port))
        if process.poll() is not None:
            break
        time.sleep(0.2)
    raise ConnectionError(f"Firefox does not answer (exit status {process.poll()}).")


@contextlib.contextmanager
def opened(profile):
    """Start Firefox with an empty profile in a folder, and end it afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    command = [installed(), "--headless", "--no-remote", "--profile", profile, "--marionette"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*command, "--remote-allow-system-access"], **quiet)
    try:
        with connected(port, process) as connection:
            connection.settimeout(300)
            yield Firefox(connection)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
