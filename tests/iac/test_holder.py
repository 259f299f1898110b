"""What a process says of itself when it takes a lock."""

import os
from datetime import datetime, timezone

import pytest

from dataikuapi.iac.backends.holder import current_holder, job_url
from dataikuapi.iac.models.locks import LockInfo

NOW = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=timezone.utc)


def test_a_holder_is_told_by_user_host_process_time_reason_and_job(monkeypatch):
    monkeypatch.setenv("USER", "ada")
    monkeypatch.setenv("LOGNAME", "ada")
    job = {"CI_JOB_URL": "https://gitlab.example.com/shop/-/jobs/7"}
    holder = current_holder("state", "sync SHOP", variables=job, now=lambda: NOW)
    assert str(holder) == (
        f"ada on {os.uname().nodename}, process {os.getpid()}, since "
        "2026-01-02T03:04:05Z for 'sync SHOP' "
        "(https://gitlab.example.com/shop/-/jobs/7)"
    )
    assert LockInfo.from_dict(holder.to_dict(), "state") == holder


def test_each_acquisition_has_an_id_of_its_own():
    assert current_holder("state").lock_id != current_holder("state").lock_id != ""


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        (
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "shop/iac",
                "GITHUB_RUN_ID": "7",
                "BUILD_URL": "https://other.example.com",
            },
            "https://github.com/shop/iac/actions/runs/7",
        ),
        (
            {
                "SYSTEM_COLLECTIONURI": "https://dev.azure.com/shop/",
                "SYSTEM_TEAMPROJECTID": "12-34",
                "BUILD_BUILDID": "7",
            },
            "https://dev.azure.com/shop/12-34/_build/results?buildId=7",
        ),
        (
            {"BUILD_URL": "https://u:hunter2@ci.example.com/7"},
            "https://ci.example.com/7",
        ),
        ({"GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "7"}, ""),
        ({"CI_JOB_URL": ""}, ""),
        ({}, ""),
    ],
)
def test_the_page_of_the_ci_job_is_found(variables, url):
    assert job_url(variables) == url
