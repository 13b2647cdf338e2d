"""The exit codes of the command, for schedulers to act on."""

from __future__ import annotations

from enum import IntEnum

import click


class Exit(IntEnum):
    """What an exit code means."""

    DONE = 0
    REJECTED = 1
    USAGE = 2
    FAILED = 3
    INTERRUPTED = 130


class RunFailedError(click.ClickException):
    """A source or the warehouse failed: one line for the user, exit code 3."""

    exit_code = Exit.FAILED
