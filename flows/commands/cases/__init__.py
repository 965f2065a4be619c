"""Commands about single cases."""

from typing import Final

from flows.commands.entries import Command, Group, Panel

__all__ = ["COMMANDS"]

COMMANDS: Final[tuple[Command | Group, ...]] = (
    Command(
        "open",
        "cases.opening:open_request",
        "Register a request durably, before anything else, and start its flow; prints the case id.",
        Panel.CASES,
    ),
    Command("cases", "cases.showing:show_cases", "Open cases, the one due first on top.", Panel.CASES),
    Command(
        "case", "cases.showing:show_case", "Where a case stands: its clock, timeline, plan and open gates.", Panel.CASES
    ),
    Command(
        "run",
        "cases.running:run_case",
        "Carry a case on in this process until it ends or waits for a person; no server needed.",
        Panel.CASES,
    ),
    Command(
        "extend",
        "cases.clock:extend",
        "Tell the data subject that the answer takes two months longer, and why; once, and within the first month.",
        Panel.CASES,
    ),
    Command(
        "withdraw",
        "cases.clock:withdraw",
        "End a case because the data subject takes the request back; before anything was done.",
        Panel.CASES,
    ),
    Command(
        "lift",
        "cases.lift:lift",
        "Lift the restriction that a case carried out; the data subject is told first.",
        Panel.CASES,
    ),
    Command(
        "package",
        "cases.packages:unseal_package",
        "Unseal the answer package of an access or portability case.",
        Panel.CASES,
    ),
    Command(
        "recipients",
        "cases.recipients:show_recipients",
        "Recipients of the data that a case touched: how each was told, and whether it has acknowledged.",
        Panel.CASES,
    ),
    Command(
        "acknowledge",
        "cases.recipients:acknowledge",
        "Record that a recipient acknowledged what it was told; it is reminded no more.",
        Panel.CASES,
    ),
    Group(
        "hold",
        "Litigation holds: what must be kept for legal claims, whoever asks.",
        Panel.CASES,
        (
            Command(
                "add",
                "cases.holds:add",
                "Have the data of a person kept until the hold is lifted.",
            ),
            Command(
                "list",
                "cases.holds:list_holds",
                "Holds in force.",
            ),
            Command(
                "lift",
                "cases.holds:lift",
                "Lift a hold: what it kept of somebody whose data were erased is erased by a case of its own.",
            ),
        ),
    ),
    Group(
        "erasures",
        "The list of erasures, and what came back of it.",
        Panel.CASES,
        (
            Command(
                "replay",
                "cases.erasures:replay",
                "Count rows of people who were erased and that are back; with --as and --code have them erased again.",
            ),
            Command(
                "list",
                "cases.erasures:list_erasures",
                "Cases whose keys are on the list.",
            ),
            Command(
                "forget",
                "cases.erasures:forget",
                "Take a person off the list who is known again by right.",
            ),
            Command(
                "give-back",
                "cases.erasures:restore",
                "Give back what a case erased by mistake, while its copy is kept; two different people must decide.",
                aliases=("restore",),
            ),
        ),
    ),
    Group(
        "disclosures",
        "The ledger of who has really received what (CJEU C-154/21).",
        Panel.CASES,
        (
            Command(
                "import",
                "cases.review:import_disclosures",
                "Note who has received what, as a system wrote it down; lines that were noted before stay as they are.",
            ),
        ),
    ),
    Command("verify", "cases.gates:verify_identity", "Record an identity check made by a person.", Panel.GATES),
    Command(
        "approve", "cases.gates:approve_gate", "Answer a gate outside the Prefect UI; the same rules hold.", Panel.GATES
    ),
    Command(
        "questions",
        "cases.deciding:write_questions",
        "Write the questions that wait to a file, to be read and filled in.",
        Panel.GATES,
    ),
    Command(
        "decide",
        "cases.deciding:decide",
        "Answer the gates of a filled-in file with one code; each question is named in what is signed.",
        Panel.GATES,
    ),
    Command(
        "changes",
        "cases.changes:unseal_changes",
        "Unseal old and new values of a rectification that is planned; that you looked goes into evidence.",
        Panel.GATES,
    ),
    Command(
        "review",
        "cases.review:review_texts",
        "Read free texts before they go out: take them out with --to, hand the decisions in with --from.",
        Panel.GATES,
    ),
    Command(
        "statement",
        "cases.statement:put_into_terms",
        "Say what a letter asks to be put right: take it out with --to, hand its terms in with --details.",
        Panel.GATES,
    ),
    Command(
        "advise",
        "cases.advice:advise",
        "Advise on a case: sealed, noted in evidence, and told to whoever decides at its gates.",
        Panel.GATES,
    ),
    Command(
        "mailbox",
        "cases.arrivals:read_mailbox",
        "Take in what waits in the mailbox (RIGHTSFLOW_IMAP_HOST); the flow *mailbox* does it every two minutes.",
        Panel.MAIL,
    ),
    Command(
        "arrivals",
        "cases.arrivals:list_arrivals",
        "List mails that a person has to read, the one due first on top.",
        Panel.MAIL,
    ),
    Command(
        "arrival",
        "cases.arrivals:take_arrival_out",
        "Unseal what somebody wrote; who did is remembered. Delete the file afterwards.",
        Panel.MAIL,
    ),
    Command(
        "assign",
        "cases.arrivals:assign_arrival",
        "Open the case of a mail: which right it exercises, as you read it.",
        Panel.MAIL,
    ),
    Command(
        "set-aside",
        "cases.arrivals:set_arrival_aside",
        "Say that a mail is no request; its words are destroyed, the reason stays.",
        Panel.MAIL,
    ),
    Command(
        "letter",
        "cases.letters:unseal_letter",
        "Unseal letters for printing; who did is recorded in evidence.",
        Panel.MAIL,
    ),
    Command("posted", "cases.letters:tell_posted", "Tell that a letter was posted; the case goes on.", Panel.MAIL),
)
