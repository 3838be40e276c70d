"""A lecture, step by step: text, an experiment, and questions that are answered before the picture answers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import streamlit as st

from content.lectures import Lecture, Step, lectures
from content.questions import ON_THE_PICTURE, Question, accepted, counted
from dynamics import Outcome
from dynamics.landscapes.landscape import View
from dynamics.settings import Choice, Number, Setting
from figures.prediction import Mark, arrow, drift_arrow, origin_of_arrows, sketch
from figures.simulation import picture_box, simulation_blob
from pages.shared import classroom
from pages.shared.asking import ask, given
from pages.shared.begin import begin
from pages.shared.controls import touch
from pages.shared.outcomes import outcomes
from pages.shared.pictures import whole
from pages.shared.player import choice, player
from pages.shared.scene import Picture, Scene
from pages.shared.sentences import plain
from pages.shared.session import move
from pages.shared.takeaway import take_away_run
from server import blobs
from server.room.room import Asked

TITLES = {name: lecture.title for name, lecture in lectures().items()}
OPENS = "zero_loss"
LECTURE = Choice(
    name="lecture",
    title="lecture",
    options=TITLES,
    default=OPENS if OPENS in TITLES else next(iter(TITLES), ""),
    meaning="Which lecture.",
)
STEP = Number(
    name="step",
    title="step",
    minimum=1,
    maximum=99,
    whole=True,
    default=1,
    meaning="Where in the lecture, counted from 1.",
)
NONE = Lecture("", "No lecture", "", (Step("No lecture", "None of the files of the lectures can be read: see the server’s log."),))
SKIPPED = "skipped"  # the answer of a lecturer who goes on without one


@dataclass(frozen=True)
class Given(Scene):
    """`step` counts from 1."""

    settings: ClassVar[tuple[Setting, ...]] = (LECTURE, STEP)

    lecture: str = LECTURE.default
    step: int = 1

    @property
    def content(self) -> Lecture:
        return lectures().get(self.lecture, NONE)

    @property
    def here(self) -> Step:
        return self.content.steps[self.step - 1]

    @property
    def questions(self) -> dict[str, Question]:
        """Those of this step in their order, by the name under which they are answered."""
        parts = {"ask": self.here.question, "seen": self.here.seen}
        return {f"{self.lecture}.{self.step}.{part}": each for part, each in parts.items() if each is not None}

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        last = len(self.content.steps)
        if self.step > last:
            notes.append(f"This lecture has {last} steps; not {self.step}.")
            return replace(self, step=last)
        return self


@dataclass(frozen=True)
class Shown:
    """The picture of a step: its run as far as it is shown, and as a whole."""

    picture: Picture
    part: Outcome
    whole: Outcome
    ghost: tuple[Outcome, ...]
    view: View  # with its box


def render() -> None:
    classroom.look()
    begun = begin("lecture", Given, lambda scene: scene, _choose)
    scene, step = begun.scene, begun.scene.here
    waiting = _waiting(scene)
    predicting = waiting is not None and waiting.endswith(".ask")
    with st.container(key="lecture-curves" if step.seen else "lecture"):
        words, picture = st.columns([5, 7], gap="medium")
    with words:
        _turns(scene, waiting)
        _desk(scene)
        st.caption(f"{scene.content.title} · step {scene.step} of {len(scene.content.steps)}")
        abstract = f"{scene.content.abstract}\n\n" if scene.step == 1 else ""
        st.markdown(f"## {step.title}\n\n{abstract}{step.before}")
        asked = st.container()
        if not predicting:
            st.markdown(step.after)
        seen = st.container()
    with picture:
        shown = _run(step, predicting, begun.notes) if step.query else None
    for name, place in ((name, seen if name.endswith(".seen") else asked) for name in scene.questions):
        if not predicting or place is asked:
            with place:
                _question(scene, name, shown)
    played = None
    if shown is not None:
        with picture:
            played = _play(scene, shown)
        if not predicting:
            with words:
                take_away_run("lecture", scene, shown.picture, shown.whole, *shown.ghost)
    _tell_the_class(scene, waiting, shown, played)


def _choose(scene: Given) -> None:
    if len(LECTURE.options) > 1:
        with st.popover("Lectures", key="lectures"):
            for name, title in LECTURE.options.items():
                st.button(title, key=f"lecture.{name}", width="stretch", on_click=_open, args=(name,))
    if classroom.current() is None:
        st.button(
            "Open a room", key="room.open", on_click=classroom.open_room,
            help="Your class joins with a code on their phones; what they predict comes onto this picture.",
        )  # fmt: skip
    else:
        st.button("Close the room", key="room.close", on_click=classroom.close_room)


def _open(name: str) -> None:
    move(replace(st.session_state.scene, lecture=name, step=1))


# Questions and answers


def _answers() -> dict[str, Any]:
    """What has been answered in this session, by question; SKIPPED where the answer was shown without one."""
    return st.session_state.setdefault("answers", {})


def _is_shown(name: str) -> bool:
    """Whether the answer to a question may be seen: it was answered here, or shown to the class."""
    room = classroom.current()
    return name in _answers() or (room is not None and classroom.shown(room, name))


def _waiting(scene: Given) -> str | None:
    """The question that has to be answered before the lecture goes on. What was seen is asked of a class only."""
    in_a_room = classroom.current() is not None
    names = [name for name in scene.questions if in_a_room or name.endswith(".ask")]
    return next((name for name in names if not _is_shown(name)), None)


def _said(name: str) -> Any:
    said = _answers().get(name)
    return None if said == SKIPPED else said


def _question(scene: Given, name: str, shown: Shown | None) -> None:
    question, room = scene.questions[name], classroom.current()
    open_now = not _is_shown(name)
    of_class = [] if room is None or open_now else classroom.answers(room, name)
    counts = counted(question, of_class) if of_class else None
    told = question.told() | {
        "name": name, "open": open_now, "said": _said(name), "watching": room is not None, "counts": counts, "of": len(of_class),
        "axes": list(shown.view.labels[:2]) if shown is not None and question.kind in ON_THE_PICTURE else None,
        "sketch": _sketch(question, shown, open_now, of_class),
    }  # fmt: skip
    if open_now:
        del told["solution"]
    ask(told, _commit)


def _sketch(question: Question, shown: Shown | None, open_now: bool, of_class: list[Any]) -> dict[str, Any] | None:
    if question.kind != "sketch" or shown is None:
        return None
    found = sketch(shown.whole, question.quantity, _frames(shown.whole, st.session_state.scene.here))
    if open_now:
        del found["truth"]
    return found | {"others": of_class}


def _commit() -> None:
    name, answer = given()
    _keep(name, answer)


def _mark() -> None:
    """A click on the picture: the place where somebody thinks that the cloud will be. It stays, whatever comes."""
    scene: Given = st.session_state.scene
    name = next(iter(scene.questions), "")
    if name and scene.questions[name].kind in ON_THE_PICTURE:
        _keep(name, [float(value) for value in choice("start")])


def _keep(name: str, answer: Any) -> None:
    """The first answer stays. In a room it is the class that answers."""
    touch()
    scene: Given = st.session_state.scene
    if name not in scene.questions or classroom.current() is not None:
        return
    question = scene.questions[name]
    try:
        kept = accepted(question.kind, len(question.answers), answer, st.session_state.get("box", ()))
    except ValueError as error:
        st.session_state.notes = [str(error)]
        return
    _answers().setdefault(name, kept)


def _show_answer(name: str) -> None:
    touch()
    _answers().setdefault(name, SKIPPED)


def _turns(scene: Given, waiting: str | None) -> None:
    last, in_a_room = len(scene.content.steps), classroom.current() is not None
    with st.container(key="lecture-turns", horizontal=True, vertical_alignment="center"):
        st.button("Back", key="back", shortcut="PageUp", on_click=_turn, args=(-1,), disabled=scene.step == 1)
        reveals = in_a_room and waiting is not None
        st.button(
            "Reveal" if reveals else "Next", key="next", shortcut="PageDown", type="primary", on_click=_turn, args=(1,),
            disabled=not reveals and (waiting is not None or scene.step == last),
            help="Answer first: a prediction is worth more than a look." if waiting is not None and not in_a_room else None,
        )  # fmt: skip
        if waiting is not None and not in_a_room:
            st.button("Reveal without an answer", key="skip", on_click=_show_answer, args=(waiting,), help="For the lecturer.")


def _turn(by: int) -> None:
    scene: Given = st.session_state.scene
    waiting = _waiting(scene) if by > 0 else None
    if waiting is not None:
        if classroom.current() is not None:
            _show_answer(waiting)
        return
    move(replace(scene, step=min(max(scene.step + by, 1), len(scene.content.steps))))


# The picture


def _frames(whole: Outcome, step: Step) -> int:
    return max(2, round(step.until * len(whole.times)))


def _run(step: Step, predicting: bool, notes: Any) -> Shown | None:
    """Before an answer the run stops after its first part; afterwards it goes to its end."""
    picture, _ = Picture.from_query(dict(step.query))
    try:
        whole, *ghost = outcomes(picture.experiments, notes, st.empty())
    except ValueError as error:
        notes.warning(plain(error))
        return None
    part = whole.until(_frames(whole, step)) if predicting else whole
    return Shown(picture, part, whole, tuple(ghost), picture_box(whole, picture.view)[0])


def _play(scene: Given, shown: Shown) -> bytes:
    """Play it; the player's bytes."""
    st.session_state.box = shown.view.box[:2]
    marks = _marks(scene, shown)
    key = ("lecture", scene.lecture, scene.step, len(shown.part.times), marks) if whole(shown.whole, *shown.ghost) else None
    picture, ghost = shown.picture, shown.ghost
    blob = blobs.made(key, lambda: simulation_blob(shown.part, picture.view, picture.clock, *ghost, marks=marks, whole=shown.whole))
    player(blob, _mark, lambda: None)
    return blob


def _marks(scene: Given, shown: Shown) -> tuple[Mark, ...]:
    """What was predicted on the picture, and stays on it; of arrows also where they begin and what came of it."""
    name, question = next(iter(scene.questions.items()), ("", None))
    if question is None or question.kind not in ON_THE_PICTURE:
        return ()
    room, open_now, said = classroom.current(), not _is_shown(name), _said(name)
    of_class = [] if room is None or open_now else classroom.answers(room, name)
    own = [] if said is None else [said]
    if question.kind == "mark":
        return (*(Mark(tuple(each), who="class") for each in of_class), *(Mark(tuple(each)) for each in own))
    early = shown.whole.until(_frames(shown.whole, scene.here))
    origin, box = origin_of_arrows(early, shown.view), shown.view.box
    if open_now:
        return (Mark(origin, who="truth"),)
    truth = drift_arrow(early, shown.view)
    return (
        *(arrow(origin, each, box, "class") for each in of_class),
        *(() if truth is None else (truth,)),
        *(arrow(origin, each, box, "own") for each in own),
    )


# The class


def _desk(scene: Given) -> None:
    """How the class joins; and what the window of the speaker's notes shows."""
    following = scene.content.steps[scene.step].title if scene.step < len(scene.content.steps) else ""
    place = f"Step {scene.step} of {len(scene.content.steps)}"
    classroom.desk(classroom.current(), notes=scene.here.notes, title=scene.here.title, place=place, following=following)


def _tell_the_class(scene: Given, waiting: str | None, shown: Shown | None, played: bytes | None) -> None:
    """Phones show what waits for an answer, else what was answered last in this step; `played` are the picture's bytes."""
    room, step = classroom.current(), scene.here
    if room is None:
        return
    name = waiting or next(reversed(scene.questions), "")
    question = scene.questions.get(name)
    pointed_at = shown if question is not None and question.kind in ON_THE_PICTURE else None
    classroom.ask(
        room,
        Asked(
            lecture=scene.content.title, title=step.title, name=name, question=question, open=waiting is not None,
            box=pointed_at.view.box[:2] if pointed_at else (), axes=pointed_at.view.labels[:2] if pointed_at else (),
            sketch=_sketch(question, shown, waiting is not None, []) if question is not None else None,
            picture=played if pointed_at and waiting is not None else None,
        ),
    )  # fmt: skip
