"""``run`` finds a wrong setting before it touches anything."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from console.errors import SettingsError
from demo.run import Output, run
from tests.demo.conftest import REPO


def test_a_wrong_setting_leaves_the_results_of_the_last_run(tmp_path: Path) -> None:
    text = (REPO / ".env").read_text(encoding="utf-8")
    (tmp_path / ".env").write_text(f"{text}\nMAX_ONNX_MB=abc\n", encoding="utf-8")
    output = Output(tmp_path)
    output.folder.mkdir(parents=True)
    output.summary.write_text("{}", encoding="utf-8")
    with pytest.raises(SettingsError, match="MAX_ONNX_MB: expected a number above 0; found 'abc'"):
        run(tmp_path, Console(file=io.StringIO()))
    assert output.summary.exists()
    assert not output.place.logs.exists()  # nothing was started
