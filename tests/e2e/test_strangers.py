"""Nothing that a customer writes, names or sends ever runs: a table of payloads, in a real browser."""

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.e2e.people import Agent, digest, visit
from tests.images import camera_scene
from workers.demo.world import World

PAYLOADS = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(2)</script>",
    '"><svg/onload=alert(3)>',
    "javascript:alert(4)",
    "{{constructor.constructor('alert(5)')()}}",
    "</p><iframe srcdoc='<script>parent.alert(6)</script>'>",
    "<a href='javascript:alert(7)'>https://example.com</a>",
    "\u202egpj.exe <b>bold</b>",
]


def test_words_and_names_stay_words(agent: Agent, context: BrowserContext, world: World, tmp_path: Path):
    """As a message, as a file's name and in the list: shown as they are, and no element comes of them."""
    photo = camera_scene((120, 90))
    files = []
    for number, payload in enumerate(PAYLOADS):
        name = payload.replace("/", "\u2215")[:60] + f" {number}.jpg"
        files.append(tmp_path / name)
        files[-1].write_bytes(photo)
    visitor = visit(context.new_page(), world)
    visitor.send("\n".join(PAYLOADS), files)
    expect(visitor.last.locator(".picture.loaded")).to_have_count(len(PAYLOADS))

    agent.page.bring_to_front()
    agent.page.get_by_role("navigation").get_by_role("button", name="onerror").click()
    expect(agent.last.locator(".picture.loaded")).to_have_count(len(PAYLOADS))
    for window in (agent, visitor):
        text = window.last.locator(".text")
        assert text.evaluate("element => element.textContent") == "\n".join(PAYLOADS)
        assert text.evaluate("element => [...element.children].map(one => one.tagName)") == ["A"]
        assert text.locator("a").get_attribute("href") == "https://example.com"
        assert window.page.locator("iframe, script:not([src]), [onerror], [onload], [href^='javascript']").count() == 0
    agent.last.locator(".picture").first.click()
    expect(agent.page.get_by_role("dialog").get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()


DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PAGE = b"<!doctype html><html><script>alert(1)</script><p>hello</p></html>"


def test_drawings_that_could_run_are_refused(agent: Agent, context: BrowserContext, world: World, tmp_path: Path):
    """A script may hide in them."""
    receive(agent, context, world, tmp_path / "drawing.svg", DRAWING)
    expect(agent.last.get_by_text("Refused: drawing.svg")).to_be_visible()


@pytest.mark.parametrize("name", ["page.html", "photo.jpg"])
def test_pages_are_only_saved(agent: Agent, context: BrowserContext, world: World, tmp_path: Path, name: str):
    """Whatever the name says: nothing of them is shown, and their address opens nothing."""
    receive(agent, context, world, tmp_path / name, PAGE)
    save = agent.last.get_by_role("link", name=f"Download: {name}")
    expect(save).to_be_visible()
    expect(agent.last.locator("img, iframe, object, embed")).to_have_count(0)
    answer = agent.page.request.get(save.get_attribute("href"))
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert agent.saved(agent.last) == digest(tmp_path / name)


def receive(agent: Agent, context: BrowserContext, world: World, path: Path, content: bytes) -> None:
    """From a visitor; the agent looks at it."""
    path.write_bytes(content)
    visit(context.new_page(), world).send(f"a file: {path.name}", [path])
    agent.page.bring_to_front()
    agent.page.get_by_role("navigation").get_by_role("button", name=f"a file: {path.name}").click()
    expect(agent.last.locator("figure")).to_be_visible()


def test_pages_forbid_what_is_not_ours(agent: Agent, world: World):
    """No inline script, no markup from strings, no other origin, no frame around the agent's page."""
    answer = agent.page.request.get(world.gateway_url)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    made = agent.page.evaluate("() => { try { document.body.innerHTML = '<b>x</b>'; return 1 } catch { return 0 } }")
    assert made == 0


def test_the_pages_take_few_bytes(agent: Agent, world: World):
    """Gzipped, all parts together: the agent's page under 40 KB, the widget on a shop's page under 3 KB."""
    sizes = agent.page.evaluate(
        """() => performance.getEntriesByType("resource")
            .filter((one) => one.name.includes("/page/"))
            .map((one) => one.encodedBodySize)"""
    )
    widget = agent.page.request.get(f"{world.gateway_url}/webchat/widget.js", headers={"Accept-Encoding": "gzip"})
    assert 0 < sum(sizes) < 40_000
    assert int(widget.headers["content-length"]) < 3000
