"""The outline of the commission's report (大綱): its parts and sections in order, and which room writes
which section.

Headings are facts of the outline; the prose below them is the rooms'. A room says which sections it
writes in its `figures.py` (or `report.py`):

    SECTIONS = (("一(八)", "paragraph"),)      # the key of the section, the stem of its template; without a
                                               # stem the room's figures are listed in one sentence

A section that no room in use writes is printed as not yet kept here, never with an invented number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from yankao.kernel.roc import numeral
from yankao.kernel.rooms import Room, rooms

from .document.model import Said


@dataclass(frozen=True)
class Section:
    """One heading of the outline. `number` is (1, 8) for 一(八) and (6, 4, 2) for 六(四)2; `system` its
    id in the index.
    """

    number: tuple[int, ...]
    title: Said
    system: str = ""

    @property
    def key(self) -> str:
        """一(八), 六(四)2, or 一 for a part."""
        words = numeral(self.number[0])
        if len(self.number) > 1:
            words += f"({numeral(self.number[1])})"
        return words + "".join(str(number) for number in self.number[2:])

    @property
    def anchor(self) -> str:
        return "s" + "-".join(map(str, self.number))

    @property
    def written(self) -> bool:
        """Whether prose stands under it (a part and a group hold only headings)."""
        return bool(self.system)

    def in_language(self, language: str) -> str:
        return self.title.en if language == "en" else self.title.zh


type _Listed = tuple[tuple[str, str], tuple[tuple[str, str, str], ...]]

_PARTS: tuple[_Listed, ...] = (
    (
        ("研究發展", "Research and development"),
        (
            ("R1", "專題委託研究", "Commissioned research"),
            ("R2", "機關自行研究", "In-house research"),
            ("R3", "市政建設學位論文獎補助", "Thesis awards and subsidies"),
            ("R4", "民意調查", "Opinion polls"),
            ("R5", "加強為民服務", "Service quality"),
            ("R6", "政府服務品質獎推薦", "Service Quality Award nominations"),
            ("R7", "城市發展半年刊", "City Development journal"),
            ("R8", "公務出國報告控管", "Reports on official trips abroad"),
            ("R9", "英語生活環境", "English-friendly environment"),
            ("R10", "大陸事務", "Mainland affairs"),
            ("R11", "大學校長與市長聯誼會報", "University presidents' council with the mayor"),
            ("R12", "政府出版品管理", "Government publications"),
            ("R13", "青年參與公共事務", "Youth participation"),
        ),
    ),
    (
        ("綜合計畫", "Planning"),
        (
            ("P1", "中程施政計畫與策略績效目標", "Mid-term plan and performance targets"),
            ("P2", "施政計畫先期作業", "Pre-review of the annual plan"),
            ("P3", "施政綱要與施政計畫", "Annual policy outline and plan"),
            ("P4", "健康社區計畫", "Healthy-community programme"),
            ("P5", "高屏跨域合作平台", "Kaohsiung–Pingtung cross-boundary platform"),
        ),
    ),
    (
        ("管制考核", "Control and evaluation"),
        (
            ("C1", "年度施政計畫管制", "Control of the annual plan"),
            ("C2", "市政會議列管", "Directives of the city meeting"),
            ("C3", "市營事業考核", "Evaluation of municipal enterprises"),
            ("C4", "擴大公共建設計畫管制", "Control of expanded public works"),
            ("C5", "莫拉克重建工程列管", "Control of Morakot reconstruction"),
            ("C6", "一般性基本設施補助計畫列管", "Control of the basic-infrastructure grant"),
        ),
    ),
    (
        ("工程品質查核", "Construction quality"),
        (
            ("Q1", "工程進度及品質查核", "Construction inspection"),
            ("Q2", "全民督工", "Citizen supervision of public works"),
            ("Q3", "工程教育訓練", "Engineering training"),
        ),
    ),
    (
        ("聯合服務", "Joint services"),
        (
            ("S1", "市政業務諮詢", "Municipal enquiries"),
            ("S2", "受理人民陳情", "Petitions"),
            ("S3", "法律諮詢", "Legal advice"),
            ("S4", "保健服務", "Health checks"),
            ("S5", "話務中心", "Call centre"),
        ),
    ),
)
_INFORMATION: tuple[_Listed, ...] = (
    (
        ("便民資訊應用", "Applications for the public"),
        (
            ("I1.1", "數位創意人才創作育成平台", "Digital-creative talent platform"),
            ("I1.2", "線上即時服務系統", "Service Online"),
            ("I1.3", "跨機關便民服務整合資訊平台", "Cross-agency exchange"),
            ("I1.4", "商業智慧決策分析系統", "Decision analysis"),
            ("I1.5", "登革熱疫情防治系統", "Dengue control"),
            ("I1.6", "議員所提地方建設建議事項系統", "Councillors' construction suggestions"),
        ),
    ),
    (
        ("共用資訊平台", "Shared platforms"),
        (
            ("I2.1", "公務員數位學習平台", "E-learning for civil servants"),
            ("I2.2", "員工郵件、帳號認證與單一簽入", "Staff mail, accounts and single sign-on"),
            ("I2.3", "全球資訊網行動版", "Mobile portal"),
            ("I2.4", "機關網站共用平台行動版型", "Mobile template of the shared agency sites"),
            ("I2.5", "社交工程演練與師資宣導", "Phishing drills and trainer briefings"),
            ("I2.6", "災害應變專區", "Disaster-response zone"),
        ),
    ),
    (
        ("資訊安全", "Information security"),
        (
            ("I3.1", "資訊安全管理制度", "Information security management"),
            ("I3.2", "主機弱點掃描", "Vulnerability scans"),
            ("I3.3", "資安監控與預警", "Security monitoring"),
            ("I3.4", "中文網域", "Internationalised domain name"),
            ("I3.5", "IPv6升級", "IPv6 upgrade"),
            ("I3.6", "修補服務", "Patch service"),
        ),
    ),
    (
        ("資訊基礎設施", "Infrastructure"),
        (
            ("I4.1", "電腦共構機房維護與異動", "Data-centre assets and changes"),
            ("I4.2", "網路管理與無線網路", "Network and wireless"),
            ("I4.3", "視訊會議與線上會談", "Video conferencing and online talk"),
            ("I4.4", "免費網頁電話", "Free web phone"),
            ("I4.5", "不斷電室自動滅火", "Fire suppression in the UPS room"),
            ("I4.6", "不斷電電池汰換", "Replacement of UPS batteries"),
            ("I4.7", "公共區域免費無線上網", "Free public Wi-Fi"),
            ("I4.8", "虛擬化平台", "Virtual-machine service"),
        ),
    ),
)


@cache
def outline() -> tuple[Section, ...]:
    """Every heading in reading order: parts, groups and the fifty-eight sections."""
    found: list[Section] = []
    for first, (part, listed) in enumerate(_PARTS, 1):
        found.append(Section((first,), Said(*part)))
        found += [Section((first, n), Said(zh, en), system) for n, (system, zh, en) in enumerate(listed, 1)]
    last = len(_PARTS) + 1
    found.append(Section((last,), Said("資訊業務", "Information services")))
    for second, (group, listed) in enumerate(_INFORMATION, 1):
        found.append(Section((last, second), Said(*group)))
        found += [
            Section((last, second, n), Said(zh, en), system) for n, (system, zh, en) in enumerate(listed, 1)
        ]
    return tuple(found)


def section(key: str) -> Section:
    """A section by its key. Raises LookupError."""
    for one in outline():
        if one.key == key:
            return one
    raise LookupError(key)


@dataclass(frozen=True)
class Paragraph:
    """What a room writes for one section: the stem of its template under the room's own folder."""

    room: Room
    section: str
    stem: str

    def template(self, language: str) -> str:
        return f"{self.room.label}/{self.stem}{'.en' if language == 'en' else ''}.html"


def sections_of(room: Room) -> tuple[tuple[str, str], ...]:
    """(section, stem) of everything the room writes; from its `figures.py`, else from a `report.py`."""
    for name in ("figures", "report"):
        module = room.part(name)
        if module is not None and hasattr(module, "SECTIONS"):
            return tuple((str(key), str(stem)) for key, stem in module.SECTIONS)
    return ()


@cache
def paragraphs() -> dict[str, tuple[Paragraph, ...]]:
    """The paragraphs of every section that some room in use writes. Raises LookupError for an unknown
    section.
    """
    found: dict[str, list[Paragraph]] = {}
    for room in rooms():
        for key, stem in sections_of(room):
            section(key)
            found.setdefault(key, []).append(Paragraph(room, key, stem))
    return {key: tuple(listed) for key, listed in found.items()}
