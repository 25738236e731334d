"""What a scene claims, checked as it is said."""

from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class Claims:
    out: Console
    broken: list[str] = field(default_factory=list)

    def scene(self, title: str) -> None:
        self.out.print(f"\n[bold]{title}[/bold]", soft_wrap=True)

    def claim(self, sentence: str, *, true: bool) -> None:
        self.out.print(f"  {'[green]yes[/green]' if true else '[red]NO [/red]'}  {sentence}", soft_wrap=True)
        if not true:
            self.broken.append(sentence)

    def say(self, sentence: str) -> None:
        self.out.print(f"       {sentence}", soft_wrap=True)
