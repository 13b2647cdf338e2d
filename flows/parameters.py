"""The parameters of runs, validated where they arrive: from the command line, a deployment or Prefect's form."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from extractors.furniture.matching import furniture_set_of
from extractors.judge import JudgeOptions
from flows.batching import BatchLimits
from flows.pool import PoolSettings
from flows.site_rules import read_site_rules, site_rules_folder
from flows.sources.options import ColumnNames, SourceOptions
from warehouse.furniture import read_furniture
from warehouse.layout import Warehouse


class MillParameters(BaseModel):
    """Where pages are milled, and what each may cost: what every run that extracts has to be told."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    warehouse: Annotated[str, Field(description="Root folder of the warehouse")] = "data"
    workers: Annotated[int | None, Field(ge=0, description="Worker processes; 0 for none; else one a processor")] = None
    page_seconds: Annotated[float, Field(gt=0, description="Deadline for each page")] = 60.0
    page_memory_mb: Annotated[int, Field(ge=64, description="Memory limit for each page, in MiB")] = 1024
    with_comments: Annotated[bool, Field(description="Keep readers' comments, in a column of their own")] = False
    site_rules: Annotated[
        str | None, Field(description="Folder of the user's own rules of sites; else `site_rules`, where it is there")
    ] = None

    def open_warehouse(self) -> Warehouse:
        """Return the warehouse by its absolute path."""
        return Warehouse(Path(self.warehouse).expanduser().absolute())

    def judge_options(self) -> JudgeOptions:
        """Return how pages are judged, with what was learned so far and the user's rules of sites.

        Raises WarehouseError when what was learned is damaged, SiteRulesError when the rules cannot be used.
        """
        furniture = furniture_set_of(read_furniture(self.open_warehouse()).blocks)
        site_rules = read_site_rules(site_rules_folder(self.site_rules))
        return JudgeOptions(with_comments=self.with_comments, furniture=furniture, site_rules=site_rules)

    def pool_settings(self) -> PoolSettings:
        """Return how many processes judge, and what a page may cost."""
        workers = PoolSettings.default_workers() if self.workers is None else self.workers
        return PoolSettings(workers, self.page_seconds, self.page_memory_mb)


class IngestParameters(MillParameters):
    """What to ingest, where to, and how."""

    sources: Annotated[list[str], Field(min_length=1, description="Files, folders or globs to read")]
    label: Annotated[str | None, Field(description="Name of the source in every row; else its own")] = None
    base_url: Annotated[str | None, Field(description="URL that loose files are relative to")] = None
    columns: Annotated[
        dict[str, str], Field(description="Columns of tables, by what they hold: html, text, url …")
    ] = {}
    batch_pages: Annotated[int, Field(ge=1, description="Most pages in a batch")] = 500
    is_forced: Annotated[bool, Field(description="Mill batches again that are current")] = False

    def source_options(self) -> SourceOptions:
        """Return how sources are read. Raises TypeError for a column that nothing is known of."""
        return SourceOptions(label=self.label, base_url=self.base_url, columns=ColumnNames(**self.columns))

    def batch_limits(self) -> BatchLimits:
        """Return when a batch is full."""
        return BatchLimits(pages=self.batch_pages)


class LearnParameters(BaseModel):
    """What to learn furniture from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    warehouse: Annotated[str, Field(description="Root folder of the warehouse")] = "data"
    site: Annotated[str | None, Field(description="Learn of this site only")] = None
    since: Annotated[date | None, Field(description="Read pages fetched on this UTC date or later")] = None
    min_groups: Annotated[int, Field(ge=2, description="Different articles that must hold a block")] = 3
