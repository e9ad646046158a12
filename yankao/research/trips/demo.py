"""示範資料 The trips of the reference half-year, and a living present around today.

The half-year is functional spec part I, row R8: sixty-one journeys that ended in it; twenty-six reports in
time and in the register, thirty-five journeys since April whose reports are not due yet (they come in over
the summer). Names are synthetic.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from xml.sax.saxutils import escape

from yankao.kernel.casework.adoption import Answer
from yankao.kernel.casework.archive import Archive
from yankao.kernel.casework.process import Move, Step
from yankao.kernel.evidence.files import keep
from yankao.kernel.evidence.models import Evidence
from yankao.kernel.people.city import City
from yankao.kernel.people.models import Agency

from . import process as p
from .countries import load_countries
from .models import Area, Country, Kind, Publicity, Source, Suggestion, Traveller, Trip

SEED = 1010108
FILED, FILED_LATER, PENDING = 20, 6, 35
"""Reports in: of journeys that ended by March, and of later ones; journeys since April without a report."""

TOPICS: tuple[tuple[str, Kind, str, tuple[tuple[str, str], ...]], ...] = (
    ("雨水下水道與滯洪池營運", Kind.INSPECTION, "KCG-WR", (("JP", "東京、大阪"),)),
    ("港灣再開發與水岸空間", Kind.INSPECTION, "", (("DE", "漢堡"), ("NL", "鹿特丹"))),
    ("智慧運輸與公共自行車", Kind.INSPECTION, "", (("FR", "巴黎"),)),
    ("登革熱防治技術交流", Kind.RESEARCH, "", (("SG", "新加坡環境局"),)),
    ("流行音樂場館營運", Kind.INSPECTION, "", (("KR", "首爾"),)),
    ("招商參展", Kind.OTHER, "", (("CN", "上海"),)),
    ("國際會議城市年會", Kind.OTHER, "", (("US", "舊金山"),)),
    ("電子化政府服務設計進修", Kind.STUDY, "", (("GB", "倫敦"),)),
    ("輕軌系統機電整合實習", Kind.INTERNSHIP, "", (("ES", "薩拉戈薩"),)),
    ("旅遊推介與友好城市拜會", Kind.OTHER, "", (("HK", "香港"), ("MO", "澳門"))),
    ("再生水廠操作維護", Kind.INSPECTION, "KCG-WR", (("SG", "公用事業局"),)),
    ("長期照顧與社區據點", Kind.MIXED, "", (("JP", "福岡"),)),
    ("防災教育館與消防訓練", Kind.INSPECTION, "", (("JP", "神戶"),)),
    ("圖書館總館建築與營運", Kind.INSPECTION, "", (("DK", "哥本哈根"), ("SE", "斯德哥爾摩"))),
    ("農產品通路拓展", Kind.OTHER, "", (("CN", "北京"),)),
    ("河川整治與親水設施", Kind.INSPECTION, "KCG-WR", (("KR", "首爾清溪川"),)),
    ("綠建築與都市熱島對策", Kind.RESEARCH, "", (("AU", "墨爾本"),)),
)
SUGGESTIONS = (
    "建議建立設施維護資料庫，逐年檢討汰換優先順序。",
    "建議比照考察城市設置單一窗口，簡化民眾申請流程。",
    "建議將營運績效指標納入委外契約。",
    "建議規劃示範場域，先行試辦後評估推廣。",
    "建議編列人員訓練經費，定期辦理實地交流。",
    "建議增設多語標示與無障礙資訊。",
)
REASONS = (
    "已納入年度計畫辦理。",
    "已邀集相關單位研商，採部分措施先行試辦。",
    "經費尚待籌措，列入中程計畫研議。",
    "現行法令未允許，爰不採行。",
)
TITLES = ("科長", "技正", "股長", "工程員", "專員", "副局長", "組員")
GROUND = "政府資訊公開法第18條第1項第3款"


def report_file(title: str, paragraphs: Sequence[str]) -> bytes:
    """A report as OpenDocument text, the same bytes for the same words."""
    body = f'<text:h text:outline-level="1">{escape(title)}</text:h>' + "".join(
        f"<text:p>{escape(words)}</text:p>" for words in paragraphs
    )
    ns = "urn:oasis:names:tc:opendocument:xmlns"
    kind = "application/vnd.oasis.opendocument.text"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    content = (
        f'{head}<office:document-content xmlns:office="{ns}:office:1.0" xmlns:text="{ns}:text:1.0"'
        f' office:version="1.3"><office:body><office:text>{body}</office:text></office:body>'
        "</office:document-content>"
    )
    manifest = (
        f'{head}<manifest:manifest xmlns:manifest="{ns}:manifest:1.0" manifest:version="1.3">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        "</manifest:manifest>"
    )
    parts = {"mimetype": kind, "content.xml": content, "META-INF/manifest.xml": manifest}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        for name, text in parts.items():
            entry = zipfile.ZipInfo(name, (2012, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            box.writestr(entry, text)
    return out.getvalue()


def workday(day: date) -> date:
    """The day, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() > 4 else 0)


def before_weekend(day: date) -> date:
    """The day, or the Friday before a weekend."""
    return day - timedelta(days=max(0, day.weekday() - 4))


@dataclass
class Play:
    """Plays trips into an archive, each from its own dates; `rng` makes every run the same."""

    city: City
    archive: Archive[Trip]
    rng: random.Random
    countries: dict[str, Country]
    number: int = 0

    def open(self, left: date, back: date, *, home: Agency | None = None, lead: int = 25) -> Trip:
        """An approved trip with its party; planned as it then happened."""
        title, kind, code, places = TOPICS[self.number % len(TOPICS)]
        agencies = self.city.agencies
        agency = home or (self.city.by_code(code) if code else agencies[self.number * 7 % len(agencies)])
        officer = self.city.officer(agency, self.number)
        on = workday(left - timedelta(days=lead))
        self.number += 1
        trip = self.archive.open(
            title=f"赴{self.countries[places[0][0]].name}{'等地' if len(places) > 1 else ''}{title}",
            agency=agency,
            on=on,
            officer=officer,
            actor=self.city.registrar(agency),
            trip_no=f"C{on.year - 1911}{self.number:05d}",
            kind=kind,
            purpose=f"了解{title}之作法，供市政參考。",
            letter=f"高市府人力字第{on.year - 1911}{30000 + self.number:07d}00號"[:60],
            budget=self.rng.randrange(60, 480) * 1000,
            departs_on=left,
            returns_on=back,
            source=self.rng.choice(
                [Source.CITY_GENERAL, Source.CITY_GENERAL, Source.CITY_FUND, Source.CENTRAL]
            ),
        )
        party = [
            p.TravellerRow(self.city_name(), self.rng.choice(TITLES), agency.name)
            for _number in range(self.rng.choice([1, 1, 2, 3]))
        ]
        rows = [p.DestinationRow(self.countries[where], place) for where, place in places]
        self.do(trip, p.list_party, on, destinations=rows, travellers=party)
        if any(row.country.area != Area.OVERSEAS for row in rows):
            self.do(trip, p.record_notice, on, notified_on=on)
        return trip

    def city_name(self) -> str:
        """A synthetic name from this play's own chance, so that other rooms' names stay as they are."""
        return self.rng.choice("陳林黃張李王吳劉蔡楊許鄭謝郭洪") + self.rng.choice(
            ("怡君", "冠廷", "詩涵", "博文", "佩珊", "家豪", "雅婷", "志明", "淑芬", "俊傑", "美玲", "建宏")
        )

    def do(self, trip: Trip, move: Move[Trip, ...], on: date, actor: object = None, **given: object) -> Step:
        agency = trip.case.agency
        return self.archive.move(trip, move, actor or self.city.registrar(agency), on, **given)

    def travel(self, trip: Trip) -> Trip:
        """Left and came back as planned; the author is named on the next working day."""
        self.leave(trip)
        self.do(trip, p.come_back, trip.returns_on, returned_on=trip.returns_on)
        return trip

    def leave(self, trip: Trip) -> Trip:
        self.do(trip, p.depart, trip.departs_on, departed_on=trip.departs_on)
        return trip

    def name(self, trip: Trip, on: date) -> Trip:
        added = getattr(trip, "docket").added  # noqa: B009  (the archive's own attribute)
        author = next(row for row in added if isinstance(row, Traveller))
        self.do(trip, p.name_author, on, author=author)
        return trip

    def file(self, trip: Trip, mark: str = "") -> Evidence:
        words = [trip.purpose, "一、目的", "二、過程", "三、心得", "四、建議", mark]
        writer = trip.case.officer
        assert writer
        return keep(
            report_file(trip.case.title + "出國報告", [word for word in words if word]),
            f"{trip.trip_no}{mark}.odt",
            writer,
        )

    def hand_in(self, trip: Trip, on: date) -> Trip:
        whole = {"has_purpose": True, "has_course": True, "has_findings": True, "has_suggestions": True}
        self.do(
            trip,
            p.submit,
            on,
            trip.case.officer,
            report=self.file(trip),
            paper_copies=2,
            signed=True,
            abstract=f"本次行程{trip.purpose}報告整理當地制度、設施與營運經驗，並就本市可行作法提出建議。",
            abstract_en="Findings of the visit and what the city may take from them.",
            pages=self.rng.randrange(12, 60),
            **whole,
        )
        return trip

    def review(self, trip: Trip, on: date, revise: bool = False) -> date:
        """Taken up and, after a round of corrections where wanted, accepted; the day of acceptance."""
        reviewer = self.city.controller(trip.case.agency)
        self.do(trip, p.take_up, on, reviewer)
        if revise:
            on = workday(on + timedelta(days=3))
            self.do(trip, p.send_back, on, reviewer, reason="請補充數據來源與建議事項的可行性。")
            on = workday(on + timedelta(days=5))
            self.do(
                trip,
                p.resubmit,
                on,
                trip.case.officer,
                report=self.file(trip, "修正版"),
                paper_copies=2,
                signed=True,
                has_purpose=True,
                has_course=True,
                has_findings=True,
                has_suggestions=True,
            )
        on = workday(on + timedelta(days=2))
        self.do(trip, p.accept, on, reviewer)
        return on

    def enter(self, trip: Trip, on: date, withheld: bool = False) -> Trip:
        self.do(
            trip,
            p.register,
            on,
            url=f"https://report.example/{trip.trip_no.lower()}",
            publicity=Publicity.WITHHELD if withheld else Publicity.PUBLIC,
            ground=GROUND if withheld else "",
        )
        return trip

    def suggest(self, trip: Trip, on: date, many: int) -> list[Suggestion]:
        """Sends suggestions to the host agency and to others."""
        agencies = [trip.case.agency, *self.city.agencies]
        rows = [
            p.SuggestionRow(
                SUGGESTIONS[(self.number + n) % len(SUGGESTIONS)], agencies[self.number * n % len(agencies)]
            )
            for n in range(many)
        ]
        step = self.do(trip, p.dispatch, on, suggestions=rows)
        return [row for row in step.added if isinstance(row, Suggestion)]

    def reply(self, trip: Trip, row: Suggestion, on: date) -> None:
        result = self.rng.choice(
            [Answer.DONE, Answer.PLANNED, Answer.PARTLY, Answer.UNDER_STUDY, Answer.NOT_ADOPTED]
        )
        self.do(
            trip,
            p.answer,
            on,
            self.city.controller(row.addressee),
            suggestion=row,
            result=result,
            reason=REASONS[min(len(REASONS) - 1, self.rng.randrange(3) + (result == Answer.NOT_ADOPTED) * 3)],
            done_on=on if result == Answer.DONE else None,
            promised_on=on + timedelta(days=90) if result in (Answer.PLANNED, Answer.UNDER_STUDY) else None,
        )

    def finish(self, trip: Trip, on: date, many: int) -> None:
        """From the register to the end: suggestions answered and drawn together, or none."""
        if not many:
            self.do(
                trip, p.close_without_suggestions, workday(on + timedelta(days=3)), self.city.rdec_controller
            )
            return
        sent = workday(on + timedelta(days=2))
        for place, row in enumerate(self.suggest(trip, sent, many)):
            self.reply(trip, row, workday(sent + timedelta(days=9 + 4 * place)))
        day = workday(sent + timedelta(days=30))
        roc = day.year - 1911
        self.do(
            trip,
            p.consolidate,
            day,
            sent_letter=f"高市研字第{roc}{self.number:07d}號",
            consolidation="採行情形如附表。",
        )
        self.do(trip, p.close, workday(day + timedelta(days=5)), self.city.rdec_controller)


def _play(city: City, archive: Archive[Trip], salt: int) -> Play:
    if not Country.objects.exists():
        load_countries(Country)
    countries = {country.code: country for country in Country.objects.all()}
    return Play(city, archive, random.Random(SEED + salt), countries)


def load(city: City) -> None:
    """The reference half-year, 101H1."""
    with Archive(p.process) as archive:
        play = _play(city, archive, 0)
        for number in range(FILED):
            _filed(play, date(2012, 1, 4) + timedelta(days=number * 84 // FILED), number)
        for number in range(FILED_LATER):
            _filed(play, date(2012, 4, 3) + timedelta(days=number * 4), number, quick=True)
        for number in range(PENDING):
            _pending(play, date(2012, 4, 2) + timedelta(days=number * 89 // PENDING), number)
        _called_off(play, date(2012, 3, 12))


def _journey(play: Play, back: date) -> Trip:
    return play.travel(play.open(back - timedelta(days=play.rng.randrange(4, 10)), back))


def _filed(play: Play, back: date, number: int, quick: bool = False) -> None:
    """In time and in the register by 30 June."""
    trip = play.name(_journey(play, back), workday(back + timedelta(days=1)))
    handed = workday(
        back + timedelta(days=play.rng.randrange(20, 32) if quick else play.rng.randrange(30, 70))
    )
    accepted = play.review(
        play.hand_in(trip, handed), workday(handed + timedelta(days=1)), revise=number % 4 == 1
    )
    entered = _within_month(accepted)
    play.enter(trip, entered, withheld=number % 9 == 5)
    play.finish(trip, entered, many=(0, 2, 1, 3)[number % 4])


def _pending(play: Play, back: date, number: int) -> None:
    """No report by 30 June; it comes in over the summer, before it is due."""
    trip = play.name(_journey(play, back), workday(back + timedelta(days=1)))
    handed = workday(max(date(2012, 7, 2), back + timedelta(days=play.rng.randrange(72, 82))))
    handed = min(
        handed, before_weekend(back + timedelta(days=87)) if back > date(2012, 4, 10) else date(2012, 7, 2)
    )
    accepted = play.review(
        play.hand_in(trip, max(handed, date(2012, 7, 2))), workday(handed + timedelta(days=1))
    )
    entered = _within_month(accepted)
    play.enter(trip, entered, withheld=number % 11 == 7)
    play.finish(trip, entered, many=(1, 0, 2)[number % 3])


def _within_month(accepted: date) -> date:
    """A working day or two after acceptance, and not after its month's end."""
    day = workday(accepted + timedelta(days=2))
    return day if day.month == accepted.month else accepted


def _called_off(play: Play, left: date) -> None:
    trip = play.open(left, left + timedelta(days=5))
    play.do(trip, p.cancel, left - timedelta(days=6), reason="因公務繁忙，主辦機關簽准取消。")


# ── The living present ──────────────────────────────────────────────────────────────────────────────


def three_months_before(day: date) -> date:
    """The day whose report is due about on `day`."""
    month, year = (day.month - 4) % 12 + 1, day.year - (day.month <= 3)
    return date(year, month, min(day.day, 28))


def present(city: City, today: date) -> None:
    """Some forty trips around today, in every stage, the first of each at the bureau of the demonstration
    log-ins.
    """
    water = city.by_code("KCG-WR")
    with Archive(p.process) as archive:
        play = _play(city, archive, today.toordinal())
        play.number = 100
        days = timedelta

        def home(number: int) -> Agency | None:
            return water if number == 0 else None

        for number in range(5):  # approved, leaving soon
            left = today + days(days=6 + 9 * number)
            play.open(left, left + days(days=6), home=home(number), lead=30 + 9 * number)
        for number in range(4):  # on the way; the last should be back
            left = today - days(days=3 + 4 * number)
            play.leave(play.open(left, left + days(days=7), home=home(number)))
        for number in range(3):  # just back
            play.travel(_around(play, today - days(days=2 + 3 * number), home(number)))
        for number, due in enumerate((7, 1, 29, -9, 45, 60, 14, 30, 75)):  # the report to come, one late
            back = three_months_before(today + days(days=due))
            trip = play.travel(_around(play, back, home(number) or (water if due < 0 else None)))
            play.name(trip, back + days(days=1))
        for number in range(3):
            play.hand_in(_travelled(play, today, home(number)), today - days(days=1 + 3 * number))
        for number in range(3):
            trip = play.hand_in(_travelled(play, today, home(number)), today - days(days=6 + 3 * number))
            play.do(trip, p.take_up, today - days(days=4), city.controller(trip.case.agency))
        for number in range(2):
            trip = play.hand_in(_travelled(play, today, home(number)), today - days(days=10))
            play.do(trip, p.take_up, today - days(days=9), city.controller(trip.case.agency))
            play.do(
                trip,
                p.send_back,
                today - days(days=5 + number),
                city.controller(trip.case.agency),
                reason="請補充經費與效益分析。",
            )
        for number in range(2):
            _accepted(play, today, home(number), 2 + number)
        for number in range(3):
            trip = _accepted(play, today, home(number), 6)
            play.enter(trip, today - days(days=5), withheld=number == 2)
        for number in range(4):  # answers to come; one suggestion of each stays open
            trip = play.enter(_accepted(play, today, home(number), 30), today - days(days=29))
            rows = play.suggest(trip, today - days(days=26 - 8 * number), 2 + number % 2)
            for row in rows[1:]:
                play.reply(trip, row, today - days(days=1))
        for number in range(2):
            trip = play.enter(_accepted(play, today, home(number), 50), today - days(days=48))
            for row in play.suggest(trip, today - days(days=45), 2):
                play.reply(trip, row, today - days(days=20))
            if number:
                play.do(
                    trip,
                    p.consolidate,
                    today - days(days=3),
                    sent_letter="研字第1150000123號",
                    consolidation="",
                )
        _called_off(play, today - days(days=2))


def _around(play: Play, back: date, home: Agency | None) -> Trip:
    return play.open(back - timedelta(days=6), back, home=home)


def _travelled(play: Play, today: date, home: Agency | None) -> Trip:
    back = today - timedelta(days=play.rng.randrange(55, 75))
    return play.name(play.travel(_around(play, back, home)), back + timedelta(days=1))


def _accepted(play: Play, today: date, home: Agency | None, ago: int) -> Trip:
    """Accepted so many days before today."""
    back = today - timedelta(days=ago + 60)
    trip = play.name(play.travel(_around(play, back, home)), back + timedelta(days=1))
    play.hand_in(trip, today - timedelta(days=ago + 8))
    reviewer = play.city.controller(trip.case.agency)
    play.do(trip, p.take_up, today - timedelta(days=ago + 6), reviewer)
    play.do(trip, p.accept, today - timedelta(days=ago), reviewer)
    return trip
