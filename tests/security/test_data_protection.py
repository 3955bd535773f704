"""docs/data-protection.md names every place where something is kept, and no place that there is not."""

import re
from pathlib import Path

import pytest

from shared.config import Settings
from shared.use_cases.purge_organization import CONTAINERS
from tests.infra import code

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "data-protection.md").read_text("utf-8")


def listed(heading: str) -> list[str]:
    """The names in the first column of a section's table."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)


@pytest.mark.parametrize(
    ("heading", "places"),
    [("Tables", code.tables()), ("Blob containers", code.containers()), ("Queues", code.queues())],
)
def test_every_place_is_described_once(heading: str, places: set[str]) -> None:
    assert sorted(listed(heading)) == sorted(places)


def test_every_retention_is_described_with_its_default() -> None:
    fields = {field.alias: field.default for field in Settings.model_fields.values()}
    periods = {name: f"P{value.days}D" for name, value in fields.items() if name and name.endswith("_RETENTION")}
    assert len(periods) >= 3
    assert sorted(listed("Settings")) == sorted(periods)
    for name, default in periods.items():
        assert f"| `{name}` | `{default}` |" in PAGE


def test_an_organizations_blobs_go_with_it_from_every_container() -> None:
    assert set(CONTAINERS) == set(listed("Blob containers"))
