"""Commands that serve pages, APIs and figures, and the keys of those who call."""

from typing import Final

from flows.commands.entries import Command, Group, Panel

__all__ = ["COMMANDS"]

COMMANDS: Final[tuple[Command | Group, ...]] = (
    Group(
        "api-key",
        "Keys of programs that ask us over HTTP.",
        Panel.OPERATIONS,
        (
            Command("add", "doors.api:add", "Make a key, shown once; an older one of the same name ends."),
            Command("list", "doors.api:show_keys", "Who may ask what."),
            Command("end", "doors.api:end", "End a key."),
        ),
    ),
    Group(
        "agent",
        "Authorised agents that make requests (Data Rights Protocol).",
        Panel.OPERATIONS,
        (
            Command("add", "doors.agents:add", "Enter an agent, or its new key; an older token of it ends."),
            Command("list", "doors.agents:show_agents", "Who may make requests for people."),
            Command("end", "doors.agents:end", "Take an agent out of force; its cases go on."),
        ),
    ),
    Command(
        "metrics",
        "doors.metrics:show_metrics",
        "Serve the figures to Prometheus until Ctrl-C, or print them, the alert rules or the dashboard.",
        Panel.OPERATIONS,
    ),
    Command("serve-site", "doors.serving:serve_site", "Serve the intake site until Ctrl-C.", Panel.OPERATIONS),
    Command("serve-desk", "doors.serving:serve_desk", "Serve the operators' desk until Ctrl-C.", Panel.OPERATIONS),
    Command(
        "serve-prefect",
        "doors.serving:serve_prefect",
        "Serve the door in front of the Prefect server of PREFECT_API_URL until Ctrl-C.",
        Panel.OPERATIONS,
    ),
    Command(
        "serve-permissions",
        "doors.api:serve_permissions",
        "Answer other programs over HTTP until Ctrl-C; /docs describes the calls.",
        Panel.OPERATIONS,
    ),
)
