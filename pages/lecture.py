"""A lecture, step by step: text, an experiment, and questions that are answered before the picture answers them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import streamlit as st

from dynamics import Outcome
from dynamics.settings import Choice, Number, Setting
from figures.simulation import simulation_blob
from pages.shared.begin import begin
from pages.shared.controls import touch
from pages.shared.lectures import Lecture, Question, Step, lectures
from pages.shared.outcomes import outcomes
from pages.shared.player import choice, player
from pages.shared.scene import Picture, Scene
from pages.shared.session import move
from server import blobs

TITLES = {name: lecture.title for name, lecture in lectures().items()}
OPENS = "zero_loss"
LECTURE = Choice(name="lecture", title="lecture", options=TITLES, default=OPENS if OPENS in TITLES else next(iter(TITLES), ""))
STEP = Number(name="step", title="step", minimum=1, maximum=99, whole=True, default=1)
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

    def sound(self, query: Mapping[str, str], notes: list[str]) -> Self:
        last = len(self.content.steps)
        if self.step > last:
            notes.append(f"This lecture has {last} steps; not {self.step}.")
            return replace(self, step=last)
        return self


def render() -> None:
    begun = begin("lecture", Given, lambda scene: scene, _choose)
    scene, step = begun.scene, begun.scene.here
    said = _answers().get((scene.lecture, scene.step))
    open_question = step.question is not None and said is None
    with st.container(key="lecture-curves" if step.seen else "lecture"):
        words, picture = st.columns([5, 7], gap="medium")
    with words:
        _turns(scene, open_question)
        st.caption(f"{scene.content.title} · step {scene.step} of {len(scene.content.steps)}")
        abstract = f"{scene.content.abstract}\n\n" if scene.step == 1 else ""
        st.markdown(f"#### {step.title}\n\n{abstract}{step.before}")
        if step.question is not None:
            _question(scene, step.question, said)
        if not open_question:
            st.markdown(step.after)
            if step.seen is not None:
                _seen(scene, step.seen)
    if step.query:
        with picture:
            _picture(scene, step, said, begun.notes)


def _choose(scene: Given) -> None:
    if len(LECTURE.options) > 1:
        with st.popover("Lectures", key="lectures"):
            for name, title in LECTURE.options.items():
                st.button(title, key=f"lecture.{name}", width="stretch", on_click=_open, args=(name,))


def _open(name: str) -> None:
    move(replace(st.session_state.scene, lecture=name, step=1))


# Questions


def _answers() -> dict[tuple[str, int], Any]:
    """What has been answered in this session, by lecture and step: the index of an answer, a place of the picture, or SKIPPED."""
    return st.session_state.setdefault("answers", {})


def _question(scene: Given, question: Question, said: Any) -> None:
    st.markdown(f"**{question.text}**")
    if said is None:
        if question.kind == "mark":
            st.caption("Click on the picture, where you think it will be.")
        else:
            key = f"answer.{scene.lecture}.{scene.step}"
            st.radio("Your answer", question.answers, index=None, key=key, label_visibility="collapsed")
            st.button(
                "That is my answer", key="commit", type="primary", on_click=_commit, args=(scene, question, key),
                disabled=st.session_state.get(key) is None,
            )  # fmt: skip
        return
    if question.kind == "mark" or said == SKIPPED:
        return
    lines = []
    for index, answer in enumerate(question.answers):
        sign = "✓" if index == question.right else "✗" if index == said else "·"
        yours = " (your answer)" if index == said else ""
        lines.append(f"{sign} {f'**{answer}**' if index == question.right else answer}{yours}")
    st.markdown("  \n".join(lines))


def _commit(scene: Given, question: Question, key: str) -> None:
    touch()
    if st.session_state.get(key) in question.answers:
        _answers()[scene.lecture, scene.step] = question.answers.index(st.session_state[key])


def _skip(scene: Given) -> None:
    touch()
    _answers()[scene.lecture, scene.step] = SKIPPED


def _mark() -> None:
    """A click on the picture: the place where somebody thinks that the cloud will be. It stays, whatever comes."""
    touch()
    scene: Given = st.session_state.scene
    question = scene.here.question
    if question is not None and question.kind == "mark":
        _answers().setdefault((scene.lecture, scene.step), tuple(float(value) for value in choice("start")))


def _seen(scene: Given, question: Question) -> None:
    st.markdown(f"**{question.text}**")
    key = f"seen.{scene.lecture}.{scene.step}"
    said = st.radio("What you saw", question.answers, index=None, key=key, label_visibility="collapsed")
    if said is not None:
        right = question.answers[question.right]
        st.markdown("✓ So it is." if said == right else f"Play it again and look: **{right}**")


def _turns(scene: Given, open_question: bool) -> None:
    last = len(scene.content.steps)
    with st.container(key="lecture-turns", horizontal=True, vertical_alignment="center"):
        st.button("Back", key="back", shortcut="PageUp", on_click=_turn, args=(-1,), disabled=scene.step == 1)
        st.button(
            "Next", key="next", shortcut="PageDown", type="primary", on_click=_turn, args=(1,),
            disabled=open_question or scene.step == last,
            help="Answer first: a prediction is worth more than a look." if open_question else None,
        )  # fmt: skip
        if open_question:
            st.button("Reveal without an answer", key="skip", on_click=_skip, args=(scene,), help="For the lecturer.")


def _turn(by: int) -> None:
    scene: Given = st.session_state.scene
    step = min(max(scene.step + by, 1), len(scene.content.steps))
    if by > 0 and scene.here.question is not None and (scene.lecture, scene.step) not in _answers():
        return
    move(replace(scene, step=step))


# The picture


def _picture(scene: Given, step: Step, said: Any, notes: Any) -> None:
    """Before an answer the run stops after its first part; afterwards it goes to its end, and the mark stays on it."""
    shown, _ = Picture.from_query(dict(step.query))
    try:
        found = outcomes(shown.experiments, notes, st.empty())
    except ValueError as error:
        notes.warning(str(error))
        return
    early = step.question is not None and said is None
    marks = (said,) if isinstance(said, tuple) else ()
    whole = all(outcome.status != "cancelled" for outcome in found)
    key = ("lecture", scene.lecture, scene.step, early, marks) if whole else None
    player(blobs.made(key, lambda: _blob(shown, found, step.until if early else 1.0, marks)), _mark, lambda: None)


def _blob(shown: Picture, found: list[Outcome], share: float, marks: tuple[tuple[float, ...], ...]) -> bytes:
    outcome, *ghost = found
    part = outcome.until(max(2, round(share * len(outcome.times))))
    return simulation_blob(part, shown.view, shown.clock, *ghost, marks=marks, whole=outcome)
