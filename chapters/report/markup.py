"""HTML as it is needed here: elements inside elements. Text stays text, whatever stands in it."""

from __future__ import annotations

import html

VOID = ("col", "img", "input", "meta")  # elements that hold nothing have no end tag
# What HTML does not allow in a text, tab and newline aside, and halves of surrogate pairs, which UTF-8 does not.
CONTROLS = {
    code: "\ufffd" for code in [*range(9), 11, 12, *range(13, 32), *range(127, 160), *range(0xD800, 0xE000)]
}


class Html(str):
    """A string that is markup; any other is a text."""


def text(words: object) -> Html:
    """A text as markup: `<` is a sign in it, and begins nothing."""
    return words if isinstance(words, Html) else Html(html.escape(str(words).translate(CONTROLS)))


def element(name: str, /, *inside: object, **attributes: object) -> Html:
    """<name attribute="...">inside</name>.

    Args:
        name: of the element.
        inside: texts, and markup from here.
        attributes: True stands without a value, None and False not at all; `class_` and `for_` are class and for,
            and an underscore within is a hyphen.

    Example:
        >>> element("p", "1 < 2, ", element("b", "surely"), class_="note", hidden=True)
        '<p class="note" hidden>1 &lt; 2, <b>surely</b></p>'
    """
    written = ""
    for key, value in attributes.items():
        if value is not None and value is not False:
            key = key.rstrip("_").replace("_", "-")
            written += f" {key}" if value is True else f' {key}="{text(value)}"'
    start = f"<{name}{written}>"
    return Html(start if name in VOID else f"{start}{join(*inside)}</{name}>")


def join(*parts: object) -> Html:
    """Texts and markup one after the other."""
    return Html("".join(text(part) for part in parts))
