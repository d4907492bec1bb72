#!/usr/bin/env python3
"""Runs the notebooks top to bottom; says which passed.

usage: run.py [--pictures FOLDER] [NOTEBOOK ...]     (all in this folder by default)

With --pictures the figures are written as PNG files too. The notebooks themselves stay as they are.
"""
import argparse
import base64
import glob
import os
import sys
import time

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pictures")
    parser.add_argument("notebooks", nargs="*")
    options = parser.parse_args()
    here = os.path.dirname(os.path.abspath(__file__))
    paths = options.notebooks or sorted(glob.glob(os.path.join(here, "*.ipynb")))
    failed = 0
    for path in paths:
        name = os.path.splitext(os.path.basename(path))[0]
        notebook = nbformat.read(path, as_version=4)
        stored = [c for c in notebook.cells if c.cell_type == "code" and c.get("outputs")]
        started = time.monotonic()
        try:
            if stored:
                raise ValueError("a cell has stored outputs; clear them before committing")
            NotebookClient(
                notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": here}}
            ).execute()
            print(f"ok    {name} ({time.monotonic() - started:.0f} s)")
        except (CellExecutionError, ValueError) as error:
            failed += 1
            print(f"FAIL  {name}: {str(error)[-2000:]}")
        if options.pictures:
            write_pictures(notebook, os.path.join(options.pictures, name))
    print(f"{len(paths) - failed} passed, {failed} failed")
    sys.exit(1 if failed or not paths else 0)


def write_pictures(notebook, stem):
    os.makedirs(os.path.dirname(stem), exist_ok=True)
    number = 0
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            picture = output.get("data", {}).get("image/png")
            if picture:
                number += 1
                with open(f"{stem}-{number}.png", "wb") as file:
                    file.write(base64.b64decode(picture))


if __name__ == "__main__":
    main()
