"""A fair lock between all writers of one database file, across threads and processes.

SQLite lets competing writers sleep and try again, so an unlucky one waits a hundred times longer than the
median. `flock` has a queue in the kernel and is freed by it when the holder dies, however it dies.
"""

from __future__ import annotations

import fcntl
import os
import threading

_open: set[int] = set()
"""Every descriptor of a lock file in this process: a forked child drops its copies (`forget_inherited`)."""


class LockTimeout(Exception):
    """The lock was not free within the time allowed."""


class FairLock:
    """An exclusive `flock` on one file. Not re-entrant; one owner (a database connection) per object."""

    def __init__(self, path: str, timeout: float) -> None:
        self.path = path
        self.timeout = timeout
        self._fd: int | None = None
        self._pid = os.getpid()

    @property
    def held(self) -> bool:
        return self._fd is not None and self._pid == os.getpid()

    def acquire(self) -> None:
        """Wait in turn; LockTimeout after `timeout` seconds, OSError if the lock file cannot be made."""
        if self.held:
            return
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        _open.add(fd)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._wait(fd)
        except BaseException:
            _close(fd)
            raise
        self._fd, self._pid = fd, os.getpid()

    def _wait(self, fd: int) -> None:
        """Block in a second thread, because a blocking `flock` has no time limit of its own.

        A waiter that gives up leaves the thread behind: it drops the lock the moment it is granted.
        """
        guard = threading.Lock()
        granted = threading.Event()
        given_up = False

        def wait() -> None:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX)
            except OSError:  # no lock will come: the owner is told by its own time limit
                _close(fd)
                return
            with guard:
                if given_up:
                    _close(fd)
                granted.set()

        threading.Thread(target=wait, name="yankao-lock", daemon=True).start()
        try:
            in_time = granted.wait(self.timeout)
        except BaseException:
            with guard:
                given_up = True
                if granted.is_set():
                    _close(fd)
            raise
        if in_time:
            return
        with guard:
            if granted.is_set():
                return
            given_up = True
        raise LockTimeout(self.path)

    def release(self) -> None:
        """Give the lock back by closing its descriptor; nothing happens when it is not held."""
        fd, self._fd = self._fd, None
        if fd is not None and self._pid == os.getpid():
            _close(fd)

    def __del__(self) -> None:
        self.release()


def _close(fd: int) -> None:
    if fd in _open:
        _open.discard(fd)
        os.close(fd)


def forget_inherited() -> None:
    """In a forked child: close the copies, so that the parent's lock does not outlive the parent."""
    for fd in list(_open):
        _close(fd)


os.register_at_fork(after_in_child=forget_inherited)
