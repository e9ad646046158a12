"""文書的產製與下載 Documents of one room on a page of its own: made by a form, listed, taken as files.

A room says which of its letters stand there (`Offer`); who may make one is the letter's own duty, who may
read one is the register's.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _

from yankao.kernel.casework.process import Refused
from yankao.kernel.documents.pdf import PdfRefused
from yankao.kernel.evidence.files import serve
from yankao.kernel.letters import issuing
from yankao.kernel.letters.declare import Letter
from yankao.kernel.letters.models import Dispatch
from yankao.kernel.letters.register import register

from .jinja import format_date

SHOWN = 200
FORMS = ("odt", "pdf", "ods")


@dataclass(frozen=True)
class Offer:
    """One document to make: the letter, about what (one set, or each by itself), what is asked besides."""

    letter: Letter[...]
    about: Callable[[], Iterable[Any]]
    form: type[forms.Form] = forms.Form

    @property
    def name(self) -> str:
        return self.letter.name


@dataclass
class Papers:
    """The offers of a page, and what became of a form that was sent."""

    request: HttpRequest
    offers: tuple[Offer, ...]
    file: str
    """The address name of one file: `(pk, form)`."""
    ids: tuple[int, ...] | None = None
    made: dict[str, forms.Form] = field(default_factory=dict)
    done: bool = False

    def answer(self) -> int:
        """Make what was asked for; the status of the page."""
        post = self.request.POST if self.request.method == "POST" else None
        act = post.get("act", "") if post else ""
        status = 200
        for offer in self.offers:
            form = offer.form(post if offer.name == act else None, prefix=offer.name)
            self.made[offer.name] = form
            if offer.name == act and form.is_valid():
                self._make(offer, form)
            status = 422 if form.errors else status
        return status

    def _make(self, offer: Offer, form: forms.Form) -> None:
        actor: Any = self.request.user
        key = str(self.request.POST.get("key") or uuid.uuid4().hex)[:32]
        site = self.request.build_absolute_uri("/").rstrip("/")
        try:
            about = list(offer.about())
            if offer.letter.many:
                issuing.issue(offer.letter, about, actor, form.cleaned_data, key=key, site=site)
                sent, refused = 1, []
            else:
                found = issuing.batch(offer.letter, about, actor, form.cleaned_data, key=key, site=site)
                sent = sum(one.dispatch is not None for one in found)
                refused = [one.sentence for one in found if one.dispatch is None]
        except (Refused, PdfRefused) as error:
            form.add_error(None, str(error))
            return
        except ValidationError as error:
            form.add_error(None, error.messages)
            return
        for sentence in dict.fromkeys(refused):
            form.add_error(None, sentence)
        if sent:
            messages.success(self.request, _("已產製%(n)s份。") % {"n": sent})
            self.done = not refused
        elif not refused:
            form.add_error(None, _("沒有需要產製的文書。"))

    def context(self) -> dict[str, Any]:
        """For `desk/papers.html`: the forms and what was made before."""
        codes = [offer.letter.code for offer in self.offers]
        rows = register(self.request.user).filter(code__in=codes)
        if self.ids is not None:
            rows = rows.filter(pk__in=self.ids)
        return {
            "offers": [
                {
                    "name": offer.name,
                    "label": str(offer.letter.label),
                    "form": self.made[offer.name],
                    "key": uuid.uuid4().hex,
                    "ready": offer.letter.many or bool(list(offer.about())),
                }
                for offer in self.offers
            ],
            "rows": [
                {
                    "label": one.title,
                    "number": one.number,
                    "case": one.case.number if one.case else "",
                    "dated": format_date(one.dated),
                    "files": [
                        (form.upper(), reverse(self.file, args=[one.pk, form]))
                        for form in FORMS
                        if getattr(one, form)
                    ],
                }
                for one in rows.select_related("odt", "pdf", "ods")[:SHOWN]
            ],
        }


def paper_file(request: HttpRequest, room: str, pk: int, form: str) -> HttpResponseBase:
    """One file of a document of the room that this person may read."""
    if form not in FORMS:
        raise Http404(_("沒有這種格式。"))
    rows: Any = register(request.user).filter(code__startswith=f"{room}.")
    sent: Dispatch = get_object_or_404(rows, pk=pk)
    kept = getattr(sent, form)
    if kept is None:
        raise Http404(_("沒有這種格式。"))
    return serve(kept)
