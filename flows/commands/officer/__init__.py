"""Commands of the data protection officer."""

from typing import Final

from flows.commands.entries import Command, Group, Panel

__all__ = ["COMMANDS"]

COMMANDS: Final[tuple[Command | Group, ...]] = (
    Command(
        "retention",
        "officer.retention:retain",
        "Erase in every system what is over its retention period, and prove it; with --dry-run only count.",
        Panel.DUTIES,
    ),
    Command(
        "retention-report",
        "officer.retention:report",
        "What a run of retention found and did: before and after, by rule, and who decided; nothing is changed.",
        Panel.DUTIES,
    ),
    Command(
        "audit",
        "officer.audit:audit",
        "Compare systems, registers and evidence with what is declared; exits 1 when not all could be looked at.",
        Panel.DUTIES,
    ),
    Command(
        "audit-report",
        "officer.audit:report",
        "What an audit found, with how its findings stand today; nothing is looked at again.",
        Panel.DUTIES,
    ),
    Command("findings", "officer.audit:findings", "Findings of audits, the worst on top.", Panel.DUTIES),
    Command(
        "finding",
        "officer.audit:finding",
        "A finding and what became of it; with --assign, --accept or --close, move it.",
        Panel.DUTIES,
    ),
    Command(
        "canary",
        "officer.canary:canary",
        "Plant a made-up person, find her, put a value right, erase her, and look for what is left; exits 1 if any is.",
        Panel.DUTIES,
    ),
    Command(
        "monthly-report",
        "officer.monthly:report",
        "Requests, response times, refusals by right and ground, backlog and duties of a month.",
        Panel.DUTIES,
        aliases=("report",),
    ),
    Group(
        "register",
        "Registers of the data protection officer.",
        Panel.OFFICER,
        (
            Command(
                "processing",
                "officer.registers:processing",
                "The record of processing activities (Art. 30), from contracts, vocabulary and organisation.",
            ),
            Command(
                "processors",
                "officer.registers:processors",
                "Attestations of processors and other recipients, until when they are good (Art. 28, charter 3.5).",
            ),
            Command(
                "training",
                "officer.registers:training",
                "Who was made aware, and until when that counts (Art. 39(1)(b), charter 3.3).",
            ),
            Command("dpias", "officer.registers:dpias", "Impact assessments, by system (Art. 35, charter 7c)."),
            Command(
                "recipients",
                "officer.registers:recipients",
                "When data may go to a recipient, beside what the vocabulary says (charter 2.3).",
            ),
            Command(
                "set",
                "officer.registers:set_entry",
                "Enter facts; those of the key that are not named stay as they are.",
            ),
            Command("remove", "officer.registers:remove_entry", "Take an entry out of force; its history stays."),
            Command(
                "import",
                "officer.registers:import_file",
                "Enter the trainings of a CSV file: person,course,done_on,valid_until; all of them or none.",
            ),
            Command(
                "history",
                "officer.registers:history",
                "Who entered what, when, and what stood there before; oldest first.",
            ),
        ),
    ),
    Group(
        "incident",
        "Incidents: who is affected, the authority, notices to people.",
        Panel.OFFICER,
        (
            Command("open", "officer.incident:enter", "Enter an incident: the 72 hours run from when we became aware."),
            Command("say", "officer.incident:say_more", "Hand in what is known by now, in place of what was."),
            Command(
                "judge",
                "officer.incident:judge",
                "Say how high the risk is: it decides whom the law has told (Art. 33(1), 34(1)).",
            ),
            Command(
                "run",
                "officer.incident:carry_on",
                "Find who is affected and send what was approved, in this process; call it again to go on.",
            ),
            Command(
                "settle",
                "officer.incident:settle",
                "Settle notices that may have left when a process died.",
            ),
            Command(
                "authority",
                "officer.incident:authority",
                "Write the authority's file with --to, or note with --sent that it was sent (Art. 33).",
            ),
            Command(
                "letters",
                "officer.incident:write_letters",
                "Make the letters to those without an e-mail address, once the words are approved.",
            ),
            Command(
                "close",
                "officer.incident:close",
                "End an incident; addresses are destroyed, evidence and the register's row stay.",
            ),
            Command("show", "officer.incident:show_one", "Where an incident stands: clock, counts, who was told."),
            Command("list", "officer.incident:show_all", "The register of incidents (Art. 33(5))."),
        ),
    ),
    Command(
        "dossier",
        "officer.dossier:make_dossier",
        "Write a signed dossier of a case, a person or a period.",
        Panel.OFFICER,
    ),
    Group(
        "evidence",
        "Verify and export evidence.",
        Panel.OFFICER,
        (
            Command(
                "verify",
                "officer.evidence:verify",
                "Verify signatures, chains, the log of all cases and its time stamps.",
            ),
            Command(
                "export",
                "officer.evidence:export",
                "Write the evidence of a case to a file that anybody can verify offline.",
            ),
            Command(
                "export-log",
                "officer.evidence:export_log",
                "Write the log of all cases, every record and checkpoint, to a file that anybody can verify offline.",
            ),
            Command(
                "checkpoint",
                "officer.evidence:checkpoint",
                "Sign how many records there are and the root over them.",
            ),
            Command(
                "prove",
                "officer.evidence:prove",
                "Write proofs of the log to a file: that cases are in it, that it only grew since a checkpoint.",
            ),
            Command(
                "verifier",
                "officer.evidence:verifier",
                "Write the one Python file by which an auditor verifies evidence without this software.",
            ),
        ),
    ),
    Command(
        "may-process",
        "officer.permissions:may_process",
        "May the data of one data subject, or of each in a file, be processed for a purpose?",
        Panel.OFFICER,
    ),
    Command(
        "may-share",
        "officer.permissions:may_share",
        "May the data of one data subject, or of each in a file, go to a recipient for a purpose?",
        Panel.OFFICER,
    ),
    Group(
        "stances",
        "The ledger of consents and objections.",
        Panel.OFFICER,
        (
            Command(
                "import",
                "officer.permissions:import_stances",
                "Enter what another program holds. CSV: kind,value,purpose,recipient,stance,at,source,notice_version.",
            ),
            Command(
                "show",
                "officer.permissions:show_stances",
                "What a data subject said, oldest first, and what is restricted.",
            ),
        ),
    ),
)
