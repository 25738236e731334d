"""Who sits at the screens: what they do, in their own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from workers.demo.world import World
from workers.sandbox.phone import Phone


@dataclass
class Window:
    """A page with a thread and a composer: the agent's or a customer's."""

    page: Page

    @property
    def messages(self) -> Locator:
        return self.page.get_by_role("log").get_by_role("article")

    @property
    def last(self) -> Locator:
        return self.messages.last

    @property
    def text(self) -> Locator:
        return self.page.get_by_role("textbox", name="Write a message or a caption")

    @property
    def tray(self) -> Locator:
        return self.page.get_by_role("list", name="Attach files").get_by_role("listitem")

    @property
    def uploaded(self) -> Locator:
        return self.page.locator(".tray [data-state=done]")

    def attach(self, *paths: Path) -> None:
        """With the paperclip, as people do."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Attach files").click()
        chooser.value.set_files(list(paths))

    def send(self, text: str = "", files: Sequence[Path] = ()) -> None:
        if files:
            self.attach(*files)
        self.text.fill(text)
        self.page.get_by_role("button", name="Send", exact=True).click()

    def saved(self, where: Locator) -> str:
        """The SHA-256 of what the download button of a file saves."""
        with self.page.expect_download() as download:
            where.get_by_role("link", name="Download").click()
        return sha256(Path(download.value.path()).read_bytes()).hexdigest()


@dataclass
class Agent(Window):
    world: World

    def ticket(self, contact: str) -> Locator:
        return self.page.get_by_role("navigation", name="Tickets").get_by_role("button", name=contact)

    def open(self, contact: str) -> None:
        self.ticket(contact).click()
        expect(self.page.get_by_role("heading", name=contact)).to_be_visible()


@dataclass(frozen=True)
class Customer:
    """On the phone."""

    number: str
    world: World

    @property
    def phone(self) -> Phone:
        return self.world.far_side.sms.customer(self.number)

    def send(self, text: str = "", files: Sequence[Path] = ()) -> None:
        self.world.far_side.sms.customer_sends(self.number, text, files)


class Device(Window):
    """A customer's phone or mailbox, as the demo shows it."""

    @property
    def text(self) -> Locator:
        return self.page.get_by_role("textbox", name="Write as the customer")

    @property
    def contact(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()

    @property
    def bearing(self) -> Locator:
        """The messages that bear a file; where words travel apart they may come after it."""
        return self.messages.filter(has=self.page.locator("figure"))

    @property
    def files(self) -> Locator:
        return self.bearing.last.locator("figure")

    @property
    def picture(self) -> Locator:
        """Of the last message with a file: on a phone among the words, in a mail where its HTML has it."""
        if self.page.get_by_title("The mail as it looks").count():
            return self.page.frame_locator("iframe >> nth=-1").locator("img")
        return self.files.locator("img")


def hold(page: Page, world: World, channel: str) -> Device:
    """Somebody new on this channel."""
    page.goto(f"{world.customers_url}/{channel}/new")
    device = Device(page)
    expect(device.text).to_be_visible()
    return device


def visit(page: Page, world: World) -> Window:
    """A visitor of the shop's chat."""
    page.goto(world.chat_url)
    window = Window(page)
    expect(window.text).to_be_visible()
    return window


def loaded(picture: Locator) -> None:
    """The picture itself is there, not only the place for it."""
    expect(picture.locator("img")).to_have_js_property("complete", value=True)
    assert picture.locator("img").evaluate("image => image.naturalWidth") > 0


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()
