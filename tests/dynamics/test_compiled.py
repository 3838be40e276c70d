"""Kernels are kept on disk where there is one that takes them, and run where there is none."""

import os

from dynamics.engine import compiled


def test_a_full_disk_costs_the_keeping_alone(monkeypatch, tmp_path, caplog) -> None:
    monkeypatch.setattr(compiled.settings, "CACHE_DIR", str(tmp_path))

    @compiled.kernel
    def doubled(number):
        return 2 * number

    def full(*given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(doubled._cache._cache_file, "save", full)
    assert doubled(21) == 42
    assert doubled(1.5) == 3.0
    assert "No space left on device" in caplog.text


def test_what_is_read_back_is_nobody_elses(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(compiled.tempfile, "tempdir", str(tmp_path))
    own = compiled._own_folder()
    assert own.stat().st_mode & 0o077 == 0
    assert compiled._own_folder() == own
    os.chmod(own, 0o777)  # as somebody might have prepared it
    assert compiled._own_folder() != own
