"""Messages that are kept until someone waits for them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Table, and_, delete, exists, or_, select
from sqlalchemy.orm import Session

from engine.core.runtime.step import State, Wait
from engine.tables.jobs import Message, MessageReceipt, Subscription


def first_for(session: Session, state: State | None, now: datetime) -> tuple[Wait, Row[Any]] | None:
    """The oldest kept message that one of the instance's open waits may have, with that wait."""
    waits = [wait for wait in state.waits if wait.kind == "message"] if state else []
    if not waits:
        return None
    wanted = or_(*(
        and_(Message.name == wait.name, Message.correlation_key == (wait.correlation_key or ""), ~_had_by(wait.process_id))
        for wait in waits[:200]
    ))  # fmt: skip
    query = select(Message.id, Message.name, Message.correlation_key, Message.variables).where(wanted, Message.expires_at > now)
    message = session.execute(query.order_by(Message.created_at, Message.id).limit(1).with_for_update()).first()
    if message is None:
        return None
    for wait in waits:
        if (wait.name, wait.correlation_key or "") == (message.name, message.correlation_key) and not has_receipt(
            session, message.id, wait.process_id
        ):
            return wait, message
    return None


def _had_by(process_key: str) -> Any:
    return exists().where(MessageReceipt.message_id == Message.id, MessageReceipt.process_key == process_key)


def has_receipt(session: Session, message_id: str, process_key: str) -> bool:
    query = select(exists().where(MessageReceipt.message_id == message_id, MessageReceipt.process_key == process_key))
    return bool(session.scalar(query))


def receipt(session: Session, message_id: str, process_key: str, instance_id: str) -> None:
    """The process has had the message; a second time breaks the key and with it the transaction."""
    row = {"message_id": message_id, "process_key": process_key, "instance_id": instance_id}
    session.execute(cast(Table, MessageReceipt.__table__).insert(), row)


def take_back(session: Session, message_id: str, process_key: str) -> None:
    """The process has not had the message after all."""
    session.execute(delete(MessageReceipt).where(MessageReceipt.message_id == message_id, MessageReceipt.process_key == process_key))


def missed(session: Session, now: datetime, limit: int) -> list[str]:
    """Instances that wait for a message which is kept.

    On PostgreSQL a message may be published while, in a transaction not yet visible, an instance begins to wait for it: neither
    sees the other. The worker looks for such pairs.
    """
    query = (
        select(Subscription.instance_id)
        .join(
            Message,
            and_(Message.name == Subscription.name, Message.correlation_key == Subscription.correlation_key, Message.expires_at > now),
        )
        .where(
            Subscription.kind == "message",
            ~exists().where(MessageReceipt.message_id == Message.id, MessageReceipt.process_key == Subscription.process_key),
        )
        .distinct()
    )
    return list(session.scalars(query.limit(limit)))


def has_expired(session: Session, now: datetime) -> bool:
    """Whether `expire` would find anything."""
    return bool(session.scalar(select(exists().where(Message.expires_at <= now))))


def expire(session: Session, now: datetime) -> None:
    """Forget messages whose time is over, with their receipts."""
    session.execute(delete(Message).where(Message.expires_at <= now))
