"""Figures of a period are counted from what really happened."""

from datetime import timedelta

from engine.verbs import statistics

DAY = timedelta(days=1)


def test_figures_count_what_was_started_completed_and_rated_in_the_period(run, store, clock):
    since = clock() - DAY
    for grade, default in ((5, False), (1, False), (4, True)):
        run("sequence", satisfaction=grade, rating_default=default).complete("approve", approved=True)
    run("sequence")

    with store.reading() as session:
        found = statistics.figures(session, since, clock() + DAY, rating="satisfaction", rating_default="rating_default", bad=2)
        later = statistics.figures(session, clock() + DAY, clock() + 2 * DAY)

    assert (found["started"], found["completed"], found["open"], found["tasks"], found["overdue"]) == (4, 3, 1, 3, 0)
    assert found["ratings"] == {"count": 2, "default_count": 1, "average": 3.0, "bad": 1}
    assert found["ends"] == {"done": 3}
    assert later["started"] == later["completed"] == later["tasks"] == 0


def test_earlier_cases_of_the_same_matter_are_counted(run, store, clock):
    for matter in ("road", "road", "water"):
        run("sequence", matter=matter)

    with store.reading() as session:
        count = lambda **facts: statistics.count_cases(session, "sequence", clock() - DAY, **facts)  # noqa: E731
        assert count() == 3
        assert count(variable="matter", value="road") == 2
        assert count(variable="matter", value=7) == 0
        assert count(enterprise_id="somebody") == 0
