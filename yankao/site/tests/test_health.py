"""Health, published checkpoints, and what happens by itself."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.module_loading import autodiscover_modules

from yankao.kernel.audit import ledger
from yankao.kernel.audit.tasks import sign_checkpoint
from yankao.kernel.jobs import schedule
from yankao.kernel.jobs.models import Job, State
from yankao.site.health import HEARTBEAT, worker_state


@pytest.mark.django_db
def test_health_tells_of_database_and_worker(client):
    assert client.get("/healthz").json() == {"database": "ok", "worker": "never"}
    assert client.get("/healthz?worker=1").status_code == 503
    job = Job.objects.create(task=HEARTBEAT, state=State.SUCCESSFUL, finished_at=timezone.now())
    assert client.get("/healthz?worker=1").json() == {"database": "ok", "worker": "ok"}
    assert worker_state(job.finished_at + timedelta(minutes=6)) == "silent"


@pytest.mark.django_db
def test_a_daily_checkpoint_is_published_with_the_key_to_check_it(client, settings, tmp_path):
    settings.DATA = tmp_path
    ledger.note("test", "nothing:1", None)
    assert sign_checkpoint.call() == 1
    day = timezone.localdate().isoformat()
    page = client.get("/checkpoints/", HTTP_ACCEPT_LANGUAGE="en")
    assert page.status_code == 200 and f"{day}.json" in page.content.decode()
    told = json.loads(client.get(f"/checkpoints/{day}.json").content)
    assert told["seq"] == 1 and len(told["hash"]) == 64
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = load_pem_public_key(client.get("/checkpoints/key.pem").content)
    statement = ledger.canonical({name: told[name] for name in ("day", "hash", "seq")}).encode()
    key.verify(bytes.fromhex(told["signature"]), statement)
    for wrong in ("/checkpoints/2000-01-01.json", "/checkpoints/..%2fkeys.json", "/checkpoints/x.json"):
        assert client.get(wrong).status_code == 404


def test_the_daily_work_is_registered():
    autodiscover_modules("tasks")
    wanted = {
        HEARTBEAT,
        "yankao.kernel.audit.tasks.sign_checkpoint",
        "yankao.kernel.notice.tasks.remind_daily",
        "yankao.kernel.jobs.tasks.sweep",
        "yankao.control.programme.monthly.monthly_round",
    }
    assert wanted <= schedule.periodic.keys()
