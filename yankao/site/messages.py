"""Message catalogues: take sentences out of the sources, compile translations, check that none is missing.

    python -m yankao.site.messages extract    new sentences into every package's English catalogue
    python -m yankao.site.messages compile    django.po → django.mo where the source is newer
    python -m yankao.site.messages check      exit code 1 when a sentence lacks its English

The sources speak Traditional Chinese; English stands in `<package>/locale/en/LC_MESSAGES/django.po`. A
sentence belongs to the nearest package above it with a `locale` folder, else to its room or kernel package
(`yankao/research/trips`, `yankao/kernel/casework`) or its floor (`yankao/desk`). Needs Babel, but no Django.
"""

from __future__ import annotations

import argparse
import io
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HOUSE = Path(__file__).resolve().parent.parent
CATALOGUE = Path("locale") / "en" / "LC_MESSAGES" / "django.po"
MANY_ROOMS = {"kernel", "research", "planning", "control", "inspection", "service", "information"}
TEMPLATES = {".html", ".txt", ".xml", ".svg", ".jinja"}
KEYWORDS: dict[str, Any] = {
    name: spec
    for suffix in ("", "_lazy", "_noop")
    for name, spec in {
        f"gettext{suffix}": None,
        f"ngettext{suffix}": (1, 2),
        f"pgettext{suffix}": ((1, "c"), 2),
        f"npgettext{suffix}": ((1, "c"), 2, 3),
    }.items()
} | {"_": None}
TEMPLATE_OPTIONS = {"silent": "false", "trimmed": "true", "encoding": "utf-8"}
HAN = re.compile(r"[\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
PLACEHOLDER = re.compile(r"%\((\w+)\)[#0 +-]*\d*(?:\.\d+)?[a-z]|(?<!\{)\{(\w*)[^{}]*\}(?!\})|%[sd]")
HEADER = """msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""

type Key = tuple[str, str | None]


class UnreadableSource(Exception):
    """A source or catalogue cannot be parsed; the message names it."""


@dataclass
class Sentence:
    """A sentence of the sources: singular, plural where it has one, context, and the files that say it."""

    text: str
    plural: str | None
    context: str | None
    files: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        return (self.text, self.context)


def owner(source: Path, house: Path = HOUSE) -> Path:
    """The package folder whose catalogue holds the sentences of `source`."""
    for folder in source.parents:
        if folder == house:
            break
        if (folder / "locale").is_dir():
            return folder
    parts = source.relative_to(house).parts[:-1]
    depth = 2 if parts and parts[0] in MANY_ROOMS else 1
    return house.joinpath(*parts[:depth])


def sources(house: Path = HOUSE) -> Iterator[tuple[Path, str]]:
    """Every file that may speak to people, with Babel's method of reading it; tests speak to nobody."""
    for path in sorted(house.rglob("*")):
        parts = path.relative_to(house).parts
        if "tests" in parts or "migrations" in parts or "static" in parts:
            continue
        if path.suffix == ".py":
            yield path, "python"
        elif path.suffix in TEMPLATES and "templates" in parts:
            yield path, "jinja2.ext.babel_extract"


def sentences(house: Path = HOUSE) -> dict[Path, dict[Key, Sentence]]:
    """Every sentence of the sources, by the package that owns it."""
    found: dict[Path, dict[Key, Sentence]] = defaultdict(dict)
    for path, method in sources(house):
        options = {} if method == "python" else TEMPLATE_OPTIONS
        try:
            told = list(extract_from_file(method, str(path), keywords=KEYWORDS, options=options))
        except Exception as error:
            raise UnreadableSource(f"{path.relative_to(house.parent)}: {error}") from error
        for _line, message, _comments, context in told:
            text, plural = (message[0], message[1]) if isinstance(message, tuple) else (message, None)
            sentence = Sentence(text, plural, context)
            kept = found[owner(path, house)].setdefault(sentence.key, sentence)
            kept.plural = kept.plural or plural
            kept.files.add(str(path.relative_to(house.parent)))
    return found


def catalogue(package: Path) -> Catalog:
    """The English catalogue of a package, empty when it has none yet."""
    path = package / CATALOGUE
    if not path.exists():
        return Catalog(locale="en")
    try:
        with path.open("rb") as file:
            return read_po(file, locale="en", abort_invalid=True)
    except Exception as error:
        raise UnreadableSource(f"{path}: {error}") from error


def _po_files(house: Path) -> list[Path]:
    return sorted(house.rglob(str(CATALOGUE)))


def english(message: Any) -> tuple[str, ...]:
    """The translations of a message, one for each plural form; empty when any is missing or unsure."""
    if message is None or message.fuzzy:
        return ()
    forms = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return tuple(forms) if all(forms) else ()


def extract(house: Path = HOUSE) -> list[str]:
    """Bring every catalogue up to its sources: new sentences empty, unused ones out; returns the files."""
    written = []
    for package, said in sorted(sentences(house).items()):
        old, new = catalogue(package), Catalog(locale="en")
        for key in sorted(said, key=lambda key: (min(said[key].files), *map(str, key))):
            sentence, before = said[key], old.get(*key)
            identity = (sentence.text, sentence.plural) if sentence.plural else sentence.text
            forms = english(before)
            fits = len(forms) == (2 if sentence.plural else 1)
            kept = (forms if sentence.plural else forms[0]) if fits else None
            locations = [(name, 0) for name in sorted(sentence.files)]
            new.add(identity, kept, locations=locations, context=sentence.context)
        text = io.BytesIO()
        write_po(text, new, omit_header=True, width=110, include_lineno=False)
        path = package / CATALOGUE
        content = HEADER.encode() + text.getvalue()
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            written.append(str(path.relative_to(house.parent)))
    return written


def compile_all(house: Path = HOUSE) -> int:
    """Write django.mo beside every django.po that is newer; returns how many were written."""
    count = 0
    for path in _po_files(house):
        compiled = path.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        partial = compiled.with_suffix(".mo.partial")
        with partial.open("wb") as file:
            write_mo(file, catalogue(path.parents[3]))
        partial.replace(compiled)
        count += 1
    return count


def check(house: Path = HOUSE) -> list[str]:
    """What is wrong with the English, one line each: missing, still Chinese, or with other placeholders.

    Django merges all catalogues, so a sentence translated by one package is translated for all.
    """
    kept = {path.parents[3]: catalogue(path.parents[3]) for path in _po_files(house)}
    wrong = []
    for package, said in sorted(sentences(house).items()):
        places = [kept[package], *kept.values()] if package in kept else list(kept.values())
        for sentence in said.values():
            where = ", ".join(sorted(sentence.files))
            forms = next(filter(None, (english(place.get(*sentence.key)) for place in places)), ())
            if not forms:
                wrong.append(f"{where}: no English for “{sentence.text}”")
            wanted = _placeholders(sentence.text)
            for form in forms:
                if HAN.search(form):
                    wrong.append(f"{where}: English still with Chinese of “{sentence.text}”: “{form}”")
                if not _placeholders(form) <= wanted | _placeholders(sentence.plural or ""):
                    wrong.append(f"{where}: other placeholders in the English of “{sentence.text}”: “{form}”")
    return wrong


def _placeholders(text: str) -> set[str]:
    return {match.group(1) or match.group(2) or match.group(0) for match in PLACEHOLDER.finditer(text)}


def main(arguments: list[str] | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m yankao.site.messages", description=about)
    parser.add_argument("action", choices=["extract", "compile", "check"])
    action = parser.parse_args(arguments).action
    try:
        if action == "extract":
            lines = extract()
        elif action == "compile":
            lines = [f"{count} catalogues compiled"] if (count := compile_all()) else []
        else:
            lines = check()
    except UnreadableSource as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in lines)
    return 1 if action == "check" and lines else 0


if __name__ == "__main__":
    sys.exit(main())
