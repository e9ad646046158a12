"""Files that name their author in every place a file can, for the tests of blind review."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pikepdf

SECRET = "Lin-Yijun-Secret"
COMPANY = "Water-Bureau-Secret"


def jpeg(secret: str = SECRET) -> bytes:
    """A tiny JPEG with EXIF, a comment, and a picture header."""
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00" + secret.encode()
    app1 = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    note = secret.encode()
    comment = b"\xff\xfe" + struct.pack(">H", len(note) + 2) + note
    jfif = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    frame = b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"
    return (
        b"\xff\xd8" + jfif + app1 + comment + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x00\xff\xd9"
    )


def png(secret: str = SECRET) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
        + chunk(b"tEXt", b"Author\x00" + secret.encode())
        + chunk(b"eXIf", secret.encode())
        + chunk(b"IDAT", zlib.compress(b"\x00\x00"))
        + chunk(b"tIME", struct.pack(">HBBBBB", 2012, 1, 1, 0, 0, 0))
        + chunk(b"IEND", b"")
        + secret.encode()
    )


def pdf(text: str = "a study of drains", secret: str = SECRET) -> bytes:
    """Info, XMP, a remark, an attachment, private data, a photograph, and an earlier revision behind."""
    made = pikepdf.new()
    page = made.add_blank_page()
    font = made.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
    )
    page.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    page.Contents = made.make_stream(f"BT /F1 12 Tf 10 10 Td ({text}) Tj ET".encode())
    made.docinfo["/Author"] = secret
    made.docinfo["/Company"] = COMPANY
    with made.open_metadata() as meta:
        meta["dc:creator"] = [secret]
    page.Annots = made.make_indirect(
        pikepdf.Array(
            [
                made.make_indirect(
                    pikepdf.Dictionary(
                        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Text, T=pikepdf.String(secret),
                        Rect=[0, 0, 10, 10], Contents=pikepdf.String("a remark"),
                    )
                )
            ]
        )
    )  # fmt: skip
    made.attachments["cv.txt"] = secret.encode()
    page.PieceInfo = pikepdf.Dictionary(Tool=pikepdf.Dictionary(User=pikepdf.String(secret)))
    photo = made.make_stream(b"")
    photo.write(jpeg(secret), filter=pikepdf.Name.DCTDecode)
    photo.Type, photo.Subtype = pikepdf.Name.XObject, pikepdf.Name.Image
    photo.Width = photo.Height = 16
    page.Resources.XObject = pikepdf.Dictionary(P=photo)
    out = io.BytesIO()
    made.save(out)
    data = out.getvalue()
    # A later revision hides an object of the first one; its bytes stay in the file.
    old = f"\n9999 0 obj\n({secret} earlier words)\nendobj\n".encode()
    mark = data.rfind(b"startxref")
    return data[:mark] + old + data[mark:]


def _zip(parts: dict[str, str | bytes], first: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as box:
        if first:
            box.writestr("mimetype", first, zipfile.ZIP_STORED)
        for name, content in parts.items():
            box.writestr(name, content)
    return out.getvalue()


def odt(text: str = "a study of drains", secret: str = SECRET) -> bytes:
    ns = (
        'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:meta="urn:oasis:names:tc:opendocument:xmlns:meta:1.0"'
    )
    body = (
        f"<office:body><office:text><text:tracked-changes><text:changed-region><text:insertion>"
        f"<office:change-info><dc:creator>{secret}</dc:creator><dc:date>2012-01-01</dc:date>"
        f"</office:change-info></text:insertion></text:changed-region></text:tracked-changes>"
        f"<text:p>{text}<office:annotation><dc:creator>{secret}</dc:creator>"
        f"<meta:creator-initials>{secret}</meta:creator-initials></office:annotation></text:p>"
        f"<text:p><text:author-name text:fixed='true'>{secret}</text:author-name></text:p>"
        f"</office:text></office:body>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    head = '<?xml version="1.0" encoding="UTF-8"?>'
    meta = (
        f"{head}<office:document-meta {ns}><office:meta><meta:initial-creator>{secret}</meta:initial-creator>"
        f"<meta:user-defined meta:name='Company'>{COMPANY}</meta:user-defined></office:meta>"
        "</office:document-meta>"
    )
    manifest = (
        f'{head}<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
        '<manifest:file-entry manifest:full-path="Thumbnails/thumbnail.png" manifest:media-type="image/png"/>'
        "</manifest:manifest>"
    )
    return _zip(
        {
            "content.xml": f"{head}<office:document-content {ns}>{body}</office:document-content>",
            "meta.xml": meta,
            "Thumbnails/thumbnail.png": png(secret),
            "Pictures/1.jpg": jpeg(secret),
            "META-INF/manifest.xml": manifest,
        },
        kind,
    )


def docx(text: str = "a study of drains", secret: str = SECRET) -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    w = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    types = (
        f'{head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core"/>'
        '<Override PartName="/word/document.xml" ContentType="application/vnd.x"/></Types>'
    )
    rels = (
        f'{head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="t" Target="word/document.xml"/>'
        '<Relationship Id="r2" Type="t" Target="docProps/core.xml"/></Relationships>'
    )
    body = (
        f'{head}<w:document {w}><w:body><w:p w:rsidR="00AB12CD"><w:ins w:id="1" w:author="{secret}" '
        f'w:date="2012-01-01T00:00:00Z"><w:r><w:t>{text}</w:t></w:r></w:ins></w:p></w:body></w:document>'
    )
    comments = (
        f'{head}<w:comments {w}><w:comment w:id="1" w:author="{secret}" w:initials="{secret}"/></w:comments>'
    )
    settings = f'{head}<w:settings {w}><w:rsids><w:rsid w:val="00AB12CD"/></w:rsids></w:settings>'
    core = f"{head}<cp:core xmlns:cp='c' xmlns:dc='d'><dc:creator>{secret}</dc:creator></cp:core>"
    people = f'{head}<w15:people xmlns:w15="x"><w15:person w15:author="{secret}"/></w15:people>'
    app = f"{head}<Properties><Company>{COMPANY}</Company><Manager>{secret}</Manager></Properties>"
    return _zip(
        {
            "[Content_Types].xml": types,
            "_rels/.rels": rels,
            "word/document.xml": body,
            "word/comments.xml": comments,
            "word/settings.xml": settings,
            "word/people.xml": people,
            "word/media/image1.jpeg": jpeg(secret),
            "docProps/core.xml": core,
            "docProps/app.xml": app,
        }
    )
