"""axe-core finds nothing serious on the main screens, in light and dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.people import Agent, hold, visit
from workers.demo.photos import Photos
from workers.demo.world import World

SERIOUS = ("serious", "critical")


def barriers(page: Page) -> list[tuple[str, str]]:
    """The rules that are broken, each with the first element that breaks it."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in SERIOUS]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_of_the_agent_has_barriers(
    agent: Agent, context: BrowserContext, world: World, pictures: Photos, scheme: str
):
    """The thread with a reply in the making, a refused file, and a picture in full."""
    agent.page.emulate_media(color_scheme=scheme)
    visitor = visit(context.new_page(), world)
    visitor.send(f"Both of them, {scheme}", [pictures.small, pictures.flood])
    agent.page.bring_to_front()
    agent.page.get_by_role("navigation").get_by_role("button", name=f"Both of them, {scheme}").click()
    expect(agent.last.get_by_text("Refused: flood.png")).to_be_visible()
    agent.attach(pictures.small)
    expect(agent.uploaded).to_have_count(1)
    assert barriers(agent.page) == []
    agent.last.locator(".picture").click()
    expect(agent.page.get_by_role("dialog")).to_be_visible()
    assert barriers(agent.page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_of_a_customer_has_barriers(context: BrowserContext, world: World, pictures: Photos, scheme: str):
    """The chat, a phone, a mailbox and the list of them."""
    page = context.new_page()
    page.emulate_media(color_scheme=scheme)
    visit(page, world).send("In the chat", [pictures.small])
    expect(page.locator(".picture.loaded")).to_have_count(1)
    assert barriers(page) == []
    for channel in ("sms", "email"):
        device = hold(page, world, channel)
        device.send("From here", [pictures.small, pictures.program])
        expect(device.files).to_have_count(2)
        assert barriers(page) == []
    page.get_by_role("link", name="All customers").click()
    expect(page.get_by_role("heading", name="Email")).to_be_visible()
    assert barriers(page) == []


def test_neither_the_door_nor_the_documentation_has_barriers(context: BrowserContext, world: World):
    """Where an agent signs in, and what integrators read."""
    page = context.new_page()
    page.goto(world.gateway_url)
    expect(page.get_by_label("API key")).to_be_visible()
    assert barriers(page) == []
    page.goto(f"{world.gateway_url}/docs")
    expect(page.get_by_role("heading").first).to_be_visible()
    assert barriers(page) == []
