"""Options that several commands share, so that one name means one thing everywhere."""

from __future__ import annotations

from pathlib import Path

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

sources_option = click.option(
    "--sources",
    "-s",
    "sources_path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    default="seeds/sources.toml",
    envvar="GRISTMILL_SOURCES",
    show_default=True,
    show_envvar=True,
    help="The sources file.",
)

tag_option = click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="Only sources with this tag; may be repeated."
)

contact_option = click.option(
    "--contact",
    metavar="ADDRESS",
    envvar="GRISTMILL_CONTACT",
    show_envvar=True,
    help="How sites reach you: mailto: or a web address, sent in the User-Agent header.",
)
allow_network_option = click.option(
    "--allow-network",
    "allow_networks",
    metavar="CIDR",
    multiple=True,
    envvar="GRISTMILL_ALLOW_NETWORKS",
    show_envvar=True,
    help="Fetch from this private network too, on any port: for tests, and mirrors of your own.",
)
