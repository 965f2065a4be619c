"""Registering what came through a door of ours."""

from data_contracts.case.case import Case
from data_contracts.doors.pages import Submitted
from tasks.intake.receive import TypedRequest, register_request
from tasks.services import services


def register_submitted(submitted: Submitted, *, prefix: str) -> Case:
    """The case of a request, durable and sealed when this returns; services must be open.

    Raises:
        RequestInvalid: see :func:`tasks.intake.receive.register_request`.
    """
    return register_request(
        TypedRequest(
            right=submitted.right,
            channel=submitted.channel,
            language=submitted.language,
            received_at=services().now(),
            request_key=f"{prefix}:{submitted.key}",
            identity=submitted.identity,
            name=submitted.name,
            reply_to=submitted.reply_to,
            postal_address=submitted.postal_address,
            postal_country=submitted.postal_country,
            details=submitted.details,
            statement=submitted.statement,
        )
    )
