"""Both sides of each channel on the screen: the agent's page, and the phone or mailbox of the customer."""

import re
from hashlib import sha256

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.people import Agent, digest, hold, loaded
from workers.demo.photos import Photos
from workers.demo.world import World
from workers.sandbox.phone import Fetched


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
    expect(customer.bearing).to_have_count(2)
    expect(customer.picture).to_have_js_property("complete", value=True)
    assert customer.picture.evaluate("image => image.naturalWidth") > 0
    assert customer.saved(customer.files) == customer.files.locator("code").inner_text()


@pytest.mark.parametrize("channel", ["sms", "email"])
def test_an_agent_can_write_first(agent: Agent, context: BrowserContext, world: World, pictures: Photos, channel: str):
    """To somebody who never wrote; the conversation opens by itself, and the answer comes into it."""
    customer = hold(context.new_page(), world, channel)
    agent.page.bring_to_front()
    agent.page.get_by_role("button", name="New conversation").click()
    account = agent.page.get_by_label("From")
    account.select_option(account.get_by_role("option", name=channel).get_attribute("value"))
    agent.send("Your part is here", [pictures.small])
    expect(agent.page.get_by_role("alert").get_by_text("Please say to whom it goes.")).to_be_visible()
    agent.page.get_by_label("To", exact=True).fill(customer.contact)
    agent.page.get_by_role("button", name="Send", exact=True).click()
    expect(agent.page.get_by_role("heading", name=customer.contact)).to_be_visible()
    expect(agent.last.get_by_text("Your part is here")).to_be_visible()

    customer.page.bring_to_front()
    expect(customer.files).to_have_count(1)
    customer.send("Thank you")
    expect(agent.last.get_by_text("Thank you")).to_be_visible()


def test_a_phone_runs_nothing_of_what_it_gets(context: BrowserContext, world: World):
    """Markup is text, a page among the files is only saved."""
    markup = "<img src=x onerror=alert(1)><script>alert(2)</script> javascript:alert(3)"
    customer = hold(context.new_page(), world, "sms")
    phone = world.far_side.sms.customer(customer.contact)
    phone.receive("MM1", "+15005550006", markup, [Fetched("text/html", markup.encode())])
    expect(customer.last.get_by_text(markup)).to_be_visible()
    expect(customer.files.locator("img, video, audio, iframe")).to_have_count(0)
    assert customer.saved(customer.files) == sha256(markup.encode()).hexdigest()
