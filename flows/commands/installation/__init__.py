"""Commands that set an installation up and keep it."""

from typing import Final

from flows.commands.entries import Command, Group, Panel

__all__ = ["COMMANDS"]

COMMANDS: Final[tuple[Command | Group, ...]] = (
    Command(
        "demo",
        "flows.demo.command:run_demo",
        "The main job on the embedded default, start to end, without questions; prints where to look.",
        Panel.START,
    ),
    Command(
        "init",
        "installation.installing:init",
        "Make the register and the keys of a new installation; changes nothing where they are there.",
        Panel.START,
    ),
    Command(
        "up",
        "flows.up.command:run_everything",
        "The whole system on this machine: Prefect server and UI, deployments, worker, sweep; Ctrl-C ends all.",
        Panel.START,
    ),
    Group(
        "contracts",
        "Lint contracts, draft new ones, show the traversal.",
        Panel.START,
        (
            Command(
                "check",
                "installation.contracts:check",
                "Every fault of the contracts at once, and every difference from the live schemas.",
            ),
            Command(
                "plan",
                "installation.contracts:plan",
                "The traversal: which tables a request with these identity kinds reaches, in which wave, and by what.",
            ),
            Command(
                "diff",
                "installation.contracts:diff",
                "What contracts say otherwise than when a case was planned, or than another folder.",
            ),
            Command(
                "draft",
                "installation.contracts:draft",
                "Print a draft of a contract for a live system, in which a person has to confirm every guess and TODO.",
            ),
            Command(
                "import-fides",
                "installation.contracts:import_fides",
                "Turn Fides datasets into drafts of contracts, in which a person has to confirm every guess and TODO.",
            ),
        ),
    ),
    Group(
        "secret",
        "Credentials of systems and recipients, kept sealed.",
        Panel.START,
        (
            Command(
                "set",
                "installation.credentials:keep",
                "Seal a credential with the master key; it is typed or piped in, shown nowhere, and no argument.",
            ),
            Command("list", "installation.credentials:listed", "Names of what is kept; no values."),
            Command("remove", "installation.credentials:remove", "Remove a credential."),
        ),
    ),
    Group(
        "operator",
        "People who may answer gates.",
        Panel.START,
        (
            Command(
                "add",
                "installation.operators:add",
                "Enrol an operator.",
            ),
            Command("list", "installation.operators:list_operators", "All operators, what they may do and until when."),
            Command("lapse", "installation.operators:lapse", "Take an operator out of force at once."),
            Command(
                "password",
                "installation.operators:password",
                "Give an operator a password for the desk; it is asked for twice and shown nowhere.",
            ),
            Command(
                "unlock",
                "installation.operators:unlock",
                "Let an operator in again who was locked out after failed codes.",
            ),
            Command("mail", "installation.operators:mail", "Say where an operator gets mail about their passkeys."),
            Command(
                "link",
                "installation.operators:link",
                "Say whose account of the organisation's sign-in (OpenID Connect) an operator has.",
            ),
            Command(
                "passkeys",
                "installation.operators:passkeys",
                "The passkeys of an operator, with the fingerprints of their keys, to be compared with evidence.",
            ),
            Command(
                "reset-passkeys",
                "installation.operators:reset_passkeys",
                "Remove every passkey of somebody who lost them; the person is written to.",
            ),
            Command(
                "log",
                "installation.operators:log",
                "What operators did, and what was tried in their names, newest first.",
            ),
        ),
    ),
    Command(
        "deploy",
        "installation.deploy:deploy_all",
        "Make the work pool, its queues, deployments, schedules and automations on the server of PREFECT_API_URL.",
        Panel.OPERATIONS,
    ),
    Command(
        "backup",
        "installation.copying:backup",
        "Copy register and vault into a new folder, while everything works; back up keys apart from it.",
        Panel.OPERATIONS,
    ),
    Command(
        "restore",
        "installation.copying:restore",
        "Put a copy into a home that has no register; what was done since is then told by `rightsflow recover`.",
        Panel.OPERATIONS,
    ),
    Command(
        "recover",
        "installation.recover:recover",
        "Show what a register that was put back does not know; with --as, take it, and hold every open case.",
        Panel.OPERATIONS,
    ),
    Group(
        "keys",
        "The master key that wraps every data key.",
        Panel.OPERATIONS,
        (
            Command(
                "rotate",
                "installation.operators:rotate",
                "Make a new master key and wrap every data key and operator secret with it.",
            ),
            Command(
                "renew-signing",
                "installation.operators:renew_signing",
                "Make a new key that signs evidence; what the old one signed goes on to verify.",
            ),
            Command(
                "close",
                "installation.operators:close",
                "Have a key management service close the master key's file, so that no copy of it opens anything.",
            ),
        ),
    ),
)
