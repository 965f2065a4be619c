"""Hands a message to a recipient, by mail or by API (Art. 19); what both telling and reminding need.

Claim the step before and complete it afterwards: a mail is handed over once, an API call is idempotent by its key.
"""

from data_contracts.company import Art19
from data_contracts.errors import StepFailed, SystemUnavailable
from data_contracts.recipients import RecipientMessage
from tasks.notify_subject import keep_words
from tasks.services import services


def notice_name(party: str) -> str:
    """What the step of telling a party is called."""
    return f"notice.recipient.{party}"


def send_message(
    case_id: str, name: str, message: RecipientMessage, art19: Art19, *, keep: bool = True
) -> tuple[str, str]:
    """Hand one message over under the claimed step ``name``; how, and the reference the recipient gave, or none.

    Args:
        case_id: the case.
        name: the claimed step, which makes the message's key.
        message: what is told.
        art19: where to.
        keep: seal the words with the case; not for messages after its data key was destroyed.

    Raises:
        SystemUnavailable: when it cannot be reached; nothing has left that counts.
        StepFailed: when it refuses for good.
        DeliveryUncertain: when a mail may have left.
        SettingsInvalid: when its interface is not configured.
    """
    if art19.via == "api":
        return services().recipients.tell(message, address=art19.to, key=f"{case_id}:{name}")
    return _mail(case_id, name, message, to=art19.to, keep=keep), ""


def _mail(case_id: str, name: str, message: RecipientMessage, *, to: str, keep: bool) -> str:
    provided = services()
    rendered = provided.channel.render_recipient(message)
    if keep:
        keep_words(case_id, name, rendered)
    try:
        return provided.channel.deliver(
            rendered,
            to=to,
            message_key=f"{case_id}:{name}",
            about_to_hand_over=lambda: provided.register.hand_over(case_id, name),
        )
    except (SystemUnavailable, StepFailed):
        # The channel knows that nothing has left, even where the hand-over was noted already.
        provided.register.release(case_id, name)
        raise
