"""Settle Prefect's settings before it is imported, and say where runs will be recorded."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import MutableMapping

import click

from flows.exits import RunFailedError

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


def prepare_server(*, quiet: bool = False) -> None:
    """Settle which server will record the run: tell the user before any waiting, and start a temporary one if need be.

    Raises RunFailedError when that one does not start.
    """
    apply_defaults(os.environ)
    if not quiet and not os.environ.get("PREFECT_API_URL"):
        click.echo("Starting Prefect ...", err=True)
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    if url and not quiet:
        click.echo(f"Run recorded by the Prefect server at {url}", err=True)
    if url:
        return
    if not quiet:
        click.echo(
            "No PREFECT_API_URL: starting a temporary Prefect server, which takes some 15 seconds "
            "(--inline runs without it).",
            err=True,
        )
    _start_temporary_server()


def _start_temporary_server() -> None:
    """Start Prefect's temporary server where Ctrl-C does not reach it: it is to record that the run was stopped.

    Without this the server dies of the Ctrl-C that the terminal sends to it too, and the run waits for it for minutes.
    """
    from prefect.server.api.server import SubprocessASGIServer

    failures: list[Exception] = []

    def start() -> None:
        try:
            SubprocessASGIServer().start()
        except Exception as error:  # noqa: BLE001 - carried over to the thread that waits
            failures.append(error)

    # A thread, and through it a process, inherits which signals are blocked; the main thread has to stay open to them.
    open_signals = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    thread = threading.Thread(target=start, name="start-prefect", daemon=True)
    try:
        thread.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, open_signals)
    thread.join()
    if failures:
        raise RunFailedError(f"the temporary Prefect server did not start: {failures[0]} (--inline runs without it)")
