"""The lexer of `.mlir` texts: xDSL's, whose time is linear in the text whatever the text is."""

from __future__ import annotations

import re

from xdsl.utils.mlir_lexer import MLIRLexer


class LinearLexer(MLIRLexer):
    """xDSL's lexer, but for its pattern of strings.

    There a run of plain characters may be divided in any way, `([^"]+|...)*`, so that behind a
    quote without its partner all divisions are tried: 30 characters take minutes. Here a run is
    whole, `[^"]*(...[^"]*)*`.
    """

    _unescaped_characters_regex = re.compile(
        r'"[^"\\\n\v\f]*(?:\\(?:["nt\\]|[0-9A-Fa-f]{2})[^"\\\n\v\f]*)*"'
    )
