"""The shelf: the lessons that come with termail, in English and in Spanish, and those of a teacher's folder."""

from collections.abc import Iterator
from pathlib import Path

from termail.classroom.lesson.model import Lesson
from termail.classroom.lesson.parser import LessonError, read_lesson, translates

SHIPPED = Path(__file__).parent.parent / "lessons"
LANGUAGES = ("en", "es")


class NoSuchLesson(LookupError):
    """There is no lesson of that name; the text says which there are."""


class Shelf:
    """The lessons in one language; where a translation is missing, the English one. `folder` holds a teacher's
    own, which come first and may replace shipped ones."""

    def __init__(self, language: str = "en", folder: Path | None = None) -> None:
        self._language = language if language in LANGUAGES else "en"
        self._folder = folder

    def lessons(self) -> list[Lesson]:
        """All of them, a teacher's first, shipped ones by number. Raises LessonError."""
        found = {lesson.name: lesson for lesson in self._shipped()}
        found |= {lesson.name: lesson for lesson in self._own()}
        return sorted(found.values(), key=lambda lesson: (lesson.number, lesson.name))

    def lesson(self, name: str) -> Lesson:
        """One of them by its name or its number. Raises NoSuchLesson and LessonError."""
        lessons = self.lessons()
        for lesson in lessons:
            if name in (lesson.name, str(lesson.number or "")):
                return lesson
        raise NoSuchLesson(f"no lesson {name!r}: there is {', '.join(lesson.name for lesson in lessons)}")

    def files(self) -> Iterator[Path]:
        """Every file, in every language."""
        for language in LANGUAGES:
            yield from sorted((SHIPPED / language).glob("*.toml"))
        if self._folder is not None:
            yield from sorted(self._folder.glob("*.toml"))

    def _shipped(self) -> Iterator[Lesson]:
        for path in sorted((SHIPPED / "en").glob("*.toml")):
            translation = SHIPPED / self._language / path.name
            original = read_lesson(path)
            is_translated = self._language != "en" and translation.exists()
            yield read_lesson(translation, original) if is_translated else original

    def _own(self) -> Iterator[Lesson]:
        for path in sorted(self._folder.glob("*.toml")) if self._folder is not None else ():
            yield read_any(path)


def read_any(path: Path) -> Lesson:
    """The lesson in a file, which may be a translation of a shipped one. Raises LessonError."""
    name = translates(path)
    if not name:
        return read_lesson(path)
    original = SHIPPED / "en" / f"{name}.toml"
    if not original.exists():
        raise LessonError(path, 1, f"translates {name!r}, which is no lesson of termail's")
    return read_lesson(path, read_lesson(original))
