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


class UserError(click.ClickException):
    """A user's mistake that is no matter of options: one line, exit code 2."""

    exit_code = Exit.USAGE


class RunFailedError(click.ClickException):
    """A source or the warehouse failed: one line for the user, exit code 3."""

    exit_code = Exit.FAILED
