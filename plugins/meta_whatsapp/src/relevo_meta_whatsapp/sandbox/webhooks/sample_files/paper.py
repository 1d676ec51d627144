"""A page of paper as PDF."""

from __future__ import annotations

_WORDS = (
    b"0.96 0.93 0.86 rg 0 0 420 298 re f "
    b"0.71 0.33 0.04 rg 40 228 340 4 re f "
    b"0.1 0.1 0.1 rg BT /F1 24 Tf 40 244 Td (A sample of the sandbox) Tj ET "
    b"BT /F1 13 Tf 40 196 Td (Nobody wrote this page, and it reaches nobody.) Tj ET"
)

_FONTS = b"/Resources << /Font << /F1 5 0 R >> >>"


def write_pdf() -> bytes:
    """Write a page of A6 in landscape."""
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 298] /Contents 4 0 R %s >>" % _FONTS,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(_WORDS), _WORDS),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    begins = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        written += b"%010d 00000 n \n" % place
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    written += b"startxref\n%d\n%%%%EOF\n" % begins
    return bytes(written)
