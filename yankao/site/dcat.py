"""The catalogue of open data as JSON-LD in the words of DCAT-AP: one data set per register or count,
each file a distribution. Titles and descriptions stand in both languages.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import override

from yankao.kernel.people.geography import city

LANGUAGES = {"zh-hant": "zh-Hant-TW", "en": "en"}
EU = "http://publications.europa.eu/resource/authority"
FORMATS = {
    "csv": (f"{EU}/file-type/CSV", "https://www.iana.org/assignments/media-types/text/csv"),
    "json": (f"{EU}/file-type/JSON", "https://www.iana.org/assignments/media-types/application/json"),
}
CONTEXT = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True)
class Offered:
    """One data set as the page and the catalogue tell it. `page` and `files` are paths of the site; `every`
    is a code of the EU's frequency list, `since` the first day it tells of.
    """

    code: str
    title: Callable[[], str]
    about: Callable[[], str]
    page: str
    files: Sequence[tuple[str, str]]
    every: str
    keywords: Callable[[], Sequence[str]]
    since: date | None = None
    until: date | None = None
    years: Sequence[int] = ()


def words(told: Callable[[], str]) -> list[dict[str, str]]:
    """The same words in both languages."""
    found = []
    for language, tag in LANGUAGES.items():
        with override(language):
            found.append({"@value": told(), "@language": tag})
    return found


def _node(address: str, kind: str = "") -> dict[str, Any]:
    return {"@id": address, **({"@type": kind} if kind else {})}


def _publisher(root: str) -> dict[str, Any]:
    told = city()
    names = [{"@value": told.name, "@language": "zh-Hant-TW"}, {"@value": told.name_en, "@language": "en"}]
    return {"@id": f"{root}/#publisher", "@type": "foaf:Organization", "foaf:name": names}


def _contact(root: str) -> dict[str, Any]:
    found: dict[str, Any] = {"@id": f"{root}/#contact", "@type": "vcard:Organization",
                             "vcard:fn": city().name}  # fmt: skip
    given = settings.OPEN311_CONTACT
    if "@" in given and " " not in given:
        return {**found, "vcard:hasEmail": _node(f"mailto:{given}")}
    return {**found, "vcard:hasURL": _node(f"{root}/open-data/")}


def _distribution(root: str, one: Offered, form: str, path: str) -> dict[str, Any]:
    kind, media = FORMATS[form]
    return {
        "@id": f"{root}/open-data/#{one.code}-{form}",
        "@type": "dcat:Distribution",
        "dct:title": words(lambda: f"{one.title()} ({form.upper()})"),
        "dcat:accessURL": _node(f"{root}{one.page}"),
        "dcat:downloadURL": _node(f"{root}{path}"),
        "dct:format": _node(kind, "dct:MediaTypeOrExtent"),
        "dcat:mediaType": _node(media, "dct:MediaType"),
        "dct:license": _node(settings.OPEN_DATA_LICENCE, "dct:LicenseDocument"),
    }


def _day(day: date) -> dict[str, str]:
    return {"@type": "xsd:date", "@value": day.isoformat()}


def dataset(root: str, one: Offered) -> dict[str, Any]:
    """One entry."""
    found: dict[str, Any] = {
        "@id": f"{root}/open-data/#{one.code}",
        "@type": "dcat:Dataset",
        "dct:identifier": one.code,
        "dct:title": words(one.title),
        "dct:description": words(one.about),
        "dct:publisher": _node(f"{root}/#publisher"),
        "dcat:contactPoint": _node(f"{root}/#contact"),
        "dct:accrualPeriodicity": _node(f"{EU}/frequency/{one.every}", "dct:Frequency"),
        "dct:language": [_node(f"{EU}/language/ZHO"), _node(f"{EU}/language/ENG")],
        "dct:accessRights": _node(f"{EU}/access-right/PUBLIC", "dct:RightsStatement"),
        "dcat:theme": _node(f"{EU}/data-theme/GOVE"),
        "dcat:landingPage": _node(f"{root}{one.page}", "foaf:Document"),
        "dcat:distribution": [_distribution(root, one, form, path) for form, path in one.files],
    }
    keywords = [
        {"@value": word, "@language": tag}
        for language, tag in LANGUAGES.items()
        for word in _said(one.keywords, language)
    ]
    if keywords:
        found["dcat:keyword"] = keywords
    if one.since:
        ends = {"dcat:endDate": _day(one.until)} if one.until else {}
        found["dct:temporal"] = {"@type": "dct:PeriodOfTime", "dcat:startDate": _day(one.since), **ends}
    return found


def _said(told: Callable[[], Sequence[str]], language: str) -> list[str]:
    with override(language):
        return [str(word) for word in told()]


def catalogue(root: str, sets: Sequence[Offered], title: Callable[[], str], about: Callable[[], str],
              today: date) -> dict[str, Any]:  # fmt: skip
    """The whole document; `root` is the site's address without the slash at its end."""
    return {
        "@context": CONTEXT,
        "@id": f"{root}/open-data/",
        "@type": "dcat:Catalog",
        "dct:title": words(title),
        "dct:description": words(about),
        "dct:publisher": _publisher(root),
        "dct:language": [_node(f"{EU}/language/ZHO"), _node(f"{EU}/language/ENG")],
        "dct:license": _node(settings.OPEN_DATA_LICENCE, "dct:LicenseDocument"),
        "dct:modified": _day(today),
        "foaf:homepage": _node(f"{root}/open-data/", "foaf:Document"),
        "dcat:themeTaxonomy": _node(f"{EU}/data-theme"),
        "dcat:dataset": [{**dataset(root, one), "dcat:contactPoint": _contact(root)} for one in sets],
    }
