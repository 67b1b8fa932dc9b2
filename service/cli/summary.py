"""A run in words: what was understood, assumed, tried, failed and why, changed, checked, spent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from rich.table import Table

from domain.brief import SHOWN_PARTS, Brief, Part
from domain.candidate import CandidateVerdict, Edit, EditOutcome
from domain.rules import RuleVerdict
from domain.run import ExportView, Failure, RunStatus, RunView
from service.cli.terminal import err, escaped, out

MOST_EDITS = 8
"""Edits told one by one."""

HEADLINES = {
    RunStatus.REVIEW: "[bold green]ready for your review[/bold green]",
    RunStatus.PUBLISHED: "[bold green]published[/bold green]",
    RunStatus.NEEDS_INPUT: "[bold yellow]needs an answer[/bold yellow]",
    RunStatus.NOTHING_PASSED: "[bold red]nothing passed[/bold red]",
    RunStatus.REFUSED: "[bold red]refused[/bold red]",
    RunStatus.CANCELLED: "[yellow]cancelled[/yellow]",
    RunStatus.FAILED: "[bold red]failed[/bold red]",
    RunStatus.WORKING: "working",
}


def print_summary(view: RunView) -> None:
    """The whole story of a run, a few lines a chapter."""
    out.print(f"\n[bold]{view.run_id}[/bold]: {HEADLINES[view.status]}", highlight=False)
    if view.brief:
        print_brief(view.brief)
    print_answers(view)
    for note in view.notes:
        out.print(f"  note: {escaped(note)}", highlight=False)
    if view.questions:
        print_questions(view)
    if view.candidates:
        print_candidates(view)
        print_edits(view)
    print_rules(view)
    print_costs(view)
    print_shortlist(view)
    if view.failure:
        tell_failure(view.failure)


def tell_failure(failure: Failure) -> None:
    """What, where, what next: on stderr, as every error."""
    err.print(f"\n[bold red]error:[/bold red] {escaped(failure.message)}", highlight=False)
    if failure.where:
        err.print(f"  where: {escaped(failure.where)}", highlight=False)
    if failure.hint:
        err.print(f"  next:  {escaped(failure.hint)}", highlight=False)


def print_brief(brief: Brief, *, looked_up: bool = True) -> None:
    """Understood, with where each part comes from; assumed apart. `looked_up`: the library was asked for products."""
    out.print("\n[bold]Understood[/bold]")
    for part in brief.products:
        product = part.value
        what = f"{product.count} x {product.text}" if product.count > 1 else product.text
        found = f" → {product.asset or 'not found'}" if looked_up else ""
        out.print(f"  product: {escaped(what)}{found}", highlight=False)
    for name in SHOWN_PARTS:
        value = getattr(brief, name)
        parts: tuple[Part[object], ...] = value if isinstance(value, tuple) else (value,) if value else ()
        said = [f"{part.value} ({part.origin.replace('_', ' ')})" for part in parts if part.origin != "assumed"]
        if said:
            out.print(f"  {name.replace('_', ' ')}: {escaped(', '.join(said))}", highlight=False)
    assumed = brief.assumed()
    out.print(f"  assumed: {escaped('; '.join(assumed)) or 'nothing'}", highlight=False)
    for note in brief.notes:
        out.print(f"  note: {escaped(note)}", highlight=False)


def print_answers(view: RunView) -> None:
    """What was asked and what was taken for an answer."""
    for question in view.asked:
        answer = view.answers.get(question.id)
        if answer is not None:
            how = "by default" if answer == question.default else "as answered"
            out.print(f"  asked: {escaped(question.text)} → {escaped(answer)} ({how})", highlight=False)


def print_questions(view: RunView) -> None:
    """Open questions with their quick replies and the flag that answers them."""
    out.print("\n[bold]Questions[/bold]")
    for question in view.questions:
        out.print(f"  {escaped(question.text)}  [dim]{escaped(question.why)}[/dim]", highlight=False)
        for reply in question.replies:
            out.print(f"    --answer {question.id}={reply.value}   {escaped(reply.label)}", highlight=False)
    out.print(f"  go on with: onbrand runs resume {view.run_id} --answer ID=VALUE", highlight=False)


def print_candidates(view: RunView) -> None:
    """What was tried, and why some failed."""
    verdicts = Counter(candidate.verdict for candidate in view.candidates)
    passed = verdicts[CandidateVerdict.PASSED]
    scenes = len({candidate.scene.id for candidate in view.candidates})
    out.print(
        f"\n[bold]Tried[/bold] {len(view.candidates)} candidates in {scenes} scenes: {passed} passed every gate",
        highlight=False,
    )
    reasons: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for candidate in view.candidates:
        for finding in candidate.failed_gates():
            reasons[finding.check] += 1
            examples.setdefault(finding.check, f"{finding.reason} ({candidate.id})")
        if candidate.verdict is CandidateVerdict.BROKEN:
            reasons["could not be drawn"] += 1
            examples.setdefault("could not be drawn", candidate.error)
    for check, count in reasons.most_common():
        out.print(f"  failed {check} x{count}: {escaped(examples[check])}", highlight=False)
    for beyond in view.cannot_draw:
        out.print(f"  this generator cannot draw: {escaped(beyond)}", highlight=False)


def print_edits(view: RunView) -> None:
    """What was changed because of it."""
    if not view.edits:
        return
    outcomes = Counter(edit.outcome for edit in view.edits)
    out.print(
        f"\n[bold]Changed[/bold] {len(view.edits)} edits: {outcomes[EditOutcome.KEPT]} kept, "
        f"{outcomes[EditOutcome.DROPPED]} dropped, {outcomes[EditOutcome.REFUSED]} refused",
        highlight=False,
    )
    for edit in view.edits[:MOST_EDITS]:
        told = f"{edit.parent} {change_of(edit)} for {edit.source}: {edit.outcome} {edit.note}"
        out.print(f"  {escaped(told)}", highlight=False)
    if len(view.edits) > MOST_EDITS:
        out.print(f"  and {len(view.edits) - MOST_EDITS} more, in the dossier", highlight=False)


def change_of(edit: Edit) -> str:
    """What an edit changes, from what to what; numbers as a person reads them."""
    if not edit.field:
        return "no change"
    before, after = (f"{value:.2f}" if isinstance(value, float) else str(value) for value in (edit.before, edit.after))
    return f"{edit.target} {edit.field}: {before} → {after}"


def print_rules(view: RunView) -> None:
    """Which rules were checked, and what they want."""
    if not view.rules_checked:
        return
    counts = Counter(check.verdict for check in view.rules_checked)
    told = ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in counts.items())
    out.print(f"\n[bold]Rules[/bold] {len(view.rules_checked)} checked: {told}", highlight=False)
    loud = {
        RuleVerdict.BROKEN,
        RuleVerdict.NEEDS_REVIEW,
        RuleVerdict.WARNING,
        RuleVerdict.LABEL,
        RuleVerdict.NOT_CHECKED,
    }
    for check in view.rules_checked:
        if check.verdict in loud:
            name = f"{check.market} {check.rule}"
            out.print(f"  {check.verdict.replace('_', ' ')}: {name}: {escaped(check.reason)}", highlight=False)


def print_costs(view: RunView) -> None:
    """Money and time."""
    total = sum(view.seconds.values())
    stages = ", ".join(f"{stage} {spent:.1f}" for stage, spent in view.seconds.items() if spent >= 0.05)
    out.print(
        f"\n[bold]Cost[/bold] ${view.costs.actual:.2f} (predicted ${view.costs.predicted:.2f}, "
        f"budget ${view.costs.budget:.2f})   [bold]Time[/bold] {total:.1f} s ({stages})",
        highlight=False,
    )


def print_approval(view: RunView, exports: Sequence[ExportView], markets: Sequence[str]) -> None:
    """What a person is about to say yes to, on stderr: the files, where they go, and what rules leave to a person."""
    names = [part.value for part in view.brief.channels] if view.brief else []
    err.print(f"\n[bold]To publish[/bold] for {', '.join(markets)}{' on ' + ', '.join(names) if names else ''}")
    for export in dict.fromkeys(exports):
        err.print(f"  {export.candidate}: {escaped(export.artifact.path)}", highlight=False)
    for rule in view.rules_checked:
        if rule.verdict in {RuleVerdict.NEEDS_REVIEW, RuleVerdict.WARNING, RuleVerdict.LABEL}:
            told = f"{rule.verdict.replace('_', ' ')}: {rule.market} {rule.rule}: {rule.reason}"
            err.print(f"  {escaped(told)}", highlight=False)
    err.print(f"  everything that was checked: {escaped(view.out_dir)}/dossier.html", highlight=False)


def print_shortlist(view: RunView) -> None:
    """The pictures, and what to do with them."""
    if not view.shortlist:
        return
    table = Table(title="Shortlist", title_justify="left", box=None, padding=(0, 2))
    for column in ("#", "candidate", "scene", "quality", "file"):
        table.add_column(column)
    by_id = {candidate.id: candidate for candidate in view.candidates}
    for number, name in enumerate(view.shortlist, start=1):
        candidate = by_id[name]
        table.add_row(
            str(number),
            name,
            candidate.scene.id,
            f"{candidate.quality or 0:.2f}",
            f"{number}-{name}.png",
        )
    out.print()
    out.print(table)
    for line in view.not_exported:
        out.print(f"  no file of {escaped(line)}", highlight=False)
    out.print(f"\nfolder:  {view.out_dir}", highlight=False)
    out.print(f"dossier: {view.out_dir}/dossier.html", highlight=False)
    if view.status is RunStatus.REVIEW:
        out.print(f"publish: onbrand runs approve {view.run_id} --candidate {view.shortlist[0]}", highlight=False)
