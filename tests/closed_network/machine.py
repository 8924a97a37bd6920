"""A machine of a test's own: a copy of the scripts, and a PATH with nothing else on it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.closed_network.fake_docker import FakeDocker
from tests.support.servers import REPO

RUN_SECONDS = 60
# What Debian has without further packages; everything else is missing until a test adds it.
TOOLS = (
    *("awk", "basename", "bash", "cat", "cp", "cut", "date", "dirname"),
    *("env", "find", "flock", "grep", "head", "install", "mkdir", "mktemp"),
    *("mv", "readlink", "rm", "sed", "setsid", "sh", "sha256sum", "sleep"),
    *("sort", "tail", "tee", "timeout", "touch", "tr", "xargs"),
)
# The folders of the machine that scripts/engine.sh reads and writes.
FOLDERS = re.compile(r"(?<![\w/}])/(?=(?:etc|run|var|usr/local)/)")
APT = """#!/bin/bash
echo "$*" >>{folder}/apt-get.calls
case "$*" in
*indextargets*) echo 'Debian|main|http://mirror.test/debian' ;;
*download*) for package in docker-compose docker-buildx; do
  [[ "$*" != *"$package"* ]] || echo 2.40.3 >"$package.deb"; done ;;
esac
"""


class Machine:
    """Debian with an engine that answers; the user is root."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "root"
        self.repo = folder / "repo"
        self.bin = folder / "bin"
        for name in ("etc", "run/lock", "var/run", "var/log", "usr/local/lib"):
            (self.root / name).mkdir(parents=True)
        self.bin.mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, f"{tool} is missing on this machine"
            (self.bin / tool).symlink_to(found)
        self.docker = FakeDocker(self.bin)
        self.is_system("debian")
        self.is_user(0)
        self.command("apt-get", APT.format(folder=folder))
        self.command("chown", f'#!/bin/bash\necho "$*" >>{folder}/chown.calls\n')
        self.command("debootstrap", "#!/bin/bash\n")
        # Where rootfs.sh goes on in a namespace of its own: the tar file is its last argument.
        self.command("unshare", '#!/bin/bash\ntouch "${@: -1}"\n')
        self.command(
            "dpkg-deb", f'#!/bin/bash\nexec {sys.executable} -IS {folder}/extract.py "$@"\n'
        )
        (folder / "extract.py").write_text(EXTRACT)
        (folder / "certificates").write_text("a certificate\n")
        self._copy()

    def _copy(self) -> None:
        """The scripts as they are; but the engine's has folders of the test's own."""
        shutil.copytree(REPO / "images", self.repo / "images")
        for name in (".env", "requirements-uv.txt", "airflow/requirements.txt"):
            (self.repo / name).parent.mkdir(exist_ok=True)
            shutil.copy(REPO / name, self.repo / name)
        text, count = FOLDERS.subn(f"{self.root}/", (REPO / "scripts/engine.sh").read_text())
        assert count >= 8, "scripts/engine.sh names its folders in another way now"
        (self.repo / "scripts").mkdir()
        script = self.repo / "scripts/engine.sh"
        script.write_text(text)
        script.chmod(0o755)

    def command(self, name: str, text: str) -> None:
        """Put a program on PATH, in place of what is there."""
        (self.bin / name).unlink(missing_ok=True)
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def is_system(self, name: str) -> None:
        (self.root / "etc/os-release").write_text(f"ID={name}\n")

    def is_user(self, number: int) -> None:
        self.command("id", f"#!/bin/bash\necho {number}\n")

    def calls(self, program: str) -> list[str]:
        """How a program of the test was called: the arguments of each call."""
        file = self.folder / f"{program}.calls"
        return file.read_text().splitlines() if file.exists() else []

    def run(
        self, script: str, *arguments: str, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a script as make does; gives how it ended and what it said."""
        environment = {
            "PATH": str(self.bin),
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "SSL_CERT_FILE": str(self.folder / "certificates"),
            "LC_ALL": "C",
        }
        return subprocess.run(
            [str(self.repo / script), *arguments],
            env=environment | settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
            cwd=os.sep,
        )

    def images(self, *names: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return self.run("images/build.sh", *names, **settings)

    def engine(self, **settings: str) -> subprocess.CompletedProcess[str]:
        return self.run("scripts/engine.sh", **settings)


# A package here is its plugin's text, which the fake docker takes for its version.
EXTRACT = """import sys
from pathlib import Path

package, folder = Path(sys.argv[2]), Path(sys.argv[3]) / "usr/libexec/docker/cli-plugins"
folder.mkdir(parents=True, exist_ok=True)
plugin = folder / package.stem
plugin.write_bytes(package.read_bytes())
plugin.chmod(0o755)
"""
