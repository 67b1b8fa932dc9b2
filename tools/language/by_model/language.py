"""`Language` by models, one run's. Each role without a model, and each answer of no use, is the built-in's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from domain.assets import Asset, AssetHit
from domain.brief import Brief, Question
from domain.candidate import Candidate, Feedback
from domain.composition import Caption, Scene
from domain.errors import ModelMustAct, OverBudget
from domain.models import AnswerT, Ask, ModelRole, Payer
from domain.ports import Language, Models
from domain.revision import FailedCandidate, Revision
from domain.rules import BrandBook
from domain.values import BrandId
from tools.language.by_model.captions import WrittenCaptions, captions_from, to_write
from tools.language.by_model.feedback import RoutedFeedback, in_plain_words, lost, meant
from tools.language.by_model.questions import ChosenQuestions, questions_from, to_choose
from tools.language.by_model.reading import ReadRequest, brief_from
from tools.language.by_model.revising import (
    MOST_PICTURES,
    TOKENS_A_PICTURE,
    RevisedPictures,
    revisions_from,
    to_revise,
)
from tools.prompts import data_block, prompt_file

ENOUGH_QUESTIONS = 2
"""So many are asked at most: of no more there is nothing to choose."""

PayerFor = Callable[[str, str, Sequence[str]], Payer]
"""Who pays for a stage, given the words and asset ids that would be sent: these decide what is confidential."""

Note = Callable[[str], None]


class ModelLanguage:
    """Implements `domain.ports.Language`.

    `payer` says who pays, `note` is told whatever was done otherwise than planned, `channels` gives the ids of the
    channels there are. Never more than three calls one after the other before the first picture: read, choose
    questions, write all captions; then one a round, to revise.
    """

    def __init__(
        self,
        models: Models,
        built_in: Language,
        payer: PayerFor,
        note: Note,
        channels: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._models = models
        self._built_in = built_in
        self._payer = payer
        self._note = note
        self._channels = channels

    def read(self, request: str, brand: BrandId) -> Brief:
        """A request to a Brief. Raises BadInput for one without words."""
        known = self._built_in.read(request, brand)
        if self._models.serves(ModelRole.READER) is None:
            return known
        channels = tuple(self._channels())
        data = {"request": request, "channels": list(channels)}
        answered = self._ask(
            ModelRole.READER, "read_request", data, ReadRequest, self._payer("understand", request, ()), 1_500,
            instead="the built-in reader read the request",
        )
        return known if answered is None else brief_from(answered, known, channels)

    def captions(
        self, brief: Brief, scenes: Sequence[Scene], product: Asset, limit: int = 1024
    ) -> tuple[Caption, ...]:
        """A caption for each scene, all by one call."""
        drafts = self._built_in.captions(brief, scenes, product, limit)
        payer = self._payer("plan", f"{brief.request} {product.title}", (product.id,))
        answered = self._ask(
            ModelRole.CAPTION_WRITER, "write_captions", to_write(brief, scenes, drafts, product, limit),
            WrittenCaptions, payer, 400 + 220 * len(scenes), instead="the built-in writer wrote the captions",
        ) if scenes else None
        if answered is None:
            return tuple(drafts)
        captions, kept = captions_from(answered, drafts, brief, limit)
        if kept:
            self._note(f"{kept} of {len(captions)} captions are the built-in's: the model's were of no use")
        return captions

    def questions(
        self,
        brief: Brief,
        *,
        product_hits: Sequence[AssetHit],
        background_hits: Sequence[Scene],
        known_markets: Sequence[str],
        book: BrandBook | None,
    ) -> tuple[Question, ...]:
        """What would be worth asking, most useful first."""
        possible = self._built_in.questions(
            brief, product_hits=product_hits, background_hits=background_hits, known_markets=known_markets, book=book
        )
        if not possible or (len(possible) <= ENOUGH_QUESTIONS and brief.language == "en"):
            return possible
        answered = self._ask(
            ModelRole.PLANNER, "choose_questions", to_choose(brief, possible), ChosenQuestions,
            self._payer("understand", brief.request, ()), 600, instead="the built-in chose the questions",
        )
        return possible if answered is None else questions_from(answered, possible)

    def apply_answer(self, brief: Brief, question: Question, answer: str) -> Brief:
        """The Brief after an answer: by the built-in, which knows what each question's answers mean."""
        return self._built_in.apply_answer(brief, question, answer)

    def read_feedback(self, text: str, candidates: Sequence[Candidate], scenes: Sequence[Scene]) -> Feedback:
        """A person's words about candidates as changes. A model is asked only where the built-in is at a loss."""
        known = self._built_in.read_feedback(text, candidates, scenes)
        if not text.strip() or (known.changes and not known.not_understood):
            return known
        assets = sorted({product for candidate in candidates for product in candidate.products})
        answered = self._ask(
            ModelRole.FEEDBACK_ROUTER, "route_feedback", {"said": text, "pictures": len(candidates)},
            RoutedFeedback, self._payer("revise", text, assets), 800,
            instead="the built-in read the feedback",
        )
        if answered is None:
            return known
        about = meant(answered, candidates) or known.about
        shown = [candidate for candidate in candidates if candidate.id in about] or list(candidates)
        routed = self._built_in.read_feedback(in_plain_words(answered, text), shown, scenes)
        if not routed.changes:
            return known
        left = "; ".join(lost(answered, text))
        return routed.model_copy(update={"about": about, "not_understood": left})

    def revise(
        self, failed: Sequence[FailedCandidate], brief: Brief, scenes: Sequence[Scene], limit: int = 1024
    ) -> tuple[Revision, ...]:
        """What to change of failed candidates: one call about the most promising, the built-in's order for the rest."""
        usual = tuple(self._built_in.revise(failed, brief, scenes, limit))
        if not failed or self._models.serves(ModelRole.REVISER) is None:
            return usual
        shown = failed[:MOST_PICTURES]
        seen = {product for one in shown for product in one.candidate.products}
        assets = sorted(seen | {scene.asset for scene in scenes if scene.asset})
        words = " ".join((brief.request, *(one.candidate.caption.text() for one in shown)))
        answered = self._ask(
            ModelRole.REVISER, "revise_failed", to_revise(shown, brief, scenes, limit), RevisedPictures,
            self._payer("revise", words, assets), 200 + TOKENS_A_PICTURE * len(shown),
            instead="the built-in's order of fixes was taken",
        )
        if answered is None:
            return usual
        revisions, kept = revisions_from(answered, shown, brief, scenes, limit)
        if kept:
            said = "nothing the model said was of use"
            self._note(f"{kept} of {len(shown)} pictures are revised in the built-in's order: {said}")
        return (*revisions, *usual[len(shown) :])

    def _ask(
        self, role: ModelRole, prompt: str, data: dict[str, Any], answer: type[AnswerT], payer: Payer, longest: int, *,
        instead: str,
    ) -> AnswerT | None:
        """The role's answer; None, with a note, where the built-in must do."""
        if self._models.serves(role) is None:
            return None
        file = prompt_file(__package__, prompt)
        ask = Ask(
            role=role, prompt=file.prompt, system=file.text, parts=(data_block(data),), payer=payer, longest=longest
        )
        try:
            answered = self._models.ask(ask, answer)
        except (ModelMustAct, OverBudget) as error:
            self._note(f"{instead}: {error.message}")
            return None
        for told in answered.notes:
            self._note(told)
        return answered.value
