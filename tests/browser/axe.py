"""axe-core, which finds what people with disabilities could not use; npm brings it at the first use."""

import fcntl
import json
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE.parents[1] / "build/axe"


def version(path):
    """The version of axe-core that a package.json has or asks for; None where there is none."""
    if not path.exists():
        return None
    package = json.loads(path.read_text(encoding="utf-8"))
    return package.get("version") or package["devDependencies"]["axe-core"]


def install():
    """Has npm fetch what the lock file names, checked against its hash."""
    for name in ("package.json", "package-lock.json"):  # the version, the hash of its bytes
        shutil.copy(HERE / name, FOLDER / name)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        pytest.skip(f"npm cannot fetch axe-core here: {done.stderr.strip()[:300]}")


def source():
    """The script, or a skip that says why it is not to be had."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed, which brings axe-core")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with open(FOLDER / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        package = FOLDER / "node_modules/axe-core"
        if version(package / "package.json") != version(HERE / "package.json"):
            install()
        return (package / "axe.min.js").read_text(encoding="utf-8")


def violations(browser, script, within="html"):
    """What axe finds on the page as it is, or in a part of it: one line for each rule and place."""
    if not browser.script("return window.axe !== undefined"):
        browser.script(script + "\nwindow.axe = axe;")
        browser.driver.set_script_timeout(60)
    found = browser.driver.execute_async_script(
        "const [within, done] = arguments;"
        "axe.run(within, {resultTypes: ['violations']})"
        ".then((r) => done(JSON.stringify(r.violations)), (e) => done(JSON.stringify(String(e))));",
        within,
    )
    result = json.loads(found)
    assert isinstance(result, list), f"axe failed: {result}"
    return [
        f"{rule['id']}: {rule['help']}: {place['html'][:160]}"
        + "".join(f" ({reason['message']})" for reason in place["any"][:1])
        for rule in result
        for place in rule["nodes"]
    ]
