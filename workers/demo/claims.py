"""What a scene claims, checked as it is said."""

from dataclasses import dataclass, field

from rich.console import Console


@dataclass
class Claims:
    out: Console
    broken: list[str] = field(default_factory=list)
    made: int = 0

    def scene(self, title: str) -> None:
        self.out.print(f"\n[bold]{title}[/bold]", soft_wrap=True)

    def claim(self, sentence: str, *, true: bool) -> None:
        self.out.print(f"  {'[green]yes[/green]' if true else '[red]NO [/red]'}  {sentence}", soft_wrap=True)
        self.made += 1
        if not true:
            self.broken.append(sentence)

    def verdict(self) -> None:
        if self.broken:
            self.out.print(f"[red]{len(self.broken)} of {self.made} claims are not true.[/red]")
        else:
            self.out.print(f"[green]All {self.made} claims are true.[/green]")

    def say(self, sentence: str) -> None:
        self.out.print(f"       {sentence}", soft_wrap=True)
