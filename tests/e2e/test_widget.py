"""The chat on a shop's own page: one script tag."""

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.people import Agent, Window, loaded
from tests.http_origin import Origin, answer
from workers.demo.photos import Photos
from workers.demo.stand_ins import WEBCHAT
from workers.demo.world import World


@pytest.fixture
def shop(world: World):
    """A page of another origin, with a security policy of its own that knows nothing of our styles."""
    gateway = world.gateway_url
    page = (
        f'<!doctype html><html lang="en"><title>Shop</title><h1>Gaskets</h1>'
        f'<script src="{gateway}/webchat/widget.js" data-address="{WEBCHAT}" async></script></html>'
    )
    policy = f"default-src 'none'; script-src {gateway}; frame-src {gateway}"
    with Origin({"/": answer(page.encode(), content_type="text/html", content_security_policy=policy)}) as origin:
        yield origin.url("/")


def test_a_customer_chats_on_the_shops_page(agent: Agent, context: BrowserContext, shop: str, pictures: Photos):
    """A button, a frame, a photo; the agent's answer arrives, and reads as read only while the chat is open."""
    page = context.new_page()
    page.goto(shop)
    page.get_by_role("button", name="Open the chat").click()
    chat = Window(page.frame_locator("iframe"))
    chat.text.fill("From the shop")
    page.frame_locator("iframe").locator("input[type=file]").first.set_input_files(pictures.small)
    expect(chat.uploaded).to_have_count(1)
    chat.text.press("Enter")
    loaded(chat.last.locator(".picture"))
    page.frame_locator("iframe").get_by_role("button", name="Close").click()
    expect(page.locator("iframe")).to_be_hidden()

    agent.page.get_by_role("navigation").get_by_role("button", name="From the shop").click()
    agent.send("Yes, it fits")
    expect(agent.last.get_by_text("Delivered")).to_be_visible()
    page.get_by_role("button", name="Open the chat").click()
    expect(chat.last.get_by_text("Yes, it fits")).to_be_visible()
    expect(agent.last.get_by_text("Read")).to_be_visible()
