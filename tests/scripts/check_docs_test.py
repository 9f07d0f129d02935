#!/usr/bin/env python3
"""scripts/check_docs finds each fault that it is there for: planted, one at a time, in a small tree."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COLUMNS = "a line of prose has at most 200 columns"
LINKS = "what a link leads to is there"
PATHS = "every path between backticks is there"
LONG = "word " * 40 + "w"  # 201 columns


class CheckDocs(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        self.write("host/laws/law.h", "")
        self.write("host/laws/law.cpp", "")
        self.write("docs/other.md", "# Other\n")

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def check(self):
        result = subprocess.run([sys.executable, os.path.join(ROOT, "scripts/check_docs"), self.root],
                                capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr

    def passes(self, text, page="docs/page.md"):
        self.write(page, text)
        self.assertEqual(self.check(), (0, ""))

    def fails(self, text, rule, what, page="docs/page.md"):
        """`what` names the line and what is wrong there; nothing else is wrong."""
        self.write(page, text)
        self.assertEqual(self.check(), (1, f"{rule}:\n{page}:{what}\n"))

    def test_the_tree_as_it_is_passes(self):
        result = subprocess.run([sys.executable, os.path.join(ROOT, "scripts/check_docs")],
                                capture_output=True, text=True, check=False)
        self.assertEqual((result.returncode, result.stdout + result.stderr), (0, ""))

    def test_a_long_line(self):
        self.fails(f"# Page\n\n{LONG}\n", COLUMNS, "3: 201 columns")

    def test_a_line_of_200_columns(self):
        self.passes(LONG[:-1] + "\n")

    def test_columns_are_characters(self):
        self.passes("η" * 200 + "\n")

    def test_a_long_item(self):
        self.fails(f"- {LONG}\n", COLUMNS, "1: 203 columns")

    def test_a_long_line_that_goes_on_in_an_item(self):
        self.fails(f"- short\n  {LONG}\n", COLUMNS, "2: 203 columns")

    def test_a_long_paragraph_of_an_item(self):
        self.fails(f"10. short\n\n    {LONG}\n", COLUMNS, "3: 205 columns")

    def test_a_long_line_after_code(self):
        self.fails(f"```cpp\n{LONG}\n```\n{LONG}\n", COLUMNS, "4: 201 columns")

    def test_tables_code_and_links_are_free(self):
        self.passes(f"| {LONG} |\n\n```\n{LONG}\n```\n\n    {LONG}\n\n1. item\n\n       {LONG}\n\n[{LONG}](other.md)\n\n"
                    f"[one]: https://example.org/{'x' * 200}\n")

    def test_other_pages_may_have_long_lines(self):
        self.passes(LONG + "\n", "README.md")

    def test_a_link_that_leads_nowhere(self):
        self.fails("a [page](other.md), a [part](other.md#part), [none](../none.md)\n", LINKS, "1: ../none.md")

    def test_a_picture_that_is_not_there(self):
        self.fails("text\n\n![Picture](picture.svg)\n", LINKS, "3: picture.svg")

    def test_links_elsewhere_are_not_followed(self):
        self.passes("[a](https://example.org/none.md), [b](#part), [c](mailto:a@example.org), `[d](none.md)`\n")

    def test_a_link_is_from_the_page(self):
        self.passes("[page](docs/other.md)\n", "README.md")
        self.fails("[page](docs/other.md)\n", LINKS, "1: docs/other.md")

    def test_a_file_that_has_moved(self):
        self.fails("It is in `host/law.h`.\n", PATHS, "1: host/law.h")

    def test_one_in_a_table(self):
        self.fails("| | |\n| --- | --- |\n| law | `tests/laws/law_test.cpp` |\n", PATHS, "3: tests/laws/law_test.cpp")

    def test_one_in_another_page(self):
        self.fails("Run `scripts/none --check`.\n", PATHS, "1: scripts/none", "CONTRIBUTING.md")

    def test_one_of_two_suffixes(self):
        self.passes("`host/laws/law.{h,cpp}`\n")
        self.fails("`host/laws/law.{h,cu}`\n", PATHS, "1: host/laws/law.cu")

    def test_paths_that_are_there(self):
        self.passes("`host/laws/law.h`, `host/laws`, `host/`, `host/laws/*.cpp`, `host/laws/law.h:12`, `docs/other.md`\n")

    def test_words_that_are_no_paths(self):
        self.passes("`langevin/d:8`, `build/none`, `shards/main.journal`, host/none.h without backticks, `cold_host/none.h`\n")

    def test_the_changelog_names_what_was(self):
        self.passes("- `host/law.h` is now `host/laws/law.h`\n", "CHANGELOG.md")


if __name__ == "__main__":
    unittest.main()
