"""The command line of the demo."""

import pytest

from demo.__main__ import main


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["sideways"], ["run", "--fast"], ["rollback", "0"], ["rollback", "last"]),
        *(["train", "--params", "{seed: 7}"], ["train", "--params", "[7]"], ["ingest", "1"]),
    ],
)
def test_a_wrong_command_line_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m demo" in capsys.readouterr().err


def test_params_that_are_no_json_object_are_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["train", "--params", "seed=7"])
    shown = capsys.readouterr().err
    assert """expected a JSON object such as '{"seed": 7}', found 'seed=7'""" in shown
