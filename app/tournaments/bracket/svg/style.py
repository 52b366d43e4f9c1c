"""Colours and letters of the picture, in light and dark.

Plain rules, no CSS variables: not only browsers show pictures. Text stands out from whatever it may
lie on by 4.5 to 1 or more, and lines that mean something by 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11).
"""

PALETTES = {
    "light": {
        "page": "#ffffff",
        "box": "#ffffff",
        "band": "#eef1f5",
        "won": "#dcebfe",
        "border": "#848d97",
        "rule": "#d1d9e0",
        "link": "#848d97",
        "path": "#3d6fb4",
        "text": "#1f2328",
        "muted": "#545d68",
        "accent": "#0a58c2",
        "good": "#116329",
        "warn": "#7d4e00",
        "bad": "#b3121d",
    },
    "dark": {
        "page": "#0d1117",
        "box": "#151b23",
        "band": "#212830",
        "won": "#173358",
        "border": "#6e7681",
        "rule": "#3d444d",
        "link": "#6e7681",
        "path": "#5b93dd",
        "text": "#f0f6fc",
        "muted": "#a3adb8",
        "accent": "#79b8ff",
        "good": "#56d364",
        "warn": "#e3b341",
        "bad": "#ff8f87",
    },
}

SHAPES = """
.bracket text{font:13px "Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",Arial,\
sans-serif;font-variant-numeric:tabular-nums}
.bracket .h1{font-size:22px;font-weight:700}
.bracket .h2{font-size:16px;font-weight:700}
.bracket .b{font-weight:700}
.bracket .s{font-size:11px}
.bracket .e{text-anchor:end}
.bracket .i{font-style:italic}
.bracket .o{text-decoration:line-through}
.bracket path{fill:none}
.bracket .link{stroke-width:1.5}
.bracket .path{stroke-width:2}
.bracket .rule{shape-rendering:crispEdges}
"""
COLOURS = """
.bracket .page{{fill:{page}}}
.bracket .box{{fill:{box};stroke:{border}}}
.bracket .band{{fill:{band}}}
.bracket .won{{fill:{won}}}
.bracket .bar{{fill:{accent}}}
.bracket .rule{{stroke:{rule}}}
.bracket .link{{stroke:{link}}}
.bracket .path{{stroke:{path}}}
.bracket text{{fill:{text}}}
.bracket .muted{{fill:{muted}}}
.bracket .good{{fill:{good}}}
.bracket .warn{{fill:{warn}}}
.bracket .bad{{fill:{bad}}}
"""


def stylesheet(theme: str) -> str:
    """`theme` is light, dark, or auto, which is what the reader prefers. Raises ValueError."""
    if theme == "auto":
        light, dark = (COLOURS.format(**PALETTES[each]) for each in ("light", "dark"))
        return f"{SHAPES}{light}@media (prefers-color-scheme:dark){{{dark}}}"
    if theme not in PALETTES:
        raise ValueError(f"No theme: {theme}")
    return SHAPES + COLOURS.format(**PALETTES[theme])
