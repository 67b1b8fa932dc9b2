"""Several processes doing the same thing at the same moment."""

import subprocess
import sys

_PROGRAM = """
import io, os, sys, traceback
# work
arguments, children = sys.argv[2:], []
start, hold = os.pipe()
for number in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        os.close(hold)
        os.read(start, 1)                   # ends for all of them at once, when the parent lets go
        try:
            sys.stdout = io.StringIO()
            work(number, *arguments)
            os.write(1, sys.stdout.getvalue().encode())     # in one piece: lines of two processes do not mix
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    children.append(child)
os.close(start)
os.close(hold)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def race(source: str, count: int, *arguments: str) -> list[str]:
    """What `count` processes printed that ran `work(number, *arguments)`, defined by `source`, together.

    One process imports and forks the others: imports take longer than everything else. Fails when one of them does.
    """
    program = _PROGRAM.replace("# work", source)
    done = subprocess.run(
        [sys.executable, "-c", program, str(count), *arguments],
        capture_output=True, text=True, timeout=120, check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()
