"""Sentences that several scenes need."""


def plain(value, digits=2):
    """So many digits; only from a million on, and below a ten-thousandth, a power of ten."""
    value = float(f"{value:.{digits}g}")
    return f"{value:,.0f}" if 10**digits <= abs(value) < 1e6 else f"{value:.{digits}g}"


def said(guess, right, where):
    """How far a guess, in per cent, was from the right number; nothing where none was made."""
    if guess is None:
        return ""
    text = f" You said {guess:.4g} %; {where} it is {right:.2g} %"
    if not guess > 0 or not right > 0:
        return text + "."
    factor, word = max((guess / right, "much"), (right / guess, "little"))
    off = f": {plain(factor)} times too {word}." if factor > 1.2 else ", as good as right."
    return text + off
