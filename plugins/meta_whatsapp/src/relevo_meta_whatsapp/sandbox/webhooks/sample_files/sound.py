"""A voice message: two notes of a doorbell, in Opus, which nobody encodes by hand, in Ogg."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator

_SAMPLES = 960
"""Of a packet, at 48,000 a second."""
_SKIPPED = 312
_SERIAL = 0x52454C45
_POLYNOMIAL = 0x04C11DB7
_FIRST, _LAST = 2, 4
_NOTES = (
    "FyiBF/ceCO1RnO8zdyzZU+o2tXPipu4SLCiy/ENj7A43E76LqFSl91dOK1Qm89Qa6Z8aldJzhILuVUj/zM+F/WQH"
    "bQWmICija6TenH2DvSGsFOmVzJkSXftRcdyQan5Nej+VYer8KiihNVGbCOjshlSB/ZzDHn8iP31BwXHAxth2DroH"
    "JGqB97sjEyQbMNVBVCAooTVRmxA8hq1Bl2umzfbqqagnREaqCPIfiEMRoLIooCcooQ1d57SiXZhAObZXVRTRz3nP"
    "aCkAn852ZZIOp8GxV+17hdIzMEIfKJ/s8ZlvAJhcJxFbamoXMOrQpyQqX6OerZM2+SSCgB8on5boxtSiXZhAN4XI"
    "I1ZxXNYd4gH8GwsM8EsZNtXgJyiepJGbEDyGrUHgNjm9XnjvyAnEtzf8zj2Ohk0D8JWTzs0FZiv2YCEonpRgzISi"
    "XZhAahSKJROf16mbdr5H7h0rM0BJaGhkFSQlKJ1ZzHXQ9E14x3eU0UwSiQqK6OitCGfLJ5hPYQ+1RedYtqBlwCAo"
    "nVwxmxA8hq1Bl3MWRwhFfBtio12c54Zq8yWT6MC0ICAonQHE3px9g70h1rcdB4pq4bcAZbc8WxvRzYwfj9KXoCQo"
    "nG3HMoSq3XrCVtn21ixZrL9bMaeT8QJK44FcDAnuqD6/18AZKJwWpFhmG7hSj1m81x2+DMGkRP63nu7fwBsonA8a"
    "z2qq3XrCS5u2BlQ1REp/F0yhO3wIxcAVKJueZDD6pOHE53RgX6dg8tAE31yQHCg3K3EepLb9eJ7Bqv7BRHyXaWwf"
    "w2e7lwb/6IIWKDY9wNb0tum7fNzMiA564ivfqTvR4BooNSSe4Zrz9RySEO+JXt3fiYt0VWmJaCY5nCconMdRxuo7"
    "E1gOFVsILMVfmfeHAvxfMZYfFqOV0DM/ddRENhKBakApKKqW6tPevFD1YPl82wdwZijdRugLinQMlqUnNHRtH+Fv"
    "B+9Gf+q8FMArKKZfkjj3QNgVbEZX+YyPzh9zw/2/zzk2bi6Ki63KttCKv+07JovESsv+cC4opgLampcYQ60u1FHY"
    "2/tM4kyjgEBx2I669aDrqLySZtEsdnhMv+HSa7ugG3LiLCilB94iDMaPy4bWylj0B4QJgY6P9stOp+xtQFR9dd5j"
    "LGG1YwBpJlbFR3OALSilDU/mE6lB5xn1cC6Ym6h8PqeikB1yhTDycYi68T2q/mP992ftYBLtIAOGYisopRcyOynk"
    "zqoUXnhiJRrzGkV5r7pT8L/DY8CA5TBmqCx/rcgGRtowcmOQIyilB94iDMaPy4bVXtlxzEKWUvCyPNKMgpxQfDkr"
    "/86buuAsFiilFzI7KeTOqhReSGHc0dju5uvuPkAYKKO/fiIMxo/LhtT2w8VdL70529jU9vyAGyg8yzZv9mDivp2v"
    "Hr5MO2piHm9LQraxlDgOmBwoPDXeOQKT1veAsFU6mgKVHobV0xwrABW2n38QGyg78IPDaXVUDB3Sq4bzRSnFiNnP"
    "Rm/i1ZakdxsoOz1UCxl1cPfycYdWyuJlp4tGOPGD03bAW3weKDqU/jkClFFgqhxoo3EBf71brTH2HasbW59BVigI"
    "Hig6bOQLGXVTl+pBj3hjf0WGZz7zZ1mWa88HzYiQcB4oOauJMMl1Xh0ZVP6gXOwzOM3rmTp9clH68UPGjRAdKDj0"
    "HjkClCiQ1BaRTuXcP1jTpMENvUJHZyLsEUsfKDiuw8NpdV4UeUAxBYi6aL/qq3atl3Lc366HKuOAIB4oOCOuOQKU"
    "KH7cHYVJ2xlXdZt8fv2suxKe9swYGyAfKDdTPjkClFcZJZZnL4km3setEz77gTaB51GPMxm9Kh4oN1M+OQKUAa0A"
    "MM2D6SQOX8dlCIPCWoekdcxs90odKDaCzjkClFEsFJZ6Ge5S/d1i8DLYO1aJu0gVIIAcKDY9c8NpdW/KJ2WhGQl1"
    "GHxiLrMdrMfV+9TquBsoNSGfI7aA88rwmRIOTlJS58SbjyLKYmp1UzAYKDR+//7LKemynjYOJMpbCdX24nsE9V44"
    "GygzON8jtqAymlHeciimamWHIlGxSuclp7704BwoMpY//ssp/NQW9ZoZTrcOwA24UHrk0K1KFSGAHCgw8ha4iyof"
    "NVHYWpksHOtJOtyjp9PGyAcUTBAcKC9nXyO2oQCmdwTt5a1ngUoILW+1QVqJKKU1dBwoLwlWuIsp/ssgJnDQF/ng"
    "yQG0w+YQ3qmba/5HHSgtfp8jtqB9MG1mQAC/mzTbVT12s/Qe/DCA5vVfHCgtIJa4iyoMvf3kn2VrznLEaG7NVZ3O"
    "drRUhDwcKClkXrsTQSZqaT9p5r7cxtUM4LSoenFbEs6AlBAoJAK1fQODZcGkyKJefWuA"
)
"""Packets, each after its length: a tone of 659 Hz and one of 523 Hz, made for this file."""


def play_ogg() -> bytes:
    """Put the packets into pages."""
    head = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, _SKIPPED, 48_000, 0, 0)
    tags = b"OpusTags" + struct.pack("<I", 7) + b"sandbox" + struct.pack("<I", 0)
    packets = list(_packets())
    ends = len(packets) * _SAMPLES
    return _page(0, _FIRST, 0, [head]) + _page(1, 0, 0, [tags]) + _page(2, _LAST, ends, packets)


def _packets() -> Iterator[bytes]:
    content = base64.b64decode(_NOTES)
    place = 0
    while place < len(content):
        length = content[place]
        yield content[place + 1 : place + 1 + length]
        place += 1 + length


def _page(number: int, kind: int, ends: int, packets: list[bytes]) -> bytes:
    segments = b"".join(
        bytes((255,)) * (len(one) // 255) + bytes((len(one) % 255,)) for one in packets
    )
    head = b"OggS" + struct.pack("<BBqIII", 0, kind, ends, _SERIAL, number, 0)
    page = head + bytes((len(segments),)) + segments + b"".join(packets)
    return page[:22] + struct.pack("<I", _check(page)) + page[26:]


def _check(page: bytes) -> int:
    """Give the check sum of Ogg, which is not that of zlib."""
    check = 0
    for one in page:
        check ^= one << 24
        for _ in range(8):
            check = ((check << 1) ^ (_POLYNOMIAL if check & 0x80000000 else 0)) & 0xFFFFFFFF
    return check
