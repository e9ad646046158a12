"""Form fields of what moves ask: numbers, a moment, a row among many, files that outlive a refused form.

Every one keeps what was typed or uploaded when the form comes back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models
from django.forms.utils import flatatt
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yankao.kernel import roc
from yankao.kernel.evidence import files
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.evidence.sniff import ENDINGS
from yankao.kernel.register.english import called

from .fields import RocDateInput

FEW = 30
"""So many rows stand in a select; more are found by typing."""
MANY = 1000
"""So many rows are offered while typing; any other is found by its number or code."""
KEPT_FOR = 24 * 3600


def plain_number(text: str) -> str:
    """１，２３４．５ as 1234.5."""
    return "".join(unicodedata.normalize("NFKC", text).replace(",", "").split())


class TextField(forms.CharField):
    """Text whose lines end as they are stored: browsers send two characters for each."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n").replace("\r", "\n")


class NumberInput(forms.TextInput):
    """A text box for a number: what was typed stays, which a box of type number would lose."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})


class WholeNumberField(forms.IntegerField):
    """A whole number; separators and full-width digits are taken."""

    widget = NumberInput
    default_error_messages = {"invalid": gettext_lazy("請輸入整數，例如12。")}

    def to_python(self, value: Any) -> int | None:
        return super().to_python(plain_number(value) if isinstance(value, str) else value)


class NumberField(forms.DecimalField):
    """A number with decimals; separators, full-width digits and a percent sign are taken."""

    widget = NumberInput
    default_error_messages = {"invalid": gettext_lazy("請輸入數字，例如12.5。")}

    def to_python(self, value: Any) -> Any:
        return super().to_python(plain_number(value).removesuffix("%") if isinstance(value, str) else value)


class RocMomentInput(RocDateInput):
    """A text box; a moment already known is shown as 115/11/23 14:30."""

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, datetime):
            # Django hands a first value over as local time without a zone.
            local = timezone.localtime(value) if timezone.is_aware(value) else value
            return f"{super().format_value(local)} {local:%H:%M}"
        return super().format_value(value)


class RocMomentField(forms.DateTimeField):
    """A day and an hour of Taipei: 115/11/23 14:30 or 2026-11-23 14:30."""

    widget = RocMomentInput
    default_error_messages = {
        "invalid": gettext_lazy("看不懂這個時間。請輸入年月日與時分，例如115/11/23 14:30。")
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs["help_text"] = kwargs.get("help_text") or gettext_lazy("例如115/11/23 14:30")
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value
        day, _space, hour = (
            unicodedata.normalize("NFKC", str(value)).strip().replace("T", " ").rpartition(" ")
        )
        try:
            return timezone.make_aware(datetime.combine(roc.parse_roc(day), time.fromisoformat(hour)))
        except (roc.RocError, ValueError):
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None


# ── A row among many ────────────────────────────────────────────────────────────────────────────────


def words_of(row: Any) -> str:
    """A row in the reader's language."""
    return called(row)


def labelled(rows: Iterable[Any], label: Callable[[Any], str] = words_of) -> dict[str, Any]:
    """Rows by their words; those with the same words are told apart by what identifies them."""
    rows = list(rows)
    words = [label(row) for row in rows]
    return {
        text if words.count(text) == 1 else f"{text} ({_sign(row)})": row
        for text, row in zip(words, rows, strict=True)
    }


def _sign(row: Any) -> str:
    return str(next((v for n in ("number", "username", "code") if (v := getattr(row, n, ""))), row.pk))


class RowField(forms.ChoiceField):
    """One of few rows; cleans to the row itself."""

    default_error_messages = {"invalid_choice": gettext_lazy("請從清單中選擇。")}

    def __init__(
        self, rows: Sequence[Any], *, label_of: Callable[[Any], str] = words_of, **kwargs: Any
    ) -> None:
        self.rows = {str(row.pk): row for row in rows}
        named = labelled(rows, label_of)
        super().__init__(
            choices=[("", _("請選擇") if kwargs.get("required", True) else _("（不選）")),
                     *((str(row.pk), text) for text, row in named.items())],
            **kwargs,
        )  # fmt: skip

    def prepare_value(self, value: Any) -> Any:
        return str(value.pk) if isinstance(value, models.Model) else value

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        value = str(getattr(value, "pk", value))
        if value not in self.rows:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return self.rows[value]

    def valid_value(self, value: Any) -> bool:
        return True


class RowsField(forms.MultipleChoiceField):
    """Several of the rows, each with a box to tick; cleans to the rows themselves."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = {"invalid_choice": gettext_lazy("請從清單中選擇。")}

    def __init__(
        self, rows: Sequence[Any], *, label_of: Callable[[Any], str] = words_of, **kwargs: Any
    ) -> None:
        self.rows = {str(row.pk): row for row in rows}
        named = labelled(rows, label_of)
        super().__init__(choices=[(str(row.pk), text) for text, row in named.items()], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return [str(getattr(one, "pk", one)) for one in value] if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> list[Any]:
        return [self.rows[pk] for pk in super().clean(value)]


class SearchInput(forms.TextInput):
    """A text box that offers the rows while one types, by the browser's own list."""

    words: Sequence[str] = ()

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        attrs = {**(attrs or {})}
        attrs["list"] = f"{attrs.get('id') or name}-rows"
        attrs["autocomplete"] = "off"
        box = super().render(name, value, attrs, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((text,) for text in self.words))
        return format_html('{}<datalist id="{}">{}</datalist>', box, attrs["list"], options)


class SearchField(forms.Field):
    """One of many rows, found by typing its words, number or code; cleans to the row itself."""

    widget = SearchInput
    default_error_messages = {
        "unknown": gettext_lazy("找不到「%(text)s」。請從清單中選擇，或輸入完整的名稱或代碼。"),
        "several": gettext_lazy("有多筆「%(text)s」。請從清單中選擇其中一筆。"),
    }

    def __init__(
        self, queryset: Any, rows: Sequence[Any], *, label_of: Callable[[Any], str] = words_of, **kwargs: Any
    ) -> None:
        kwargs["help_text"] = kwargs.get("help_text") or gettext_lazy("輸入文字後從清單中選擇")
        super().__init__(**kwargs)
        self.queryset, self.label_of = queryset, label_of
        self.named = labelled(rows, label_of)
        self.widget.words = list(self.named)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, models.Model):
            return value
        return next((text for text, row in self.named.items() if row == value), self.label_of(value))

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if isinstance(value, models.Model):
            return value
        text = str(value).strip()
        if text in self.named:
            return self.named[text]
        found = self._looked_up(text)
        if len(found) != 1:
            code = "several" if found else "unknown"
            raise ValidationError(self.error_messages[code], code=code, params={"text": text})
        return found[0]

    def _looked_up(self, text: str) -> list[Any]:
        """The rows with this number, code or name; of a pasted `number title` the number counts."""
        for name in ("number", "code", "username", "name", "title"):
            try:
                self.queryset.model._meta.get_field(name)
            except FieldDoesNotExist:
                continue
            wanted = {text, text.partition(" ")[0]} if name == "number" else {text}
            if found := list(self.queryset.filter(**{f"{name}__in": wanted})[:2]):
                return found
        return []


class SeveralInput(SearchInput):
    """Boxes to type in, one below the other, with one list for all: those that are filled, and some more."""

    LEAST, MORE = 3, 2

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> list[str]:
        return [str(one) for one in _all(data, name) if str(one).strip()]

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in data

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        typed = list(value) if isinstance(value, list | tuple) else []
        boxes = max(self.LEAST, len(typed) + self.MORE)
        base = {**(attrs or {})}
        first = str(base.get("id") or name)
        written = []
        for number in range(boxes):
            own = {**self.attrs, **base, "list": f"{first}-rows", "autocomplete": "off", "type": "text"}
            own |= {"name": name, "id": first if not number else f"{first}-{number + 1}"}
            if number:
                own["aria-label"] = _("第%(n)s個") % {"n": number + 1}
            if number < len(typed):
                own["value"] = typed[number]
            written.append((flatatt(own),))
        options = format_html_join("", '<option value="{}"></option>', ((text,) for text in self.words))
        return format_html(
            '<div class="several">{}</div><datalist id="{}-rows">{}</datalist>',
            format_html_join("", "<input{}>", written), first, options,
        )  # fmt: skip


class SearchRowsField(SearchField):
    """Several of many rows, each found by typing its words, number or code; cleans to the rows themselves."""

    widget = SeveralInput

    def prepare_value(self, value: Any) -> Any:
        found = super().prepare_value
        return [found(one) for one in value] if isinstance(value, list | tuple) else []

    def to_python(self, value: Any) -> list[Any]:
        rows, faults = [], []
        for one in value or ():
            try:
                row = super().to_python(one)
            except ValidationError as fault:
                faults.append(fault)
                continue
            if row not in rows:
                rows.append(row)
        if faults:
            raise ValidationError(faults)
        return rows


# ── Files ───────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Handed:
    """What a request brings for one file field: new files, and those kept from the time before."""

    uploads: list[UploadedFile[bytes]]
    tokens: list[str]

    def __bool__(self) -> bool:
        return bool(self.uploads or self.tokens)


def _all(data: Any, name: str) -> list[Any]:
    if hasattr(data, "getlist"):
        return list(data.getlist(name))
    found = data.get(name, [])
    return list(found) if isinstance(found, list | tuple) else [found]


def size_words(size: int) -> str:
    """412 KB, 2.1 MB."""
    return f"{size / 1_000_000:,.1f} MB" if size >= 1_000_000 else f"{max(1, round(size / 1000)):,} KB"


class EvidenceInput(forms.Widget):
    """A file box; files that came with a refused form are shown as chosen and can be given up."""

    needs_multipart_form = True
    kept: Sequence[tuple[str, Evidence]] = ()
    multiple = False

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Handed:
        dropped = set(_all(data, f"{name}-drop"))
        tokens = [token for token in _all(data, f"{name}-kept") if token and token not in dropped]
        return Handed([file for file in _all(files, name) if file], tokens)

    def value_omitted_from_data(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return name not in files and f"{name}-kept" not in data

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        full = self.build_attrs({**self.attrs, "type": "file", "name": name}, attrs)
        if self.multiple:
            full["multiple"] = True
        kept = format_html_join(
            "",
            '<li><span class="tag green">{}</span> {} <span class="soft">{}</span>'
            '<input type="hidden" name="{}-kept" value="{}">'
            ' <label class="tick"><input type="checkbox" name="{}-drop" value="{}">'
            "<span>{}</span></label></li>",
            (
                (_("已上傳"), one.name, size_words(one.size), name, token, name, token, _("不用這個檔案"))
                for token, one in self.kept
            ),
        )
        shown = format_html('<ul class="files">{}</ul>', kept) if self.kept else SafeString("")
        return format_html("{}<input{}>", shown, flatatt(full))

    def id_for_label(self, id_: str) -> str:
        return id_


class EvidenceField(forms.Field):
    """One file or several, kept as evidence the moment they come, so that a refused form loses none.

    The form carries signed marks of what it keeps; they are good for a day and for the same person only. On a
    public form (`user` None) who holds the mark is who uploaded.
    """

    widget = EvidenceInput
    default_error_messages = {
        "kind": gettext_lazy("「%(name)s」的格式不在接受範圍內，請改以%(kinds)s檔上傳。"),
        "gone": gettext_lazy("先前上傳的檔案已過期，請重新上傳。"),
    }

    def __init__(self, user: Any, *, many: bool = False, kinds: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.user, self.many, self.kinds = user, many, kinds
        self.widget.multiple = many
        if kinds:
            self.widget.attrs["accept"] = ",".join(f".{e}" for k in kinds for e in sorted(files_endings(k)))

    @property
    def _salt(self) -> str:
        return f"yankao.evidence.{self.user.pk if self.user else 'public'}"

    def clean(self, value: Handed) -> Any:
        faults: list[ValidationError] = []
        found: list[Evidence] = []
        if not value.uploads or self.many:
            found += self._from_before(value.tokens, faults)
        for upload in value.uploads[: None if self.many else 1]:
            try:
                found.append(self._kept(upload))
            except ValidationError as fault:
                faults.append(fault)
        self.widget.kept = [(self.mark_of(one), one) for one in found]
        if faults:
            raise ValidationError(faults)
        if not found:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return [] if self.many else None
        return found if self.many else found[0]

    def mark_of(self, evidence: Evidence) -> str:
        """The signed mark by which the form knows a file that was uploaded before."""
        return signing.dumps(evidence.pk, salt=self._salt, compress=False)

    def _from_before(self, tokens: Sequence[str], faults: list[ValidationError]) -> list[Evidence]:
        try:
            keys = [signing.loads(token, salt=self._salt, max_age=KEPT_FOR) for token in tokens]
        except signing.BadSignature:
            faults.append(ValidationError(self.error_messages["gone"], code="gone"))
            return []
        by_key = Evidence.objects.in_bulk(keys) if keys else {}
        return [by_key[key] for key in dict.fromkeys(keys) if key in by_key]

    def _kept(self, upload: UploadedFile[bytes]) -> Evidence:
        ending = (upload.name or "").rpartition(".")[2].lower()
        if self.kinds and not any(ending in files_endings(kind) for kind in self.kinds):
            raise self._wrong_kind(upload.name or "")
        kept = files.keep(upload, upload.name or "", self.user)
        if self.kinds and kept.kind not in self.kinds:
            raise self._wrong_kind(kept.name)
        return kept

    def _wrong_kind(self, name: str) -> ValidationError:
        told = {"name": name, "kinds": _("、").join(kind.upper() for kind in self.kinds)}
        return ValidationError(self.error_messages["kind"], code="kind", params=told)

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(data)


def files_endings(kind: str) -> set[str]:
    """The endings a file of this kind may carry."""
    return ENDINGS.get(kind, {kind})
