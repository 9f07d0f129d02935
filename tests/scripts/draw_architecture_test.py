#!/usr/bin/env python3
"""scripts/draw_architecture --check finds a page and a picture that are no longer what the tree says."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class DrawArchitecture(unittest.TestCase):
    def setUp(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.root = os.path.join(folder, "tree")
        for name in ("kernels", "host", "scripts", "docs"):
            shutil.copytree(os.path.join(ROOT, name), os.path.join(self.root, name))

    def change(self, path, old, new):
        path = os.path.join(self.root, path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(old, new, 1))

    def expect(self, *said):
        result = subprocess.run([sys.executable, os.path.join(ROOT, "scripts/draw_architecture"), "--check", self.root],
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1 if said else 0, result.stderr)
        self.assertEqual(result.stdout, "".join(f"{line}\n" for line in said))

    def test_the_tree_as_it_is_passes(self):
        self.expect()

    def test_a_new_arrow(self):
        self.change("host/base/text.h", "#pragma once", '#pragma once\n#include "kernels/interface/backend.h"')
        self.expect("docs/architecture.svg is not what the includes say: run scripts/draw_architecture")

    def test_an_arrow_where_a_way_leads_already(self):
        self.change("host/commands/main.cpp", "#include", '#include "host/algebra/matrix.h"\n#include')
        self.expect()

    def test_a_folder_on_another_floor_of_the_page(self):
        self.change("docs/architecture.md", "| 6 | `host/plan` |", "| 7 | `host/plan` |")
        self.expect("docs/architecture.md: floor 6, host/plan, is missing in the table",
                    "docs/architecture.md: scripts/floors has no floor 7 with host/plan")

    def test_a_file_that_is_gone(self):
        os.rename(os.path.join(self.root, "host/run/run_shards.cpp"), os.path.join(self.root, "host/run/runs.cpp"))
        self.expect("docs/architecture.md: there is no host/run/run_shards.cpp")


if __name__ == "__main__":
    unittest.main()
