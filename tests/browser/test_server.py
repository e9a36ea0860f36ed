"""The server of these tests: what a user has set up for other work stays outside."""

import json

import nbformat
from hostile import PROXY, by_variables
from lab import DIRECT, Lab


def test_the_server_of_the_browser_tests_is_out_of_reach_too(tmp_path, monkeypatch):
    for name, value in by_variables(tmp_path / "own").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("http_proxy", PROXY)
    notebook = tmp_path / "empty.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), notebook)
    with Lab(tmp_path / "server", notebook) as server:
        kernels = json.load(DIRECT.open(f"{server.url}/api/kernelspecs"))["kernelspecs"]
    assert kernels["python3"]["spec"]["display_name"] != "foreign"
