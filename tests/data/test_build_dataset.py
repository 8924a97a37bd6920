"""The command line around the decoder, and where it gets the raw file from."""

import subprocess
import sys
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from Data import build_dataset, sdist
from Data.decode import DatasetError

ROOT = Path(build_dataset.__file__).parents[1]
RawWriter = Callable[[Sequence[Sequence[object]]], Path]


def test_another_csv_is_refused_and_the_output_stays(
    write_raw: RawWriter, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output = tmp_path / "out.parquet"
    output.write_bytes(b"old")
    code = build_dataset.main(["--csv", str(write_raw([])), "--output", str(output)])
    assert code == 1
    assert "is not the published file: its sha256 is" in caplog.text
    assert output.read_bytes() == b"old"


@pytest.mark.parametrize("option", ["--csv", "--sdist"])
def test_a_missing_file_is_named(
    option: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    missing = tmp_path / "missing"
    assert build_dataset.main([option, str(missing), "--output", str(tmp_path / "out")]) == 1
    assert f"{missing} cannot be read: No such file or directory" in caplog.text


def test_another_archive_is_refused(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(b"x")
    assert build_dataset.main(["--sdist", str(archive), "--output", str(tmp_path / "out")]) == 1
    assert f"expected {sdist.SDIST_SHA256}" in caplog.text


def test_help_explains_the_sources() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "Data.build_dataset", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--csv FILE" in done.stdout
    assert "python -m Data.build_dataset --sdist" in done.stdout
    assert " /" not in done.stdout, "an example names a folder of one machine"


def test_csv_and_sdist_exclude_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        build_dataset.main(["--csv", "a", "--sdist", "b"])
    assert stop.value.code == 2
    assert "not allowed with argument" in capsys.readouterr().err


def test_member_is_copied_out_of_the_archive(tmp_path: Path) -> None:
    (tmp_path / "in").write_text("rows", encoding="utf-8")
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "in", arcname="x/covtype.csv")
    out = tmp_path / "out"
    out.mkdir()
    path = sdist.extract_csv(tmp_path / "a.tar.gz", out, member="x/covtype.csv")
    assert path.read_text(encoding="utf-8") == "rows"


def test_archive_without_the_member_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz"):
        pass
    with pytest.raises(DatasetError, match=r"covtype\.csv could not be read from"):
        sdist.extract_csv(tmp_path / "a.tar.gz", tmp_path)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(b"no archive")
    with pytest.raises(DatasetError, match="Get the archive again"):
        sdist.extract_csv(tmp_path / "a.tar.gz", tmp_path)


def test_a_failing_download_shows_pips_words_and_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    with pytest.raises(DatasetError, match=r"(?s)pip install failed.*numpy.*pass it with --sdist"):
        sdist.download(tmp_path)
