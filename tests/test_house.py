"""The house rules that a reviewer would otherwise have to remember."""

import pkgutil
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import engine

ROOT = Path(__file__).parents[1]
MODULES = [module.name for module in pkgutil.walk_packages(engine.__path__, "engine.")]


def test_the_engine_never_imports_streamlit() -> None:
    imports = "; ".join(f"import {name}" for name in MODULES)
    check = f"{imports}; import sys; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("name", ["recurrent", "residual", "decoding", "training"])
def test_the_public_face_exports_only_what_exists(name: str) -> None:
    module = __import__(f"engine.{name}", fromlist=["__all__"])
    assert all(hasattr(module, entry) for entry in module.__all__)


def test_a_full_lecture_halls_settings_are_in_force() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
    assert settings["server"]["fileWatcherType"] == "none"
    assert settings["browser"]["gatherUsageStats"] is False
    assert {"light", "dark"} <= set(settings["theme"])


def test_runtime_requirements_are_exact_and_the_tests_build_on_them() -> None:
    runtime = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [line for line in runtime if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z-]+==\d[\d.]*(\.post\d+)?", pin) for pin in pins)
    assert "-r ../requirements.txt" in (ROOT / "tests" / "requirements.txt").read_text()


def test_no_source_uses_a_global_seed() -> None:
    pattern = re.compile(
        r"torch\.manual_seed\(|np\.random\.(seed|rand|normal)\(|^\s*random\.seed\("
    )
    sources = [*ROOT.glob("engine/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "streamlit_app.py"]
    assert [path for path in sources if pattern.search(path.read_text())] == []


def test_no_lazy_value_makes_other_sessions_wait() -> None:
    # Up to Python 3.11 functools.cached_property holds one lock for all objects of a class.
    pattern = re.compile(r"functools\.cached_property|from functools import .*\bcached_property")
    sources = [*ROOT.glob("engine/**/*.py"), *ROOT.glob("pages/**/*.py")]
    users = [path for path in sources if pattern.search(path.read_text())]
    assert users in ([], [ROOT / "engine" / "lazy.py"])
