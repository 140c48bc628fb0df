"""The plots of the report, as SVG whose colours are the page's: right in dark and in light.

Matplotlib draws in stand-in colours, each of which becomes a CSS variable of the page.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from index.errors import FootnoteError

from .estimates import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Point = tuple[float, float]

SERIES = 6
"""Runs that have a colour of their own; after that colours come again, with other markers."""

WIDTH = 4.6
"""Inches: a little more than a telephone's screen, so that the text stays legible there."""

_INK, _SOFT, _RULE = "#000001", "#000002", "#000003"
_COLOURS = [f"#0001{n:02x}" for n in range(SERIES)]
_VARIABLES = {_INK: "--ink", _SOFT: "--soft", _RULE: "--rule"} | {
    colour: f"--series-{n}" for n, colour in enumerate(_COLOURS)
}
_MARKERS = "osD^vPX*<>"
_HOLLOW = "sD^vo<>ph"
_DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)))

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_SETTINGS = {
    "svg.fonttype": "none",  # text stays text, and takes the page's font
    "svg.hashsalt": "footnote",
    "text.parse_math": False,  # a name with two dollar signs is no formula
    "font.size": 10.5,
    "font.family": "DejaVu Sans",
    "axes.edgecolor": _SOFT,
    "axes.labelcolor": _SOFT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": _RULE,
    "grid.linewidth": 0.8,
    "text.color": _INK,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "xtick.labelcolor": _INK,
    "ytick.labelcolor": _INK,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.5,
    "figure.constrained_layout.use": True,
}


@dataclass(frozen=True, slots=True)
class Line:
    """A series of a plot.

    run:   number of its run, which is its colour and marker; None for a rival, hollow and grey.
    dash:  number of its dashes, or of a rival's marker, where several are told apart.
    """

    name: str
    points: Sequence[Point]
    run: int | None = None
    dash: int = 0


@dataclass(frozen=True, slots=True)
class Dots:
    """Estimates with their intervals, one for each row of a plot; None where there is nothing."""

    name: str
    estimates: Sequence[Estimate | None]
    run: int | None = None


def lines(
    name: str, given: Sequence[Line], x: str, y: str, log: bool = False, steps: bool = False
) -> str:
    """Shares over something, as the SVG element of a name. A line of one point is that point."""

    def draw(axes: Axes) -> None:
        for line in given:
            xs, ys = [p[0] for p in line.points], [p[1] for p in line.points]
            look = _look(line.run, line.dash)
            if len(xs) > 12:
                look["marker"] = ""
            axes.plot(xs, ys, label=line.name, drawstyle="steps-post" if steps else None, **look)
        if log:
            _logarithmic(axes, [x for line in given for x, _ in line.points])
        else:
            axes.set_xlim(-0.02, 1.02)
            axes.xaxis.set_major_formatter(_percent)
        axes.set_ylim(-0.02, 1.02)
        axes.yaxis.set_major_formatter(_percent)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        _legend(axes, [each.name for each in given])

    return _drawn(name, draw, 3.3 + _legend_height([each.name for each in given]))


def dots(name: str, rows: Sequence[str], given: Sequence[Dots]) -> str:
    """A row for each name, with a dot and its interval for each series."""

    def draw(axes: Axes) -> None:
        gap = 0.72 / max(1, len(given))
        for number, series in enumerate(given):
            at = [r - 0.36 + gap * (number + 0.5) for r in range(len(rows))]
            _whiskers(axes, at, series)
        axes.set_yticks(range(len(rows)), list(rows))
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlim(-0.02, 1.02)
        axes.xaxis.set_major_formatter(_percent)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        _legend(axes, [each.name for each in given])

    height = (
        0.5
        + len(rows) * max(0.3, 0.14 * len(given))
        + _legend_height([each.name for each in given])
    )
    return _drawn(name, draw, height)


def _whiskers(axes: Axes, at: Sequence[float], series: Dots) -> None:
    there = [(y, e) for y, e in zip(at, series.estimates, strict=True) if e is not None]
    look = _look(series.run) | {"linestyle": ""}
    axes.hlines(
        [y for y, _ in there], [e.low for _, e in there], [e.high for _, e in there],
        colors=look["color"], linewidth=1.6,
    )  # fmt: skip
    means = [e.mean for _, e in there]
    axes.plot(means, [y for y, _ in there], label=series.name, **look)


def _look(run: int | None, dash: int = 0) -> dict[str, Any]:
    if run is None:
        marker = _HOLLOW[dash % len(_HOLLOW)]
        return {"color": _SOFT, "marker": marker, "fillstyle": "none", "linestyle": ""}
    marker, dashes = _MARKERS[run % len(_MARKERS)], _DASHES[dash % len(_DASHES)]
    return {"color": _COLOURS[run % SERIES], "marker": marker, "linestyle": dashes}


def _legend(axes: Axes, names: Sequence[str]) -> None:
    """Below the axes, unless there is nothing to tell apart."""
    if len(names) > 1:
        handles, _ = axes.get_legend_handles_labels()
        shown = [n if len(n) <= _LONG else n[: _LONG - 1] + "…" for n in names]
        axes.figure.legend(
            handles, shown, loc="outside lower left", ncols=_columns(names), handlelength=2.6,
            columnspacing=1.2,
        )  # fmt: skip


_LONG, _HALF = 48, 21
"""Characters of a name that fit below the axes, and beside another."""


def _columns(names: Sequence[str]) -> int:
    return 2 if max(map(len, names)) <= _HALF else 1


def _legend_height(names: Sequence[str]) -> float:
    return 0.2 * -(-len(names) // _columns(names)) if len(names) > 1 else 0.0


def _percent(share: float, _: object = None) -> str:
    return f"{100 * share:.0f}%"


def _logarithmic(axes: Axes, xs: Sequence[float]) -> None:
    axes.set_xscale("log")
    least, most = min(xs), max(xs)
    ticks = [s * 10**e for e in range(-4, 5) for s in (1, 2, 5)]
    shown = [t for t in ticks if least * 0.99 <= t <= most * 1.01] or [least]
    # Two decades and more need no twos and fives.
    shown = [t for t in shown if f"{t:e}"[0] == "1"] if len(shown) > 8 else shown
    axes.set_xticks(shown, [f"{t:g}" for t in shown])
    axes.minorticks_off()


def _drawn(name: str, draw: Callable[[Axes], None], height: float) -> str:
    """An SVG of this height in inches, which the page may scale."""
    try:
        import matplotlib
        from matplotlib.figure import Figure
    except ImportError:
        raise FootnoteError(
            "the report draws with matplotlib, which is not installed: "
            "pip install 'footnote-qa[eval]'"
        ) from None
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(WIDTH, height))
        draw(figure.add_subplot())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _themed(buffer.getvalue(), name)


def _themed(svg: str, mark: str) -> str:
    """The picture alone: the page's colours and font, ids that begin with a mark, no metadata."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", _XLINK)
    root = ElementTree.fromstring(svg)
    for name in ("metadata", "defs"):
        for child in root.findall(f"{{{_SVG}}}{name}"):
            if name == "metadata" or child.find(f"{{{_SVG}}}style") is not None:
                root.remove(child)
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == "id":
                element.set(name, f"{mark}-{value}")
            elif value.startswith("#"):
                element.set(name, f"#{mark}-{value[1:]}")
            elif value.startswith("url(#"):
                element.set(name, f"url(#{mark}-{value[5:]}")
            elif name == "style":
                element.set(name, _style(value))
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.set("aria-hidden", "true")
    return ElementTree.tostring(root, encoding="unicode")


def _style(style: str) -> str:
    kept = [part for part in style.split("; ") if not part.startswith("font-family")]
    out = "; ".join(kept)
    for colour, variable in _VARIABLES.items():
        out = out.replace(colour, f"var({variable})")
    return out
