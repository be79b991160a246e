"""The keys of the classroom that work on every screen: the wire, the console, the world, lessons, presenting."""

from termail.screens.classroom_screen import ClassroomScreen
from termail.screens.desk import CommandError
from termail.screens.mail_screen import MailScreen

ROOM_FOR_THE_WIRE = 30  # rows; below, the text of a lesson or a letter needs them
BEST_SEEN = "high-contrast"  # a projector washes out everything else
TLS_WORDS = {
    "carried": "What TLS carries: the dialogue.",
    "both": "What TLS carries, and the records that travel.",
    "travels": "What travels: a listener on the network sees this and no more.",
}


class ClassroomKeys:
    """The classroom's part of the helper of every screen."""

    def __init__(self, screen: MailScreen) -> None:
        self._screen = screen

    async def do_wire(self, argument: str) -> None:
        await self._screen.toggle_wire()

    def do_wire_pause(self, argument: str) -> None:
        self._screen.services.heard.wire.toggle_pause()
        self._screen.wire_moved()

    def do_wire_step(self, argument: str) -> None:
        if not self._screen.services.heard.wire.step():
            self._screen.tell_quietly("Nothing waits in the dialogue.")
        self._screen.wire_moved()

    def do_wire_slow(self, argument: str) -> None:
        pace = self._screen.services.heard.wire.next_pace()
        self._screen.pace_wire()
        self._screen.wire_moved()
        self._screen.tell(f"One line of dialogue every {pace:g} s." if pace else "The dialogue shows as it comes.")

    def do_wire_place(self, argument: str) -> None:
        services = self._screen.services
        services.heard.wire.next_place(services.account_names)
        self._screen.wire_moved()

    def do_wire_tls(self, argument: str) -> None:
        services = self._screen.services
        view = services.heard.wire.next_tls_view()
        self._screen.wire_moved()
        self._screen.tell(TLS_WORDS[view])

    async def do_wire_beside(self, argument: str) -> None:
        services = self._screen.services
        services.wire_is_beside = not services.wire_is_beside
        if services.wire_is_shown:
            await self._screen.show_wire(on=True)
        else:
            await self._screen.toggle_wire()

    async def do_wire_view(self, argument: str) -> None:
        await self._screen.services.watch_wire()
        self._screen.go("wire")

    def do_console(self, argument: str) -> None:
        self._screen.go("console", argument)

    def do_world(self, argument: str) -> None:
        self._screen.go("world")

    def do_lesson(self, argument: str) -> None:
        self._screen.go("lesson" if self._screen.services.lesson.is_running else "lessons")

    async def do_presenter(self, argument: str) -> None:
        presenter = self._screen.services.presenter
        presenter.is_on = not presenter.is_on
        app = self._screen.app
        app.set_class(presenter.is_on, "-presenter")
        if presenter.is_on:
            presenter.theme_before = app.theme
            app.theme = BEST_SEEN if app.theme == "dark" else app.theme
        else:
            app.theme = presenter.theme_before or app.theme
        for screen in app.screen_stack:
            if isinstance(screen, ClassroomScreen):
                screen.show_presenting()
        self._screen.show_keys()
        self._screen.show_lesson()
        self._screen.refresh(layout=True, repaint=True)
        words = (
            "Presenting: keys are shown, names and addresses of others covered."
            if presenter.is_on
            else "As before."
        )
        self._screen.tell(words)
        has_room = app.size.height >= ROOM_FOR_THE_WIRE
        if presenter.is_on and has_room and not self._screen.services.wire_is_shown:
            await self._screen.show_wire(on=True)

    async def do_presenter_next(self, argument: str) -> None:
        await self._turn(1)

    async def do_presenter_previous(self, argument: str) -> None:
        await self._turn(-1)

    async def _turn(self, step: int) -> None:
        """Through the steps of the lesson, wherever one is; going on past the last one done begins the next."""
        services = self._screen.services
        desk = services.lesson
        if not desk.is_running:
            raise CommandError("No lesson runs; F1 begins one.")
        await desk.turn(step)
        if services.presenter.recording is not None:
            services.presenter.recording.mark(desk.step.title)

    async def do_narrate(self, argument: str) -> None:
        presenter = self._screen.services.presenter
        presenter.words = argument or await self._screen.ask("Narration: ", presenter.words, history="narration")
        self._screen.show_lesson()

    async def do_record(self, argument: str) -> None:
        presenter = self._screen.services.presenter
        if presenter.recording is not None:
            self._screen.tell(f"The recording is in {presenter.stop()}")
            return
        name = argument or await self._screen.ask("Record to: ", "termail.cast", history="file")
        if not presenter.is_on:
            await self.do_presenter("")  # what is recorded is for others
        path = presenter.start(self._screen.app, name, "termail")
        self._screen.app.refresh(layout=True, repaint=True)
        self._screen.tell(f"Recording to {path}; M-F10 ends it.")
