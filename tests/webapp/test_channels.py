"""The channels for complaints and requests, published to everyone (clause 7.2.2)."""

from __future__ import annotations

from engine.verbs import reference
from engine.verbs.access import SYSTEM
from tests.workflows import shipped

SHIPPED = (shipped.ROOT / "workflows" / "reference" / "channels.csv").read_bytes()


def test_anybody_reads_who_takes_complaints_without_signing_in(stranger, town, clock):
    assert "还没有公布渠道" in stranger.text("/channels")
    with town.writing() as session:
        reference.load(session, {"channels.csv": SHIPPED}, SYSTEM, clock())

    page = stranger.text("/channels")
    assert "投诉受理中心" in page and 'href="tel:12345"' in page and "登录" in page
    assert 'href="/channels"' in stranger.text("/sign-in")


def test_what_is_changed_on_the_page_of_the_table_is_published_at_once(stranger, visit, town, clock):
    with town.writing() as session:
        reference.load(session, {"channels.csv": SHIPPED}, SYSTEM, clock())
    owner = visit("wu")
    owner.get("/reference/channels/row")
    cells = {"id": "mail", "name": "区长信箱", "handles": "意见", "url": "javascript:alert(1)"}
    assert owner.post("/reference/channels/row", {"_version": "1", **{f"cell.{name}": text for name, text in cells.items()}}).status_code == 303

    page = stranger.text("/channels")
    assert "区长信箱" in page and "javascript:" not in page
    assert "href=\"/channels\"" in visit("li").text("/inbox")
