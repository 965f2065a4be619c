"""What is said of what keeps a table from being searched."""

import pytest

from data_contracts.connectors.obstacles import Obstacle, ObstacleKind


@pytest.mark.parametrize("kind", ObstacleKind)
def test_each_kind_has_a_sentence_and_a_remedy(kind: ObstacleKind) -> None:
    """Both name what they are about, and leave nothing open."""
    one = Obstacle(kind, "x.parquet", "Delta")

    assert "x.parquet" in one.what or "Delta" in one.what
    assert one.remedy
    assert "{" not in one.what + one.remedy
