"""Puts what a recipient is told into words (Art. 19): a mail with both forms, as notices to data subjects are.

The words come from one template a language; what is not part of the message cannot stand in it.
"""

from datetime import date
from typing import Any, Literal

from markupsafe import Markup

from data_contracts.company.company import Organisation
from data_contracts.told.notices import Rendered
from data_contracts.told.recipients import RecipientMessage
from integrations.channels.templating import environment, known_language, long_date, words

__all__ = ["put_recipient_message"]


def put_recipient_message(message: RecipientMessage, organisation: Organisation) -> Rendered:
    """The message as subject, text and HTML, in the recipient's language where we have words for it."""
    language = known_language(message.language, organisation)
    context = {
        "message": message,
        "org": organisation,
        "language": language,
        "right": words(language)["rights"][message.right],
        "sent_on": long_date(date.fromisoformat(message.sent_on), language) if message.sent_on else "",
    }
    subject = environment("text").get_template(f"recipients/{language}/subject.j2").render(context)
    return Rendered(
        subject=" ".join(subject.split()), text=_page("text", context).strip("\n") + "\n", html=_page("html", context)
    )


def _page(form: Literal["text", "html"], context: dict[str, Any]) -> str:
    env = environment(form)
    ui = env.get_template(f"notices/parts.{form}.j2").module
    parts = {
        name: env.get_template(f"recipients/{context['language']}/{name}.j2").render(context, ui=ui)
        for name in ("body", "closing")
    }
    # Both were rendered, and escaped where that is due, by the environment of this form.
    made = {name: Markup(part) for name, part in parts.items()}  # noqa: S704
    return env.get_template(f"notices/layout.{form}.j2").render(context, **made)
