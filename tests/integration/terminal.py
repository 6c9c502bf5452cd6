"""A terminal with somebody at it, for programs that ask."""

import os
import pty
import subprocess
import termios


def at_a_terminal(command, typed="", **options):
    """(exit status, what was on the screen) of a shell command; typed is typed at once."""
    ours, theirs = pty.openpty()
    mode = termios.tcgetattr(theirs)
    mode[3] &= ~termios.ECHO  # only what the program says is on the screen
    termios.tcsetattr(theirs, termios.TCSANOW, mode)
    process = subprocess.Popen(
        command, shell=True, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True, **options
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, typed.encode())
    screen = b""
    try:
        while piece := os.read(ours, 65536):
            screen += piece
    except OSError:  # the last one closed it
        pass
    os.close(ours)
    return process.wait(), screen.decode().replace("\r\n", "\n")
