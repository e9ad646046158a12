"""Take the README's pictures from the running product: `make screenshots`, or `screenshots.py --data FOLDER`.

Starts the product on an installation of its own (or the one given, when it holds the demonstration city),
signs in as a demonstration person and writes `docs/pictures/*.png`, each of at most 120 KB.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from playwright.sync_api import sync_playwright
from set_up import find_chromium

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "pictures"
MOST_BYTES = 120_000
PORT = 18777
SHOTS = (
    ("worklist", "demo.rdec", "/"),
    ("report", "demo.commissioner", "/report/101H1/"),
)


def answers() -> bool:
    try:
        line = HTTPConnection("127.0.0.1", PORT, timeout=2)
        line.request("GET", "/healthz")
        return line.getresponse().status == 200
    except OSError:
        return False


def shoot() -> list[Path]:
    """Every picture, taken at a size at which it is small enough."""
    made = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        for name, who, address in SHOTS:
            target = PICTURES / f"{name}.png"
            for width, height in ((1200, 750), (1100, 640), (1000, 560), (900, 480)):
                context = browser.new_context(
                    viewport={"width": width, "height": height}, locale="zh-TW", timezone_id="Asia/Taipei",
                    reduced_motion="reduce",
                )  # fmt: skip
                page = context.new_page()
                page.goto(f"http://127.0.0.1:{PORT}/accounts/demo/")
                page.locator("tr", has_text=who).locator("button[name=user]").click()
                page.goto(f"http://127.0.0.1:{PORT}{address}")
                page.screenshot(path=target)
                context.close()
                if target.stat().st_size <= MOST_BYTES:
                    break
            else:
                raise SystemExit(f"{target.name} is larger than {MOST_BYTES} bytes at every size")
            made.append(target)
        browser.close()
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="an installation with the demonstration city")
    given = parser.parse_args()
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as fresh:
        data = given.data or Path(fresh)
        running = subprocess.Popen(
            [sys.executable, "-m", "yankao", "run", "--no-worker", "--port", str(PORT)],
            cwd=ROOT, env=os.environ | {"YANKAO_DATA": str(data)}, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            end = time.monotonic() + 300
            while not answers():
                if time.monotonic() > end or running.poll() is not None:
                    raise SystemExit("The product did not start.")
                time.sleep(0.5)
            for path in shoot():
                print(path.relative_to(ROOT), path.stat().st_size)
        finally:
            running.send_signal(signal.SIGTERM)
            running.wait(40)
    return 0


if __name__ == "__main__":
    sys.exit(main())
