"""A list of operations is read page after page, down to an id: a plan without a service."""

from datetime import datetime, timedelta

import pytest

from aiogandi import OperationDetails
from aiogandi.models import LISTED
from aiogandi.operations.pages import Filtered, Look, Pages, read_down

DATE = datetime(2026, 11, 27, 12)
SECOND = timedelta(seconds=1)


def drive(plan, *answers):
    """What the plan asks when it gets these answers, and what it returns at the end."""
    asked = [next(plan)]
    for answer in answers:
        try:
            asked.append(plan.send(answer))
        except StopIteration as ended:
            return asked, ended.value
    raise AssertionError(f"it goes on to ask {asked[-1]}")


def page(before):
    return Filtered({} if before is None else {"created_before": before})


def downwards(highest, number=LISTED):
    return list(range(highest, highest - number, -1))


def created(operation_id, date=DATE):
    return OperationDetails(operation_id, date_created=date)


def test_a_list_that_is_not_full_is_all_there_is():
    asked, pages = drive(read_down(page, lambda: 0), [3, 1, 2])
    assert asked == [Filtered({})]
    assert pages == Pages([3, 1, 2], frozenset({1, 2, 3}), complete=True)


def test_an_empty_list_too():
    _, pages = drive(read_down(page, lambda: 0), [])
    assert pages == Pages([], frozenset(), complete=True)


def test_a_full_list_that_reaches_down_to_the_bound_is_enough():
    asked, pages = drive(read_down(page, lambda: 701), downwards(1000))
    assert len(asked) == 1
    assert pages.complete


def test_else_it_goes_on_below_the_date_of_the_lowest():
    asked, pages = drive(
        read_down(page, lambda: 0), downwards(1000), created(701), downwards(701, 6)
    )
    assert asked == [Filtered({}), Look(701), Filtered({"created_before": DATE + SECOND})]
    assert pages.ids == downwards(1000, 305)
    assert pages.first == frozenset(downwards(1000))
    assert pages.complete


def test_page_after_page():
    answers = []
    for number in range(3):
        highest = 1000 - number * (LISTED - 1)
        answers += [downwards(highest), created(highest - LISTED + 1)]
    asked, pages = drive(read_down(page, lambda: 50), *answers, downwards(103, 60))
    assert [question.id for question in asked if isinstance(question, Look)] == [701, 402, 103]
    assert pages.ids == downwards(1000, 957)
    assert pages.complete


def test_the_lowest_counts_wherever_it_stands_in_the_list():
    shown = downwards(1000)
    shown[0], shown[-1] = shown[-1], shown[0]
    asked, _ = drive(read_down(page, lambda: 0), shown, created(701), [])
    assert asked[1] == Look(701)


def test_what_a_further_page_repeats_is_not_taken_twice():
    _, pages = drive(read_down(page, lambda: 0), downwards(1000), created(701), downwards(703, 10))
    assert pages.ids == downwards(1000, 307)


def test_the_bound_is_asked_for_each_page_since_it_may_have_moved():
    bounds = iter([500, 750])
    answers = [downwards(1000), created(701), downwards(701)]
    asked, pages = drive(read_down(page, lambda: next(bounds)), *answers)
    assert len(asked) == 3
    assert pages.complete


@pytest.mark.parametrize("details", [None, OperationDetails(701)])
def test_it_ends_incomplete_where_the_lowest_has_no_date(details):
    asked, pages = drive(read_down(page, lambda: 0), downwards(1000), details)
    assert len(asked) == 2
    assert not pages.complete
    assert pages.ids == downwards(1000)


def test_no_operation_of_the_second_in_which_a_list_ends_is_passed_over():
    """Of the operations 600 to 709, all of one second, the first list shows ten."""
    asked, pages = drive(read_down(page, lambda: 650), downwards(999), created(700), downwards(709))
    assert asked[-1] == Filtered({"created_before": DATE + SECOND})
    assert pages.ids == downwards(999, LISTED + 290)
    assert pages.complete


@pytest.mark.parametrize("below", [[], downwards(500)])
def test_it_ends_incomplete_where_a_second_holds_more_than_a_list(below):
    answers = [
        downwards(1000),
        created(701),
        downwards(1000),
        below,
        created(201),
        downwards(201, 1),
    ]
    asked, pages = drive(read_down(page, lambda: 0), *answers)
    assert asked[3] == Filtered({"created_before": DATE})
    assert not pages.complete
    assert pages.ids == downwards(1000) + below


def test_it_ends_incomplete_where_the_date_does_not_find_the_lowest_again():
    _, pages = drive(read_down(page, lambda: 0), downwards(1000), created(701), [])
    assert not pages.complete


class TestTheWholeList:
    """Also a short list may be cut."""

    @staticmethod
    def read(*answers):
        return drive(read_down(page, lambda: 0, full=1), *answers)

    def test_ends_where_a_shorter_page_shows_nothing_new(self):
        asked, pages = self.read([9, 8, 7], created(7), [8, 7])
        assert len(asked) == 3
        assert pages == Pages([9, 8, 7], frozenset({7, 8, 9}), complete=True)

    def test_goes_on_where_all_is_of_one_second(self):
        asked, pages = self.read([9, 8, 7], created(7), [9, 8, 7], [])
        assert asked[2:] == [
            Filtered({"created_before": DATE + SECOND}),
            Filtered({"created_before": DATE}),
        ]
        assert pages.complete

    def test_goes_on_where_a_date_means_its_whole_second(self):
        asked, pages = self.read([9, 8, 7], created(7), [9, 8, 7], [9, 8, 7], [])
        assert asked[-1] == Filtered({"created_before": DATE - SECOND})
        assert pages.complete

    @pytest.mark.parametrize("second", [[[5, 4]], [[9, 8], [5, 4]]])
    def test_is_not_known_where_a_second_holds_more_than_a_cut_list(self, second):
        _, pages = self.read([9, 8], created(8), [9, 8], *second, created(4), [4])
        assert pages == Pages([9, 8, 5, 4], frozenset({8, 9}), complete=False)

    def test_of_a_cut_list_is_read_to_its_end(self):
        _, pages = self.read([9, 8], created(8), [8, 7], created(7), [7])
        assert pages == Pages([9, 8, 7], frozenset({8, 9}), complete=True)

    @pytest.mark.parametrize("details", [None, OperationDetails(7)])
    def test_is_taken_for_what_a_short_list_shows_where_there_is_no_date(self, details):
        _, pages = self.read([9, 8, 7], details)
        assert pages.complete


def test_it_ends_incomplete_where_a_further_page_is_not_worth_it():
    told = []

    def worth(pages, lowest):
        told.append((pages, lowest))
        return pages < 2

    plan = read_down(page, lambda: 0, worth)
    _, pages = drive(plan, downwards(1000), created(701), downwards(701))
    assert told == [(1, 701), (2, 402)]
    assert not pages.complete
    assert pages.ids == downwards(1000, 2 * LISTED - 1)


def test_whether_it_is_worth_it_is_not_asked_where_there_is_no_further_page():
    _, pages = drive(read_down(page, lambda: 0, lambda *_: 1 / 0), [1])
    assert pages.complete


class TestOddLists:
    """What a list holds is counted as it came: a full one is full whatever its entries are."""

    def test_an_id_that_is_listed_twice_counts_twice_and_is_shown_once(self):
        twice = [number for number in downwards(1000, LISTED // 2) for _ in range(2)]
        lowest = 1001 - LISTED // 2
        further = [lowest, lowest, lowest - 1, lowest - 1]
        asked, pages = drive(read_down(page, lambda: 0), twice, created(lowest), further)
        assert asked[1:] == [Look(lowest), Filtered({"created_before": DATE + SECOND})]
        assert pages.ids == downwards(1000, LISTED // 2 + 1)
        assert pages.complete

    def test_a_listed_0_counts_and_is_skipped(self):
        asked, pages = drive(
            read_down(page, lambda: 0), [0, *downwards(1000, LISTED - 1)], created(702), [0]
        )
        assert len(asked) == 3
        assert pages.ids == downwards(1000, LISTED - 1)

    def test_a_list_of_nothing_but_0_is_empty(self):
        _, pages = drive(read_down(page, lambda: 0, full=1), [0])
        assert pages == Pages([], frozenset(), complete=True)

    def test_the_order_does_not_matter(self):
        asked, pages = drive(
            read_down(page, lambda: 0), downwards(1000)[::-1], created(701), [699, 700]
        )
        assert asked[1] == Look(701)
        assert set(pages.ids) == set(downwards(1000, 302))
