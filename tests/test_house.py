"""The house rules that a reviewer would otherwise have to remember."""

import ast
import pkgutil
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import engine
from pages.common import style

ROOT = Path(__file__).parents[1]
MODULES = [module.name for module in pkgutil.walk_packages(engine.__path__, "engine.")]


def test_the_engine_never_imports_streamlit_nor_what_does() -> None:
    roots = {module: {of.partition(".")[0] for of in engine_imports(module)} for module in MODULES}
    assert [module for module, of in roots.items() if of & {"streamlit", "pages", "tests"}] == []


CONFIGS = {
    "engine.recurrent": "RecurrentConfig",
    "engine.residual": "ResidualConfig",
    "engine.training": "TrainingConfig",
    "engine.decoding.config": "DecodingConfig",
}


@pytest.mark.parametrize("module", CONFIGS)
def test_a_config_comes_without_any_array_library(module: str) -> None:
    check = (
        f"from {module} import {CONFIGS[module]}; {CONFIGS[module]}(); import sys; "
        "sys.exit(str({'numpy', 'pandas', 'torch'} & sys.modules.keys() or ''))"
    )
    run = subprocess.run([sys.executable, "-c", check], cwd=ROOT, capture_output=True, text=True)
    assert run.stderr.strip() == ""


def test_gradients_are_computed_without_torch() -> None:
    check = (
        "import engine.recurrent as r, engine.residual as s, sys; "
        "[getattr(package, name) for package in (r, s) for name in package.__all__]; "
        "import engine.recurrent.theory, engine.residual.analogy; "
        "r.gradient_trace(r.RecurrentConfig()); s.depth_trace(s.ResidualConfig()); "
        "assert 'torch' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT).returncode == 0


@cache
def engine_imports(module: str) -> set[str]:
    """The modules that a module of the engine imports, by the names in its source."""
    path = ROOT.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def test_whoever_multiplies_matrices_keeps_to_one_thread() -> None:
    imports = {module: engine_imports(module) for module in MODULES}
    limited, grown = {"engine.numerics"}, True
    while grown:
        more = {module for module, names in imports.items() if names & limited} - limited
        limited, grown = limited | more, bool(more)
    numeric = ("engine.recurrent.", "engine.residual.", "engine.training.", "engine.decoding.")
    users = {module for module, names in imports.items() if "numpy" in names}
    assert {module for module in users if module.startswith(numeric)} <= limited


@pytest.mark.parametrize("name", ["recurrent", "residual", "decoding", "training"])
def test_the_public_face_exports_only_what_exists(name: str) -> None:
    module = __import__(f"engine.{name}", fromlist=["__all__"])
    assert all(hasattr(module, entry) for entry in module.__all__)


def test_a_full_lecture_halls_settings_are_in_force() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["runner"]["postScriptGC"] is False
    assert settings["server"]["fileWatcherType"] == "none"
    assert settings["server"]["showEmailPrompt"] is False
    assert settings["browser"]["gatherUsageStats"] is False
    assert {"light", "dark"} <= set(settings["theme"])


def test_what_is_laid_over_a_page_has_its_colour() -> None:
    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    papers = ", ".join(theme[scheme]["backgroundColor"] for scheme in ("light", "dark"))
    assert f"--paper: light-dark({papers});" in style.STYLE


def test_runtime_requirements_are_exact_and_the_tests_build_on_them() -> None:
    runtime = (ROOT / "requirements.txt").read_text().splitlines()
    pins = [line for line in runtime if line and not line.startswith("#")]
    assert all(
        re.fullmatch(r'[a-z-]+==\d[\d.]*(\.post\d+)?(; sys_platform != "win32")?', pin)
        for pin in pins
    )
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


SOURCES = [*ROOT.glob("engine/**/*.py"), *ROOT.glob("pages/**/*.py"), ROOT / "streamlit_app.py"]


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call in a file with the name it is called by, "st.html" for example."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node


def test_forged_requests_and_large_uploads_are_refused() -> None:
    server = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["server"]
    assert server["enableXsrfProtection"] is True
    assert server["enableCORS"] is True
    assert server["maxUploadSize"] <= 2, "megabytes"
    assert server["maxMessageSize"] <= 20, "megabytes, of what a visitor sends, too"


def test_a_fault_shows_no_visitor_the_servers_code_or_paths() -> None:
    settings = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert settings["client"]["showErrorDetails"] == "none"


def test_nothing_that_the_server_owns_is_in_a_cache_that_visitors_can_empty() -> None:
    # A message `clear_cache` from any of them empties both of Streamlit's caches.
    for path in SOURCES:
        assert not re.search(r"st\.cache_(resource|data)", path.read_text(encoding="utf-8")), path


def test_no_page_writes_html_of_its_own_but_constant_styles_and_keys() -> None:
    for path in SOURCES:
        for name, call in calls(path):
            assert "unsafe_allow_html" not in {keyword.arg for keyword in call.keywords}, path
            if name == "st.components.v2.component":  # a script of the house's own, from its file
                script = 'js=Path(__file__).with_name("hands.js").read_text()'
                assert path.name == "show.py"
                assert script in ast.unparse(call).replace("'", '"')
            else:
                assert not name.startswith(("st.components", "components.v1", "st.iframe")), path
            if name.endswith((".html", ".script")):
                written = [ast.unparse(argument) for argument in call.args]
                assert path.name == "frame.py"
                assert written == ["style.STYLE + presenter.style() + keys.SCRIPT"]


def test_nothing_is_unpickled_evaluated_or_run_in_a_shell() -> None:
    forbidden = {
        "pickle.load", "pickle.loads", "torch.load", "joblib.load", "dill.loads", "shelve.open",
        "marshal.loads", "pd.read_pickle", "eval", "exec", "compile", "__import__", "os.system",
        "os.popen", "yaml.load",
    }  # fmt: skip
    found = [
        (path.name, name)
        for path in SOURCES
        for name, call in calls(path)
        if name in forbidden
        or any(
            keyword.arg in ("shell", "allow_pickle") and ast.unparse(keyword.value) != "False"
            for keyword in call.keywords
        )
    ]
    assert found == []
    imports = re.compile(r"^\s*(import|from) (pickle|dill|joblib|shelve|marshal)\b", re.MULTILINE)
    assert [path for path in SOURCES if imports.search(path.read_text(encoding="utf-8"))] == []


def test_ci_asks_for_known_vulnerabilities() -> None:
    assert "-m tests.dependency_audit" in (ROOT / ".ci" / "run").read_text()


def test_everything_that_the_readmes_map_names_is_there() -> None:
    rows = re.findall(r"^\| (`.+`) \| (.+) \|$", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert len(rows) > 10
    missing = []
    for places, text in rows:
        folders = [ROOT / place for place in re.findall(r"`([^`]+)`", places)]
        missing += [folder for folder in folders if not folder.exists()]
        for name in re.findall(r"`([a-z_]+(?:\.js|/)?)`", text):
            inside = (folders[0] / name, folders[0] / f"{name}.py")
            missing += [name] if not any(one.exists() for one in inside) else []
    assert missing == []
