"""Sentences that several scenes need."""


def said(guess, right, where):
    """How far a guess, in per cent, was from the right number; nothing where none was made."""
    if guess is None:
        return ""
    text = f" You said {guess:.4g} %; {where} it is {right:.2g} %"
    if not guess > 0 or not right > 0:
        return text + "."
    factor, word = max((guess / right, "much"), (right / guess, "little"))
    return text + (f": {factor:.2g} times too {word}." if factor > 1.2 else ", as good as right.")
