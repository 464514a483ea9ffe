"""The command in a terminal of so many columns, behind a pipe, and under Ctrl-C."""

import os
import select
import signal
import struct
import subprocess
import sys

HEEDS_CTRL_C = (  # as a shell has it for a command in the foreground, whoever runs the tests
    "import runpy, signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "runpy.run_module('tinygrad_scalar', run_name='__main__', alter_sys=True)"
)
COMMAND = (sys.executable, "-c", HEEDS_CTRL_C)
AGAIN = 2.0  # seconds after which somebody presses Ctrl-C again


def in_a_terminal(columns, *argv, cwd=None, interrupt=False):
    """Exit code and all that a pseudo-terminal of that width was sent; where the tour waits, Enter or Ctrl-C is pressed."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    environment["PYTHONIOENCODING"] = "utf-8"
    with subprocess.Popen(
        [*COMMAND, *argv],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=cwd,
        env=environment,
    ) as process:
        os.close(theirs)
        said, answered = b"", 0
        while True:
            waits = said.count("⏎".encode())
            if waits > answered and interrupt:
                process.send_signal(signal.SIGINT)
                if not select.select([ours], [], [], AGAIN)[0]:  # it came before the terminal was read: press again
                    continue
            elif waits > answered:
                os.write(ours, b"\n")
            answered = waits
            part = _read(ours)
            if not part:
                break
            said += part
        os.close(ours)
        return process.wait(), said.decode("utf-8").replace("\r\n", "\n")


def _read(handle):
    try:
        return os.read(handle, 65536)
    except OSError:  # nobody has the other end any more
        return b""


def in_a_pipe(encoding, *argv, cwd=None):
    """Exit code, output and errors, as they stand in a pipe of that encoding."""
    done = subprocess.run(
        [*COMMAND, *argv], capture_output=True, cwd=cwd, env={**os.environ, "PYTHONIOENCODING": encoding}, check=False
    )
    codec = encoding.split(":")[0]
    return done.returncode, done.stdout.decode(codec), done.stderr.decode(codec)


def interrupted(word, *argv, cwd):
    """Exit code and errors of a command that is sent Ctrl-C once it has printed a line that holds the word."""
    with subprocess.Popen(
        [*COMMAND, *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    ) as process:
        for line in process.stdout:
            if word.encode() in line:
                process.send_signal(signal.SIGINT)
                break
        _, errors = process.communicate()
        return process.returncode, errors.decode("utf-8")
