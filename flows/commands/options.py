"""Options that several commands share, so that one name means one thing everywhere."""

from __future__ import annotations

import click

warehouse_option = click.option(
    "--warehouse",
    "-w",
    metavar="DIR",
    default="data",
    envvar="GRISTMILL_WAREHOUSE",
    show_default=True,
    show_envvar=True,
    help="Root folder of the warehouse.",
)
