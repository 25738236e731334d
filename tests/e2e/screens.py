"""Pictures of the main screens for the README: `make screenshots` writes them into `tests/e2e/screens/`."""

import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.console import Console

from tests.e2e.chromium import FLAGS, chromium
from tests.e2e.people import Agent, Customer, Window, hold, visit
from workers.demo.photos import Photos, photos
from workers.demo.world import Services, World

FOLDER = Path(__file__).parent / "screens"
COLORS = 128
"""A palette keeps each picture under 150 kB."""


def main() -> int:
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=[*FLAGS])
        with World(Path(folder) / "world", Services()) as world:
            take(browser, world, photos(None, Path(folder) / "originals", Console(quiet=True)))
        browser.close()
    return 0


def take(browser: Browser, world: World, pictures: Photos) -> None:
    small = browser.new_context(viewport={"width": 390, "height": 720}, is_mobile=True, locale="en-GB")
    visitor = visit(small.new_page(), world)
    visitor.send("It says the file is broken. Which one do you need?", [pictures.flood])
    customer = Customer("+15551230001", world)
    customer.send("It came like this, look", [pictures.rotated, pictures.small])
    desk = browser.new_context(viewport={"width": 1180, "height": 760}, locale="en-GB")
    agent = Agent(desk.new_page(), world)
    agent.page.goto(world.page_url)
    agent.open(customer.number)
    expect(agent.page.locator(".picture.loaded")).to_have_count(2)
    agent.send("Oh dear. This is the spare part, we ship it today", [pictures.large])
    expect(agent.last.get_by_text("Delivered")).to_be_visible()
    expect(agent.page.locator(".picture.loaded")).to_have_count(3)
    keep(agent.page, "thread")
    agent.attach(pictures.rotated, pictures.small)
    expect(agent.tray.get_by_text("Will be made to fit")).to_have_count(2)
    keep(agent.page, "composer")
    keep(held(browser, world, pictures, agent), "phone")
    refusal(agent, visitor)
    keep(visitor.page, "chat")


def held(browser: Browser, world: World, pictures: Photos, agent: Agent) -> Page:
    """A customer's phone with both sides on it."""
    small = browser.new_context(viewport={"width": 520, "height": 820}, locale="en-GB")
    device = hold(small.new_page(), world, "whatsapp")
    device.send("This one, on WhatsApp?", [pictures.small])
    agent.page.get_by_role("navigation").get_by_role("button", name="This one, on WhatsApp?").click()
    agent.send("Yes. We ship it today", [pictures.rotated])
    expect(device.messages).to_have_count(2)
    expect(device.picture).to_have_js_property("complete", value=True)
    return device.page


def refusal(agent: Agent, visitor: Window) -> None:
    agent.page.emulate_media(color_scheme="dark")
    agent.page.get_by_role("navigation").get_by_role("button", name="It says the file").click()
    agent.last.get_by_role("button", name="Ask the customer").click()
    keep(agent.page, "refusal")
    agent.page.keyboard.press("Enter")
    expect(visitor.last.get_by_text("Could you send a smaller version")).to_be_visible()


def keep(page: Page, name: str) -> None:
    page.bring_to_front()
    picture = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    FOLDER.mkdir(exist_ok=True)
    picture.quantize(COLORS, dither=Image.Dither.NONE).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    sys.exit(main())
