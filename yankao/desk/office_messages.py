"""對民眾的訊息 What citizens were told and what became of it; what failed is sent again from here.

Of a case the reader may not know of, the line shows neither number nor words; of a sealed person there is no
line but for the custodians. Words are shown on demonstration sites only, where nothing is sent.
"""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yankao.kernel.casework.models import Case
from yankao.kernel.casework.process import visible
from yankao.kernel.outbox import sending
from yankao.kernel.outbox.models import WANTING, Channel, Message, State
from yankao.kernel.outbox.wording import label_of
from yankao.kernel.people.models import Role
from yankao.kernel.people.standing import standing
from yankao.kernel.vault import keys, sealing

from .jinja import format_number, format_time
from .office import MESSAGES, done, drawn, entered, make_once
from .parts import Tag

SHOWN = 50
MOST_AT_ONCE = 500
TONES = {
    State.QUEUED: ("blue", ""), State.HANDED: ("", "plain"), State.DELIVERED: ("green", ""),
    State.SHOWN: ("violet", "plain"), State.UNCLEAR: ("amber", "late"), State.FAILED: ("red", "late"),
    State.DEAD: ("red", "late"),
}  # fmt: skip


def _messages(user: Any) -> QuerySet[Message]:
    found = Message.objects.all()
    return found if standing(user).has(Role.ETHICS) else found.filter(identity__sealed=False)


@login_required
@require_safe
def messages(request: HttpRequest) -> HttpResponseBase:
    """The newest messages, those that want a person first asked for by their state."""
    entered(request, MESSAGES)
    mine = _messages(request.user)
    counts = dict(mine.values_list("state").annotate(n=Count("pk")).order_by())
    state = request.GET.get("state", "")
    state = state if state in State.values else ""
    page = max(int(told), 1) if (told := request.GET.get("page", "1")).isdecimal() and len(told) < 6 else 1
    found = mine.filter(state=state) if state else mine
    rows = list(found.order_by("-queued_at", "-pk")[(page - 1) * SHOWN : page * SHOWN + 1])
    more = len(rows) > SHOWN
    rows = rows[:SHOWN]
    cases = {one.case_id for one in rows if one.case_id}
    seen = {one.pk: one for one in Case.objects.filter(visible(request.user), pk__in=cases)}
    address = reverse("desk:office_messages")
    return drawn(
        request, MESSAGES, "desk/office_messages.html",
        states=[
            (str(label), format_number(counts.get(value, 0)), f"{address}?state={value}", value == state)
            for value, label in State.choices
            if counts.get(value) or value == state
        ],
        everything=address, chosen=state,
        rows=[_row(one, seen.get(one.case_id or 0)) for one in rows],
        again=reverse("desk:office_messages_again", args=[state]) if state in WANTING and rows else "",
        newer=f"{address}?state={state}&page={page - 1}" if page > 1 else "",
        older=f"{address}?state={state}&page={page + 1}" if more else "",
    )  # fmt: skip


def _row(one: Message, case: Case | None) -> dict[str, Any]:
    tone, shape = TONES[State(one.state)]
    open_case = case is not None or one.case_id is None
    return {
        "at": format_time(one.queued_at),
        "channel": str(Channel(one.channel).label),
        "about": label_of(one.wording),
        "case": str(case.number) if case else "",
        "href": reverse("desk:case", args=[case.pk]) if case else "",
        "parts": format_number(one.parts) if one.channel == Channel.SMS else "",
        "tag": Tag(str(State(one.state).label), tone, shape),
        "when": format_time(one.delivered_at or one.handed_at),
        "error": one.error,
        "text": _words(one) if one.state == State.SHOWN and open_case else "",
        "again": reverse("desk:office_message_again", args=[one.pk]) if one.state in WANTING else "",
    }


def _words(one: Message) -> str:
    if (envelope := one.envelope) is None:
        return ""
    try:
        told: dict[str, str] = json.loads(sealing.unseal(envelope))
    except (sealing.Damaged, keys.KeyMissing) as fault:
        return str(fault)
    return told["text"]


@login_required
@require_POST
def send_again(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One message goes into the queue again."""
    entered(request, MESSAGES)
    one = _messages(request.user).filter(pk=pk).first()
    if one is None:
        raise Http404(_("沒有這則訊息。"))
    sent: list[bool] = []
    make_once(request, lambda: sent.append(sending.resend(one)))
    words = _("已重新排入發送。") if any(sent) else _("這則訊息不需要重送。")
    return done(request, words, "desk:office_messages")


@login_required
@require_POST
def send_all_again(request: HttpRequest, state: str) -> HttpResponse:
    """Everything of a state that wants a person goes into the queue again, five hundred at a time."""
    entered(request, MESSAGES)
    if state not in WANTING:
        raise Http404
    sent: list[bool] = []

    def deed() -> None:
        waiting = _messages(request.user).filter(state=state).order_by("queued_at", "pk")
        sent.extend(sending.resend(one) for one in list(waiting[:MOST_AT_ONCE]))

    make_once(request, deed)
    return done(request, _("%(n)s則已重新排入發送。") % {"n": sum(sent)}, "desk:office_messages")
