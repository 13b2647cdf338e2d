"""The schemas against the records: no field without a column, no column without a field or a reason."""

from __future__ import annotations

from dataclasses import fields

import pyarrow as pa
import pytest

from extractors.records import Article, Hints, Metadata, RawPage, Rejected, Removal, Versions
from warehouse.schema import PAGES_SCHEMA, RAW_SCHEMA, child_fields, description_of

# What the pages layer leaves in the raw layer, and why: the raw file of the same name has it.
RAW_ONLY = {"http_charset", "headers", "defect", "defect_detail", "hints", "body"}
# A record inside a record: its fields are columns of their own.
FLATTENED = {"metadata"}
RENAMED = {"reason": "reject_reason", "detail": "reject_detail"}
# Columns that no record has, and where they come from.
DERIVED = {"status": "Article or Rejected", "kept_chars": "length of text", "batch_id": "the batch's name"}


def names_of(record: type) -> list[str]:
    return [field.name for field in fields(record)]


def test_raw_columns_are_the_fields_of_a_raw_page():
    """Every field of RawPage is a column of the raw layer, and nothing else is."""
    assert set(RAW_SCHEMA.names) == set(names_of(RawPage))


def test_hints_are_the_struct_of_hints():
    """Every field of Hints is a field of the `hints` struct, and nothing else is."""
    assert {field.name for field in child_fields(RAW_SCHEMA.field("hints"))} == set(names_of(Hints))


def test_removals_are_the_struct_of_removals():
    """Every field of Removal is a field of the ledger's struct, in the same order."""
    assert [field.name for field in child_fields(PAGES_SCHEMA.field("removals"))] == names_of(Removal)


def test_pages_columns_are_the_fields_of_the_records():
    """The pages layer holds every field of page, metadata, outcome and versions but named exclusions, and no other."""
    from_page = set(names_of(RawPage)) - RAW_ONLY
    from_article = set(names_of(Article)) - FLATTENED
    from_rejected = {RENAMED.get(name, name) for name in names_of(Rejected)} - FLATTENED
    expected = (
        from_page | from_article | from_rejected | set(names_of(Metadata)) | set(names_of(Versions)) | set(DERIVED)
    )
    assert set(PAGES_SCHEMA.names) == expected


@pytest.mark.parametrize("schema", [RAW_SCHEMA, PAGES_SCHEMA], ids=["raw", "pages"])
def test_every_field_is_described(schema):
    """Every column, and every field inside a column, has a description that ends in a full stop."""
    every = [field for column in schema for field in (column, *child_fields(column))]
    assert [field.name for field in every if not description_of(field).endswith(".")] == []


@pytest.mark.parametrize("schema", [RAW_SCHEMA, PAGES_SCHEMA], ids=["raw", "pages"])
def test_lists_are_never_null(schema):
    """A list column is empty, never null, and so are the lists inside structs."""
    every = [field for column in schema for field in (column, *child_fields(column))]
    assert [field.name for field in every if pa.types.is_list(field.type) and field.nullable] == []
