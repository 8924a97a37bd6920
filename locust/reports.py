"""Make the folder of the reports ready for any user, and remove the last run's."""

from pathlib import Path

FOLDER = Path("/reports")

if __name__ == "__main__":
    FOLDER.chmod(0o1777)
    for report in FOLDER.glob("*"):
        if report.name in {"report.html", "summary.json"} or report.match("stats_*.csv"):
            report.unlink()
