"""A reader whose network doesn't learn types a few words, and the page for it comes first."""

import pytest
from bookbuild.asked import PAGE
from playwright.sync_api import expect


@pytest.mark.parametrize(
    "query, section",
    [
        ("loss nan", "the-loss-is-nan-or-inf"),
        ("Loss is NaN", "the-loss-is-nan-or-inf"),
        ("not learning", ""),
        ("accuracy stuck", "it-always-predicts-the-same-class"),
        ("my network always predicts the same class", "it-always-predicts-the-same-class"),
        ("loss not decreasing", "the-loss-stays-at-log-k"),
        ("validation better than training", "validation-is-better-than-training"),
    ],
)
def test_search_leads_to_the_section_first(query, section, site, new_page):
    with new_page() as page:
        page.goto(f"{site}/search.html?q={query.replace(' ', '+')}")
        first = page.locator("#search-results li a").first
        expect(first).to_have_attribute("href", f"{PAGE}.html#{section}".rstrip("#"))
        first.click()
        page.wait_for_url(f"**/{PAGE}.html*")
        heading = page.locator(f"#{section} > h3" if section else "article h1")
        expect(heading).to_be_in_viewport()
