"""What the client itself says around a lesson, in the languages that lessons are told in."""

import re
from typing import Final

_SPANISH: Final = {
    "step {at} of {count}": "paso {at} de {count}",
    "{at} of {count}": "{at} de {count}",
    "Hint": "Pista",
    "Done.": "Hecho.",
    "The lesson is done.": "La lección está terminada.",
    " leads on": " sigue adelante",
    "  {key} leads to the others": "  {key} lleva a las demás",
    "  {key} leads on": "  {key} sigue adelante",
    "  ✓ {at} of {count} done": "  ✓ {at} de {count} hechas",
    "go there": "ir allí",
    "next step": "paso siguiente",
    "hint": "pista",
    "show me": "muéstreme",
    "lessons": "lecciones",
    "back to work": "volver",
    "keys": "teclas",
    "begin": "empezar",
    "back": "volver",
    "Lessons": "Lecciones",
    "Lesson": "Lección",
    "This step needs none.": "Este paso no necesita ninguna.",
    "The lesson does it.": "Lo hace la lección.",
    "The lesson is done; c chooses another.": "La lección está terminada; c elige otra.",
    "Not everything is done: go on?": "No está todo hecho: ¿seguir?",
    "The world is made ready…": "Se prepara el mundo…",
}
_FOUND: Final = (
    (re.compile(r"^(\d+) of (\d+)$"), r"\1 de \2"),
    (re.compile(r"^(\d+) messages fit$"), r"mensajes que coinciden: \1"),
    (re.compile(r"^(\d+) messages wait$"), r"mensajes que esperan: \1"),
)


def in_words_of(language: str, text: str, **values: object) -> str:
    """The text in the lesson's language, its {values} filled in; in English where nobody translated it."""
    told = _SPANISH.get(text, text) if language == "es" else text
    return told.format(**values) if values else told


def found_in_words_of(language: str, found: str) -> str:
    """What a check found instead."""
    if language == "es":
        for pattern, words in _FOUND:
            found = pattern.sub(words, found)
    return found
