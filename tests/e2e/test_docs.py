"""The API's own page."""

from playwright.sync_api import expect

from tests.e2e.people import Agent
from workers.demo.world import World


def test_the_api_can_be_read_and_tried(agent: Agent, world: World):
    """Every operation with an example of its answer; a GET runs as who is signed in."""
    page = agent.page
    page.goto(f"{world.gateway_url}/docs")
    expect(page.get_by_role("heading", name="Helpdesks")).to_be_visible()
    channels = page.locator("details", has_text="/v1/channels")
    channels.locator("summary").click()
    expect(channels.get_by_text('"max_message_bytes"')).to_be_visible()
    channels.get_by_role("button", name="Try it").click()
    expect(channels.locator("pre").last).to_contain_text("600000")
    assert "asyncapi: 3" in page.request.get(f"{world.gateway_url}/asyncapi.yaml").text()
