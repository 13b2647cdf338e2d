"""Settle Prefect's settings before it is imported, and say where runs will be recorded."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

import click

# An ephemeral server needs 14 to 24 seconds on two busy processors; the default limit of 20 is hit under load.
_DEFAULTS = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # Prefect's own lines would tear the progress bar, and its tracebacks repeat what the command says in one line. The
    # loggers' own level stays: it would take the run's log in the UI away too.
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
}


def apply_defaults(environment: MutableMapping[str, str]) -> None:
    """Put our defaults into an environment, where it says nothing else; call it before Prefect is imported."""
    for name, value in _DEFAULTS.items():
        environment.setdefault(name, value)


def announce_server(*, quiet: bool = False) -> None:
    """Set the defaults, import Prefect and tell the user which server will record the run, before any waiting."""
    apply_defaults(os.environ)
    if not quiet and not os.environ.get("PREFECT_API_URL"):
        click.echo("Starting Prefect ...", err=True)
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    if quiet:
        return
    if url:
        click.echo(f"Run recorded by the Prefect server at {url}", err=True)
    else:
        click.echo(
            "No PREFECT_API_URL: starting a temporary Prefect server, which takes some 15 seconds "
            "(--inline runs without it).",
            err=True,
        )
