"""The gateway's figures are read as HAProxy writes them."""

from loadtest.balance import Look, figures_url, look, read, spread, table

CSV = """\
# pxname,svname,status,hrsp_2xx,hrsp_5xx,
predictions,replica1,UP,{},9,
predictions,replica2,DOWN,{},0,
predictions,replica3,UP,0,0,
predictions,replica4,MAINT (resolution),,0,
predictions,BACKEND,UP,999,0,
operations,replica1,UP,50,0,
"""


def test_what_each_replica_answered_in_between() -> None:
    before, after = read(CSV.format(10, 20)), read(CSV.format(40, 30))
    balance = spread(before, after)
    assert balance == {"replica1": 30, "replica2": 10, "replica3": 0}
    assert table(balance)[0] == {"replica": "replica1", "requests": "30", "share": "75.0%"}


def test_a_gateway_that_was_started_anew_counts_from_zero() -> None:
    balance = spread(read(CSV.format(100, 100)), read(CSV.format(40, 30)))
    assert balance == {"replica1": 40, "replica2": 30, "replica3": 0}


def test_only_the_gateway_is_asked() -> None:
    assert figures_url("http://gateway:8081", "") == "http://gateway:8404/stats;csv"
    assert figures_url("http://localhost:8081", "") is None
    assert figures_url(None, "") is None
    assert figures_url("http://10.0.0.1:8081", "http://10.0.0.1:8404/x") == "http://10.0.0.1:8404/x"


def test_without_an_answer_there_is_no_balance() -> None:
    assert look(None) == Look()
    assert look("http://127.0.0.1:9/stats;csv") == Look()
    assert table({}) == []
