"""For everybody: keyboard alone, names for screen readers, contrast in light and dark, and other languages."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import signed_in
from tests.e2e.people import Agent, Customer
from workers.demo.photos import Photos
from workers.demo.world import World

NAMELESS = """() => [...document.querySelectorAll("button, a, input, textarea, dialog, nav, [role=region], [role=log]")]
    .filter((one) => one.checkVisibility() && !one.closest("[aria-hidden=true]"))
    .filter((one) => !(one.ariaLabel || one.textContent.trim() || one.labels?.length))
    .map((one) => one.outerHTML)"""

UNSEEN = """() => [...document.querySelectorAll("img:not([alt])")]
    .map((one) => one.outerHTML)"""

FAINT = """() => {
    const scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (color) => {
        scratch.clearRect(0, 0, 1, 1);
        scratch.fillStyle = color;
        scratch.fillRect(0, 0, 1, 1);
        return [...scratch.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => [r, g, b]
        .map((one) => one / 255)
        .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4))
        .reduce((sum, one, index) => sum + one * [0.2126, 0.7152, 0.0722][index], 0);
    const ground = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const color = rgb(getComputedStyle(one).backgroundColor);
            if (color[3] === 255) return color;
        }
        return rgb("canvas");
    };
    const faint = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement;
        const isSeen = element.checkVisibility() && !element.closest(".hidden, :disabled");
        if (!isSeen || !walker.currentNode.data.trim()) continue;
        const [high, low] = [light(rgb(getComputedStyle(element).color)), light(ground(element))].sort((a, b) => b - a);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5) faint.push([walker.currentNode.data, ratio]);
    }
    return faint;
}"""


def test_the_keyboard_is_enough(agent: Agent, customer: Customer, pictures: Photos):
    """Find the ticket, look at the photo, attach one, write and send, without touching the mouse."""
    customer.send("By keyboard", [pictures.small])
    expect(agent.ticket(customer.number)).to_be_visible()
    page = agent.page
    reach(page, agent.ticket(customer.number), "Tab", "ArrowDown")
    page.keyboard.press("Enter")
    expect(agent.text).to_be_focused()
    reach(page, agent.last.locator(".picture"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_file_chooser() as chooser:
        reach(page, page.get_by_role("button", name="Attach files"), "Tab")
        page.keyboard.press("Enter")
    chooser.value.set_files(pictures.small)
    expect(agent.text).to_be_focused()
    page.keyboard.type("Sent by keys")
    page.keyboard.press("Enter")
    expect(agent.last.get_by_text("Sent by keys")).to_be_visible()
    expect(agent.last.get_by_text("Delivered")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_has_a_name_and_enough_contrast(
    context: BrowserContext, world: World, customer: Customer, pictures: Photos, scheme: str
):
    """4.5 to 1 for every text (WCAG 2.2 AA), in both color schemes."""
    customer.send(f"In the {scheme}", [pictures.small])
    page = signed_in(context, world)
    page.emulate_media(color_scheme=scheme)
    agent = Agent(page, world)
    agent.open(customer.number)
    agent.attach(pictures.program)
    expect(agent.uploaded).to_have_count(1)
    assert (page.evaluate(NAMELESS), page.evaluate(UNSEEN), page.evaluate(FAINT)) == ([], [], [])
    page.goto(world.chat_url)
    expect(page.get_by_text("Hello!")).to_be_visible()
    assert (page.evaluate(NAMELESS), page.evaluate(FAINT)) == ([], [])


def test_the_page_speaks_french(browser, world: World):
    """In the browser's language; `?lang=` says otherwise."""
    french = browser.new_context(locale="fr-FR")
    page = french.new_page()
    page.goto(world.page_url)
    expect(page.get_by_role("button", name="Se déconnecter")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "fr"
    french.close()


def test_signing_in_takes_a_key(context: BrowserContext, world: World):
    """A wrong one is told; a right one is gone from the page once it has been exchanged."""
    page = context.new_page()
    page.goto(world.gateway_url)
    page.get_by_label("Your name").fill("Kim")
    page.get_by_label("API key").fill("tb_helpdesk_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("This API key is not known.")
    page.get_by_label("API key").fill(world.helpdesk.key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("navigation", name="Tickets")).to_be_visible()
    assert world.helpdesk.key not in page.evaluate("JSON.stringify({ ...localStorage })")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_visible()
    assert page.evaluate("localStorage.getItem('trombone.session')") is None


def reach(page: Page, target, *keys: str) -> None:
    """Press the first key until something in reach has the focus, then the others as well."""
    for _ in range(60):
        for key in keys:
            page.keyboard.press(key)
            if target.evaluate("element => element === document.activeElement"):
                return
    raise AssertionError(f"not in reach of {keys}: {target}")
