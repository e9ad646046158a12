"""示範資料 The 725 certified businesses of ROC 96 to 101 and a living present. Businesses are invented."""

from __future__ import annotations

import random
from datetime import date, timedelta

from yankao.kernel.casework.archive import Archive
from yankao.kernel.people.city import City
from yankao.kernel.people.models import District

from . import process as p
from .models import Badge, Sector

SEED = 1010109
BY_YEAR = {2007: 96, 2008: 118, 2009: 131, 2010: 142, 2011: 150, 2012: 88}
"""First certifications by year; the sum is the figure of the report."""
ROUTES = ("旗山美濃快線", "義大世界", "旗美商圈", "甲仙周邊景點", "捷運站三十分鐘轉乘圈")
FRONT = (  # noqa: SIM905
    "海港 晴空 南風 木棉 城光 旗津 愛河 星月 棗園 青田 鹽埕 蓮池 山海 日安 橙家 藍鯨 小島 老街 新灣 大港"
).split()
KINDS = (
    (Sector.FOOD, "小館", "Kitchen"), (Sector.FOOD, "咖啡", "Café"),
    (Sector.LODGING, "旅店", "Hotel"),
    (Sector.LODGING, "民宿", "Guest House"),
    (Sector.RETAIL, "伴手禮", "Gifts"), (Sector.RETAIL, "書店", "Books"),
    (Sector.SIGHTS, "遊船", "Cruises"), (Sector.TRANSPORT, "計程車行", "Taxi"),
    (Sector.HEALTH, "藥局", "Pharmacy"),
    (Sector.FINANCE, "郵務代辦", "Postal Agency"), (Sector.OTHER, "洗衣", "Laundry"),
)  # fmt: skip
LATIN = (
    "Harbor", "Clear Sky", "South Wind", "Kapok", "City Light", "Cijin", "Love River", "Star Moon", "Jujube",
    "Green Field", "Yancheng", "Lotus", "Hills and Sea", "Good Day", "Orange House", "Blue Whale", "Islet",
    "Old Street", "New Bay", "Great Harbor",
)  # fmt: skip


class Play:
    """Opens businesses one after the other, each with a name of its own."""

    def __init__(self, city: City, archive: Archive[Badge], salt: int) -> None:
        self.city, self.archive = city, archive
        self.rng = random.Random(SEED + salt)
        self.number = salt

    def open(self, on: date, route: str = "") -> Badge:
        number, staff = self.number, self.city.rdec_controller
        self.number += 1
        front = number % len(FRONT)
        sector, word, latin = KINDS[number // len(FRONT) % len(KINDS)]
        branch = number // (len(FRONT) * len(KINDS))
        district: District = self.city.districts[number * 7 % len(self.city.districts)]
        return self.archive.open(
            title=f"{FRONT[front]}{word}{f'第{branch + 1}店' if branch else ''}",
            agency=self.city.rdec, on=on, officer=staff, actor=staff, district=district,
            name_en=f"{LATIN[front]} {latin}{f' {branch + 1}' if branch else ''}", sector=sector,
            address=f"高雄市{district.name}中山路{1 + number % 300}號", route=route,
            contact=self.rng.choice("陳林黃張李王") + "小姐", phone=f"07-{5550000 + number}",
        )  # fmt: skip

    def coached(self, on: date, route: str = "") -> Badge:
        one = self.open(on, route)
        self.archive.move(
            one, p.coach, self.city.rdec_controller, on + timedelta(days=14),
            visited_on=on + timedelta(days=14), coach="英語輔導團",
            advice="菜單與價目請附英文，櫃檯備妥常用會話卡。",
        )  # fmt: skip
        return one

    def passed(self, on: date, route: str = "") -> Badge:
        one = self.coached(on, route)
        self.archive.move(
            one, p.assess, self.city.rdec_controller, on + timedelta(days=40),
            signs=self.rng.randrange(28, 40), staff=self.rng.randrange(22, 30),
            printed=self.rng.randrange(11, 15), web=self.rng.randrange(10, 15),
        )  # fmt: skip
        return one


def load(city: City) -> None:
    """First certifications of six years; those of the last half-year went the whole way here."""
    with Archive(p.process) as archive:
        play = Play(city, archive, 0)
        staff = city.rdec_controller
        for year, many in BY_YEAR.items():
            for number in range(many):
                badge_no = f"KES{year - 1911:03d}{number + 1:04d}"
                if year == 2012:
                    day = date(2012, 2, 20) + timedelta(days=number * 125 // many)
                    one = play.passed(day - timedelta(days=45), ROUTES[number % len(ROUTES)])
                    archive.move(one, p.certify, staff, day, badge_no=badge_no)
                else:
                    day = date(year, 3, 1) + timedelta(days=number * 270 // many)
                    one = play.open(day - timedelta(days=60))
                    archive.move(one, p.enrol, staff, day, certified_on=day, badge_no=badge_no, visits_made=2)
                end = p.expiry(day)
                if end < date(2012, 6, 30) and number % 3 == 0:
                    day = end - timedelta(days=20)
                    archive.move(one, p.reassess, staff, day, signs=34, staff=26, printed=12, web=12)
                    end = p.expiry(day)
                if end < city.today:
                    archive.move(one, p.lapse, staff, end + timedelta(days=3))


def present(city: City, today: date) -> None:
    """Businesses in every stage around today."""
    days, staff = timedelta, city.rdec_controller
    with Archive(p.process) as archive:
        play = Play(city, archive, 900)
        for number in range(4):
            play.open(today - days(days=2 + 3 * number), ROUTES[number % len(ROUTES)])
        for number in range(4):
            play.coached(today - days(days=20 + 5 * number), ROUTES[number % len(ROUTES)])
        for number in range(3):
            play.passed(today - days(days=44 + 5 * number), ROUTES[number % len(ROUTES)])
        for number, ago in enumerate((1070, 1040, 1000, 400, 200, 90, 1110)):
            on = today - days(days=ago)
            one = play.passed(on - days(days=45), ROUTES[number % len(ROUTES)])
            archive.move(one, p.certify, staff, on, badge_no=f"KES{on.year - 1911:03d}{9000 + number:04d}")
        one = play.passed(today - days(days=160))
        archive.move(one, p.certify, staff, today - days(days=110), badge_no="KES1159100")
        archive.move(one, p.withdraw, staff, today - days(days=12), reason="歇業。")
        one = play.coached(today - days(days=70))
        archive.move(one, p.drop, staff, today - days(days=30), reason="業者暫緩參加。")
