"""Indexes for what is asked of cases that have ended: there are ever more of them, and few are asked for."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("case_ended", "case_file", ["state", "closed_at"])
    op.create_index("case_closed", "case_file", ["closed_at"])
    op.create_index("case_received", "case_file", ["received_at"])
    op.create_index("case_of_right", "case_file", ["right", "state"])
    op.create_index("move_to_state", "case_move", ["to_state", "at"])
