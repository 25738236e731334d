"""Both sides of each channel on the screen: the agent's page, and the phone or mailbox of the customer."""

import re

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.people import Agent, digest, hold, loaded
from workers.demo.photos import Photos
from workers.demo.world import World


@pytest.mark.parametrize("channel", ["sms", "whatsapp", "instagram", "email"])
def test_photos_go_both_ways(agent: Agent, context: BrowserContext, world: World, pictures: Photos, channel: str):
    """The customer's photo is a thumbnail, opens in full and is saved byte for byte; so does the agent's arrive."""
    customer = hold(context.new_page(), world, channel)
    customer.send(f"Which part is it, on {channel}?", [pictures.small])
    expect(customer.last).to_contain_text("Which part is it")
    expect(customer.files.locator("code")).to_have_text(digest(pictures.small))

    agent.page.bring_to_front()
    agent.page.get_by_role("navigation").get_by_role("button", name=f"Which part is it, on {channel}?").click()
    thumbnail = agent.last.get_by_role("button", name=re.compile("^Open .* in full$"))
    loaded(thumbnail)
    thumbnail.click()
    full = agent.page.get_by_role("dialog").locator("img")
    expect(full).to_have_attribute("data-full", "")
    assert full.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [1200, 900]
    agent.page.keyboard.press("Escape")
    assert agent.saved(agent.last) == digest(pictures.small)

    agent.send("This one, look", [pictures.rotated])
    loaded(agent.last.get_by_role("button", name="Open rotated-with-gps.jpg in full"))

    customer.page.bring_to_front()
    expect(customer.messages).to_have_count(2)
    expect(customer.picture).to_have_js_property("complete", value=True)
    assert customer.picture.evaluate("image => image.naturalWidth") > 0
    assert customer.saved(customer.files) == customer.files.locator("code").inner_text()
