"""Small files as scanners and telephones make them: whole ones, to be torn by tests."""

import io
import zipfile

import pikepdf
import pillow_heif
from PIL import Image, ImageDraw

PDF = (
    b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
    b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<<>>>>\nendobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000015 00000 n \n0000000062 00000 n \n"
    b"0000000115 00000 n \ntrailer\n<</Size 4/Root 1 0 R>>\nstartxref\n192\n%%EOF\n"
)
"""One empty page."""


def pdf(note: bytes = b"", *, password: str = "") -> bytes:
    """A page as a library writes it."""
    document, file = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    if note:
        document.Root["/Note"] = pikepdf.String(note.decode())
    locked = pikepdf.Encryption(user=password, owner=password) if password else None
    document.save(file, encryption=locked or False, deterministic_id=not locked)
    return file.getvalue()


def picture(kind: str, size: tuple[int, int] = (120, 90)) -> bytes:
    """A picture with something in it, by Pillow's name of the format, or HEIF."""
    image, file = Image.new("RGB", size, "white"), io.BytesIO()
    ImageDraw.Draw(image).ellipse((10, 10, size[0] - 10, size[1] - 10), fill="navy")
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(file)
    else:
        image.save(file, kind)
    return file.getvalue()


def zipped(*members: str, content: bytes = b"content", how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP with these members, all the same inside."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", how) as archive:
        for member in members:
            archive.writestr(zipfile.ZipInfo(member), content, how)  # not dated: tests have names
    return file.getvalue()


def recording(brand: bytes = b"isom", *boxes: bytes) -> bytes:
    """An MP4, or an M4A by its brand, with an index and a second of nothing."""

    def box(name: bytes, content: bytes) -> bytes:
        return (len(content) + 8).to_bytes(4) + name + content

    names = boxes or (b"moov", b"mdat")
    return box(b"ftyp", brand + bytes(4) + brand) + b"".join(box(each, bytes(64)) for each in names)
