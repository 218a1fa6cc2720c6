"""The frame of the pages, the doors and the accounts in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Dialog, expect

from tests.browser import Live, Visit, axe_violations, chromium, live, visit

__all__ = ["chromium", "live", "visit"]
pytestmark = [
    pytest.mark.browser,
    pytest.mark.long,
    pytest.mark.xdist_group("frame"),  # one browser for all
]


def test_first_tab_is_the_skip_link_and_leads_to_the_content(live: Live, visit: Visit) -> None:
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/users")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Add a user")).to_be_focused()


def test_first_run_without_scripts(live: Live, visit: Visit) -> None:
    page = visit(language="fr-FR", has_scripts=False)
    page.goto(live.url)
    page.fill("#display_name", "Alice Martin")
    page.fill("#login", "alice")
    page.fill("#password", "correct horse battery")
    page.fill("#repeated_password", "correct horse battery")
    page.fill("#include", "192.0.2.999")
    page.fill("#community", "public")
    page.click("button.primary")
    expect(page.locator("#include-error")).to_be_visible()
    expect(page.locator("#login")).to_have_value("alice")
    for field in ("#password", "#repeated_password"):
        page.fill(field, "correct horse battery")
    page.fill("#include", "192.168.7.0/24")
    page.fill("#community", "public")
    page.click("button.primary")
    expect(page.get_by_role("heading", level=1)).to_have_text("Parc est prêt")


def test_error_summary_takes_the_focus(live: Live, visit: Visit) -> None:
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/users/new")
    page.fill("#display_name", "Bob")
    page.fill("#login", "bob durand")
    page.click("main button.primary")
    expect(page.locator("[data-focus]")).to_be_focused()
    page.locator("[data-focus] a").click()
    expect(page.locator("#login")).to_be_focused()


def test_keys_open_the_help_search_and_walk_the_list(live: Live, visit: Visit) -> None:
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/users")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("jx/?")
    expect(page.locator("#search")).to_have_value("jx/?")
    page.locator("#search").blur()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/users/*")
    page.goto(f"{live.url}/users")
    page.keyboard.press("n")
    page.wait_for_url("**/users/new")


def test_keys_are_silent_where_the_account_has_them_off(live: Live, visit: Visit) -> None:
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/account")
    page.uncheck("#has_shortcuts")
    page.get_by_role("button", name="Save the preferences").click()
    page.keyboard.press("?")
    page.keyboard.press("/")
    expect(page.locator("#search")).not_to_be_focused()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_dialog_asks_and_gives_the_focus_back(live: Live, visit: Visit) -> None:
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/users/1")
    opener = page.get_by_role("link", name="Reset the password")
    opener.click()
    dialog = page.get_by_role("dialog", name="Reset the password of")
    expect(dialog).to_be_visible()
    assert axe_violations(page) == []
    dialog.get_by_role("link", name="Cancel").click()
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_page_with_words_typed_asks_before_it_is_left(live: Live, visit: Visit) -> None:
    page = visit()
    live.sign_in(page)
    page.goto(f"{live.url}/users/new")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", leave)
    page.fill("#display_name", "Bob")
    page.click("main .button:has-text('Cancel')")
    page.wait_for_url("**/users")
    page.goto(f"{live.url}/users/new")
    page.click("#menu a:has-text('Dashboard')")
    page.wait_for_url(f"{live.url}/")
    assert asked == []
    page.goto(f"{live.url}/users/new")
    page.fill("#display_name", "Bob")
    page.click("#menu a:has-text('Dashboard')")
    page.wait_for_url(f"{live.url}/")
    assert asked == ["beforeunload"]
    page.goto(f"{live.url}/users/new")
    page.fill("#display_name", "Bob")
    page.fill("#login", "bob durand")
    page.locator("main button.primary").dblclick()
    expect(page.locator("[data-focus]")).to_be_focused()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("has_scripts", [True, False])
def test_menu_of_a_phone_opens_with_and_without_scripts(
    live: Live, visit: Visit, *, has_scripts: bool
) -> None:
    page = visit(width=390, has_scripts=has_scripts)
    live.sign_in(page)
    page.goto(f"{live.url}/account")
    group = page.locator("#menu").get_by_role("link", name="Administration")
    expect(group).to_be_hidden()
    page.locator(".menu-opener").click()
    expect(group).to_be_visible()
    group.click()
    page.locator("main").get_by_role("link", name="Users").click()
    page.wait_for_url("**/users")


def test_chosen_colours_go_before_the_systems(live: Live, visit: Visit) -> None:
    page = visit(scheme="light")
    live.sign_in(page)
    page.goto(f"{live.url}/account")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_role("radio", name="Dark").check()
    page.get_by_role("button", name="Save the preferences").click()
    page.wait_for_load_state()
    assert page.evaluate(ground) != light
    assert page.evaluate("document.documentElement.dataset.scheme") == "dark"


def test_first_load_is_light(live: Live, visit: Visit) -> None:
    page = visit()
    sizes: dict[str, int] = {}
    page.on(
        "response",
        lambda answer: (
            sizes.update({answer.url: int(answer.headers.get("content-length", "0"))})
            if "/static/" in answer.url
            else None
        ),
    )
    live.sign_in(page)
    assert len(sizes) <= 4
    assert sum(sizes.values()) < 130_000  # not compressed; 38 kB by gzip
    assert all(url.startswith(live.url) for url in sizes)
    assert page.evaluate("document.querySelectorAll('*').length") <= 300
