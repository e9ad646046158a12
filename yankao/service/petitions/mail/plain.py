"""Text of an HTML mail: what a reader sees, without its looks; links keep their address."""

from __future__ import annotations

import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main",
        "nav", "ol", "p", "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul",
    }
)  # fmt: skip
APART = frozenset({"p", "h1", "h2", "h3", "blockquote", "table"})
UNSEEN = frozenset({"head", "script", "style", "template", "title", "noscript", "object", "svg"})
EMPTY = frozenset(
    {
        "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr",
    }
)  # fmt: skip
HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(px|pt|em)?\s*(;|$)", re.I)
DEEPEST = 200
"""Elements nested deeper than this are read as if they lay beside each other."""


class _Reader(HTMLParser):
    def __init__(self, pictures: dict[str, str]) -> None:
        super().__init__(convert_charrefs=True)
        self.pictures = pictures
        self.parts: list[str] = []
        self.open: list[tuple[str, bool, str]] = []  # name, whether unseen, address of a link
        self.unseen = 0
        self.quoted = 0
        self.kept = 0  # inside <pre>
        self.lines = 0  # how many line ends are due before the next words

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._write("\n")
        elif tag == "img":
            self._picture(told)
        if tag in EMPTY:
            if tag == "hr":
                self._apart(1)
            return
        if tag in BLOCKS:
            self._apart(2 if tag in APART else 1)
        if tag == "blockquote":
            self.quoted += 1
        elif tag == "li":
            self._write("・")
        elif tag == "pre":
            self.kept += 1
        unseen = tag in UNSEEN or bool(HIDDEN.search(told.get("style", ""))) or "hidden" in told
        if len(self.open) < DEEPEST:
            self.open.append((tag, unseen, told.get("href", "") if tag == "a" else ""))
            self.unseen += unseen

    def handle_endtag(self, tag: str) -> None:
        if not any(name == tag for name, _unseen, _href in self.open):
            return
        while True:
            name, unseen, href = self.open.pop()
            self.unseen -= unseen
            self._ended(name, href)
            if name == tag:
                return

    def _ended(self, tag: str, href: str) -> None:
        if tag == "a" and href.startswith(("http:", "https:")) and href not in "".join(self.parts[-4:]):
            self._write(f"（{href}）")
        elif tag in ("td", "th"):
            self._write("\t")
        elif tag == "blockquote":
            self.quoted -= 1
        elif tag == "pre":
            self.kept -= 1
        if tag in BLOCKS:
            self._apart(2 if tag in APART else 1)

    def handle_data(self, data: str) -> None:
        self._write(data if self.kept else re.sub(r"[ \t\r\n\f]+", " ", data))

    def _picture(self, told: dict[str, str]) -> None:
        source = told.get("src", "")
        name = self.pictures.get(source.removeprefix("cid:"), "") if source.startswith("cid:") else ""
        words = name or told.get("alt", "").strip()
        if words:
            self._write(f"〔圖：{words}〕")

    def _apart(self, lines: int) -> None:
        """The next words stand on a line of their own, with an empty one before for `lines` 2."""
        if not self.unseen:
            self.lines = max(self.lines, lines)

    def _write(self, text: str) -> None:
        if self.unseen:
            return
        if self.lines and not self.kept and not text.strip():
            return
        text = "\n" * self.lines + text
        self.lines = 0
        self.parts.append(text.replace("\n", "\n" + "> " * self.quoted) if self.quoted else text)


def text_of(html: str, pictures: dict[str, str] | None = None) -> str:
    """What the page says, line by line. `pictures` names those that the mail carries, by Content-ID.

    Quotations come out with "> " before their lines, as plain mails write them.
    """
    reader = _Reader(pictures or {})
    reader.feed(html)
    reader.close()
    return tidy("".join(reader.parts))


def tidy(text: str) -> str:
    """Without trailing blanks, with one empty line at most between two others."""
    lines = [
        re.sub(r"[ \u00a0\u3000]*\t[ \u00a0\u3000]*(?=$|\t)", "", re.sub(r" {2,}", " ", line)).rstrip()
        for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    ]
    kept: list[str] = []
    for line in lines:
        line = line.lstrip(" ") if not line.startswith((">", "\t")) else line
        bare = not line.strip("> \u00a0\u3000\u200b")
        if bare and (not kept or not kept[-1].strip("> \u00a0\u3000\u200b")):
            continue
        kept.append("" if bare else line)
    return "\n".join(kept).strip("\n")
