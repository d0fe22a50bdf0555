# Copyright (c) 2026, SocialGouv
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rollout does every step once, in its half and order, and looks on a host that is as wanted and no more."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from ansible_collections.socialgouv.actions_runner.plugins.module_utils import _docker, _micro_cipher
from ansible_collections.socialgouv.actions_runner.plugins.module_utils._failure import Failure
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher import files, sealed
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.launcher.paths import Paths
from ansible_collections.socialgouv.actions_runner.plugins.module_utils.steps import (
    cipher_network,
    images,
    micro_cipher,
    rollout,
    runner_pool,
    runner_unit,
    sealed_token,
)

ROLE = Path(__file__).resolve().parents[5] / "roles" / "github_runner"
KEY = "-----BEGIN PUBLIC KEY-----\nMIICIjANBgkq\n-----END PUBLIC KEY-----\n"
INSTANCES = [{"name": "1", "state": "idle"}]
ASKED = ["images", "cipher_network", "micro_cipher", "runner_unit", "runner_pool"]
REST = ["sealed_token", "runner_unit", "runner_pool"]
PRIVATE = {"images": ["registry.acme.org/runner:1"]}
SEALED = {"fingerprint": "a" * 64, "verifier": "0f", "ciphertext": "eA==", "payload": ""}


class Host:
    """A host whose steps do what they are told to, and where a credential is sealed for the key in force."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch):
        self.actions: dict[str, list[str]] = {}  #: what a step would do
        self.fails: dict[str, Exception] = {}
        self.settled = True
        self.key: str | None = KEY
        self.status: str | None = "running"  #: of micro-cipher; None where there is none
        self.called: list[tuple[str, bool]] = []  #: which step, and whether in check mode
        self.parts: dict[str, dict[str, Any]] = {}  #: the options that a step was last called with
        self.meanwhile: Any = lambda: None  #: called when the runners' images are to come
        self.warnings: list[str] = []
        self.missing: set[str] = set()
        self.paths = Paths(str(root))
        self.options: dict[str, Any] = {
            "images": {"images": ["runner:1", "ghcr.io/socialgouv/micro-cipher:main"]},
            "runner_unit": {"pools": [{"url": "https://github.com/acme"}]},
            "runner_pool": {"count": 1},
            "credentials": [{"name": "default"}],
            "private_images": {},
            "cipher_network": {},
            "micro_cipher": {},
            "steps": list(rollout.ORDER),
            "_sealed": None,
        }
        for step in (images, cipher_network, micro_cipher, sealed_token, runner_unit, runner_pool):
            monkeypatch.setattr(step, "work", self._step(step.__name__.rpartition(".")[2]))
        monkeypatch.setattr(runner_pool, "is_settled", lambda _part: self.settled)
        monkeypatch.setattr(rollout, "Paths", lambda: self.paths)
        monkeypatch.setattr(shutil, "which", lambda name: None if name in self.missing else f"/usr/bin/{name}")
        containers = SimpleNamespace(get=lambda _name: self.status and SimpleNamespace(status=self.status))
        monkeypatch.setattr(_docker, "connect", lambda check_mode: SimpleNamespace(containers=containers))
        monkeypatch.setattr(_docker, "find", lambda get, name: get(name))
        monkeypatch.setattr(_micro_cipher, "facts", lambda found: {"public_key": found and self.key})
        Path(self.paths.sealed_dir).mkdir(mode=0o700, parents=True)
        self.seal(KEY)

    def seal(self, key: str) -> None:
        found = sealed.Sealed(sealed.fingerprint(key), "0f", b"ciphertext")
        files.write(self.paths.sealed("default"), found.dump().encode(), 0o600)

    def _step(self, name: str) -> Any:
        def work(part: Any) -> dict[str, Any]:
            if part.params.get("images") == ["runner:1"]:
                self.meanwhile()
            self.called.append((name, part.check_mode))
            self.parts[name] = part.params
            part.warn(f"{name} warns")
            if name in self.fails:
                raise self.fails[name]
            actions = self.actions.get(name, [])
            told = {"public_key": self.key} if name == "micro_cipher" else {}
            told |= {"instances": INSTANCES, "drained": True, "drain_reason": "disk"} if name == "runner_pool" else {}
            return {"changed": bool(actions), "actions": actions, "diff": [{"after": name}], **told}

        return work

    def first(self, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        module = SimpleNamespace(check_mode=check_mode, run_command=None, warn=self.warnings.append)
        return rollout.work(SimpleNamespace(params={**self.options, **options}, **vars(module)))

    def second(self, **options: Any) -> dict[str, Any]:
        return self.first(**{"_sealed": {"credentials": [{"name": "default", **SEALED}], "logins": None}, **options})

    @property
    def done(self) -> list[str]:
        return [name for name, check_mode in self.called if not check_mode]


def fail(why: str) -> None:
    raise Failure(why)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_a_host_that_is_as_wanted_has_nothing_more_to_do(host: Host) -> None:
    """The second half was asked, in check mode; what the table and the action plugin need is told."""
    found = host.first()
    assert (found["changed"], found["actions"], found["diff"], found["_more"]) == (False, [], [], [])
    assert (found["public_key"], found["instances"], found["_verifiers"]) == (KEY, INSTANCES, {"default": "0f"})
    assert (found["drained"], found["drain_reason"]) == (True, "disk")
    assert host.called == [(name, name.startswith("runner")) for name in ASKED]
    assert host.warnings == [f"{name} warns" for name in ASKED]


@pytest.mark.parametrize("step", ["images", "cipher_network", "micro_cipher"])
def test_after_a_change_the_second_half_is_due(host: Host, step: str) -> None:
    """Without being asked: it may depend on what was done."""
    host.actions[step] = ["Did it"]
    found = host.first()
    assert (found["changed"], found["actions"], found["diff"]) == (True, ["Did it"], [{"after": step}])
    assert (found["_more"], found["_verifiers"]) == (REST, {})
    assert host.called == [(name, False) for name in rollout.FIRST_HALF]


@pytest.mark.parametrize("step", ["runner_unit", "runner_pool"])
@pytest.mark.parametrize("fails", [False, True])
def test_what_the_second_half_would_do_is_left_to_it(host: Host, step: str, fails: bool) -> None:
    """Also to say why it cannot be, and what it warns of: so each warning is said once."""
    if fails:
        host.fails[step] = Failure("cannot be")
    else:
        host.actions[step] = ["Did it"]
    found = host.first()
    assert (found["changed"], found["_more"]) == (False, REST)
    assert host.warnings == [f"{name} warns" for name in rollout.FIRST_HALF]


@pytest.mark.parametrize("there", ["nothing", "another key's", "damaged"])
def test_what_micro_cipher_cannot_open_is_sealed_again(host: Host, there: str) -> None:
    """As after a reboot."""
    if there == "nothing":
        Path(host.paths.sealed("default")).unlink()
    elif there == "damaged":
        files.write(host.paths.sealed("default"), b"{", 0o600)
    else:
        host.seal(KEY.replace("MIIC", "AAAA"))
    assert host.first()["_more"] == REST


@pytest.mark.parametrize("wait", [True, False])
def test_instances_that_do_not_serve_are_waited_for(host: Host, wait: bool) -> None:
    """By the step that knows how, if it is to wait."""
    host.settled = False
    assert host.first(runner_pool={"count": 1, "wait": wait})["_more"] == (REST if wait else [])


def test_the_second_half_does_the_rest_in_order(host: Host) -> None:
    """With what was sealed for it; its instances are told."""
    host.actions = {"sealed_token": ["Sealed"], "runner_pool": ["Started 1"]}
    found = host.second()
    assert host.called == [(name, False) for name in ("sealed_token", "runner_unit", "runner_pool")]
    assert host.parts["sealed_token"]["_sealed"] == [{"name": "default", **SEALED}]
    assert (found["actions"], found["instances"]) == (["Sealed", "Started 1"], INSTANCES)
    assert (found["drained"], found["drain_reason"]) == (True, "disk")
    assert found["diff"] == [{"after": "sealed_token"}, {"after": "runner_pool"}]


@pytest.mark.parametrize("second", [False, True])
def test_a_failure_tells_what_was_done_before_it(host: Host, second: bool) -> None:
    """And the step's own facts; no later step is done."""
    host.actions = {"images": ["Pulled"], "sealed_token": ["Sealed"]}
    host.fails = {"cipher_network": OSError(28, "No space left on device"), "runner_unit": Failure("no", more=1)}
    with pytest.raises(Failure, match="no" if second else "No space left on device .make room there.") as caught:
        (host.second if second else host.first)()
    assert (caught.value.facts["changed"], caught.value.facts["actions"]) == (True, ["Sealed" if second else "Pulled"])
    assert caught.value.facts.get("more") == (1 if second else None)
    assert host.done[-1] == ("runner_unit" if second else "cipher_network")


@pytest.mark.parametrize("check_mode", [False, True])
def test_without_docker_its_packages_come_first(host: Host, check_mode: bool) -> None:
    """Nothing is done before they are there; check mode tells all that would be."""
    host.missing = {"nft"}
    found = host.first(check_mode=check_mode)
    assert found["missing"] == ["nft"]
    assert (found["changed"], bool(found["_more"]), bool(host.called)) == (check_mode, check_mode, check_mode)
    assert found["actions"] == (["Installed nft"] if check_mode else [])
    assert not host.done


def test_without_the_step_docker_the_steps_say_what_is_missing(host: Host) -> None:
    """Somebody else does not install it then."""
    host.missing = {"nft"}
    host.first(steps=list(rollout.ORDER[1:]))
    assert [name for name, _check_mode in host.called] == ASKED


@pytest.mark.parametrize("status", [None, "exited"])
def test_where_no_micro_cipher_runs_its_key_is_made_while_images_come(host: Host, status: str | None) -> None:
    """The runners' images wait here until micro-cipher runs: one after the other, they would wait for ever."""
    host.status, running = status, threading.Event()
    host.actions = {name: [name] for name in rollout.FIRST_HALF}
    there: list[bool] = []
    host.meanwhile = lambda: there.append(running.wait(20))
    step = micro_cipher.work

    def start(part: Any) -> dict[str, Any]:
        running.set()
        return step(part)

    micro_cipher.work = start
    found = host.first()
    assert there == [True]
    assert [name for name in host.done if name != "images"] == ["cipher_network", "micro_cipher", "runner_unit"]
    assert sorted(found["actions"]) == ["cipher_network", "images", "images", "micro_cipher"]
    assert (found["public_key"], found["_more"]) == (KEY, ["sealed_token", "runner_pool"])


def test_all_that_went_wrong_on_a_new_host_is_told(host: Host) -> None:
    """Each image by its name: where micro-cipher's cannot be had, the others are tried all the same."""
    host.status, host.fails["images"] = None, Failure("no image")
    with pytest.raises(Failure, match=r"^no image$"):
        host.first()
    assert host.called == [("images", False)] * 2
    del host.fails["images"]
    host.fails["cipher_network"], host.meanwhile = Failure("no network"), lambda: fail("no runner")
    with pytest.raises(Failure, match=r"^no network; no runner$"):
        host.first()


@pytest.mark.parametrize("there", ["a key", "a key that sleeps", "a pool"])
def test_what_there_is_waits_for_every_image(host: Host, there: str) -> None:
    """An image that cannot be had leaves micro-cipher and pools as they are: another key would seal the host."""
    host.status = {"a key": "running", "a key that sleeps": "paused"}.get(there)
    if there == "a pool":
        Path(host.paths.pools).mkdir(parents=True)
        files.write(host.paths.pool("default"), b"{}", 0o644)
    host.fails["images"] = Failure("no image")
    with pytest.raises(Failure, match="no image"):
        host.first()
    assert host.done == ["images"]


def test_images_that_want_a_login_come_when_it_is_sealed(host: Host) -> None:
    """Before the units that name them. The first half asks without the login, and is done where they are there."""
    found = host.first(private_images=PRIVATE)
    assert ("images", True) in host.called
    assert (host.parts["images"]["images"], found["_more"]) == (PRIVATE["images"], [])
    host.called.clear()
    host.second(private_images=PRIVATE, _sealed={"credentials": [{"name": "default", **SEALED}], "logins": SEALED})
    assert host.done == ["sealed_token", "images", "runner_unit", "runner_pool"]
    assert (host.parts["images"]["images"], host.parts["images"]["_sealed"]) == (PRIVATE["images"], SEALED)


@pytest.mark.parametrize(
    ("steps", "done", "key"),
    [
        (["images"], ["images"], None),
        (["sealed_token", "micro_cipher"], ["micro_cipher"], KEY),
        # The key of the micro-cipher that is there.
        (["sealed_token"], [], KEY),
        (["private_images", "images"], ["images"], KEY),
    ],
)
def test_some_steps_alone(host: Host, steps: list[str], done: list[str], key: str | None) -> None:
    """Nothing else is done or asked, and a key is looked up where one is needed and its step is not among them."""
    found = host.first(steps=steps, private_images=PRIVATE)
    assert host.done == done
    assert {name for name, _check_mode in host.called} <= {*steps, "images"}
    assert (found["public_key"], found["instances"]) == (key, [])


def test_a_credential_does_not_come_to_the_host(host: Host) -> None:
    """Nor is it forgotten unnoticed."""
    with pytest.raises(Failure, match="a credential must not come to the host"):
        host.first(credentials=[{"name": "default", "token": "ghp_x"}])
    with pytest.raises(Failure, match="there are no credentials"):
        host.first(credentials=None)
    assert not host.called


def test_a_host_may_have_no_pool(host: Host) -> None:
    """The last one has been taken away: nothing is sealed, and the rest is as ever."""
    found = host.first(credentials=[])
    assert (found["_more"], found["_verifiers"]) == ([], {})
    host.second(credentials=[], _sealed={"credentials": [], "logins": None})
    assert host.parts["sealed_token"]["pools"] == []


def test_wrong_options_are_told_in_the_words_of_their_step(host: Host) -> None:
    """By its own check."""
    with pytest.raises(Failure, match="value of pull must be one of"):
        host.first(images={"images": ["runner:1"], "pull": "sometimes"})


def test_every_step_of_the_role_has_a_tag() -> None:
    """In their order, but that images are one for whoever reads it."""
    tags = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__github_runner_tags"]
    assert list(dict.fromkeys(step for steps in tags.values() for step in steps)) == [
        *("docker", "images", "private_images", "cipher_network"),
        *("micro_cipher", "sealed_token", "runner_unit", "runner_pool"),
    ]
