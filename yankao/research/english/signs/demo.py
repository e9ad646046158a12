"""示範資料 Reports of wrong signs: a handful in the reference half-year and around today."""

from __future__ import annotations

from datetime import date, timedelta

from yankao.kernel.casework.archive import Archive
from yankao.kernel.people.city import City

from . import process as p
from .models import Fault, SignReport

SEEN = (
    ("左營高鐵站二號出口指標", Fault.DIFFERS, "Tsoying Station", "HSR Zuoying Station"),
    ("蓮池潭環潭步道解說牌", Fault.SPELLING, "Lotus Pound", "Lotus Pond"),
    ("四維三路與民權二路口路牌", Fault.MISSING, "四維三路", "Siwei 3rd Rd."),
    ("旗津渡輪站售票口", Fault.MEANING, "Human Ticket", "Passenger Fare"),
    ("澄清湖入口告示", Fault.WORN, "Che…ng Lake", "Chengcing Lake"),
    ("中央公園站旁導覽圖", Fault.DIFFERS, "Centre Garden", "Central Park"),
)


def _open(archive: Archive[SignReport], city: City, number: int, on: date) -> SignReport:
    place, fault, wording, right = SEEN[number % len(SEEN)]
    return archive.open(
        title=place, agency=city.rdec, on=on, place=place, fault=fault, wording=wording, suggestion=right,
        code=f"demo{on.toordinal()}{number:03d}",
    )  # fmt: skip


def _play(archive: Archive[SignReport], city: City, number: int, on: date, far: int) -> None:
    one, days, staff = _open(archive, city, number, on), timedelta, city.rdec_controller
    keeper = city.by_code("KCG-WR") if number == 1 else city.agencies[number * 3 % len(city.agencies)]
    if far == 0:
        return
    if far == 4:
        archive.move(one, p.dismiss, staff, on + days(days=3), answer="標示與核定譯名相符，感謝您的通報。")
        return
    archive.move(
        one,
        p.assign_keeper,
        staff,
        on + days(days=2),
        keeper=keeper,
        approved_name=SEEN[number % len(SEEN)][3],
    )
    if far == 1:
        return
    archive.move(
        one, p.mend, city.controller(keeper), on + days(days=12), fixed_on=on + days(days=11),
        answer="已更換面板。",
    )  # fmt: skip
    if far == 3:
        archive.move(one, p.close, staff, on + days(days=14))


def load(city: City) -> None:
    """Eight reports of the half-year, all dealt with."""
    with Archive(p.process) as archive:
        for number in range(8):
            _play(
                archive,
                city,
                number,
                date(2012, 1, 10) + timedelta(days=20 * number),
                4 if number == 5 else 3,
            )


def present(city: City, today: date) -> None:
    """Reports in every stage around today, one of them at the bureau of the demonstration log-ins."""
    with Archive(p.process) as archive:
        for number, (ago, far) in enumerate(((1, 0), (5, 1), (3, 0), (20, 2), (40, 3), (12, 4), (9, 1))):
            _play(archive, city, number, today - timedelta(days=ago), far)
