"""The folders of the source tree, their floors (scripts/floors) and what their files include."""

import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TREES = ("kernels", "host", "bench", "tests")
HEADERS = (".h", ".cuh")
SUFFIXES = HEADERS + (".cpp", ".cu")
INCLUDE = re.compile(r'[ \t]*#[ \t]*include[ \t]*(<[^>]*>|"[^"]*")')


class Include:
    """One line: `path`:`line` includes `name`, which is between quotes or not."""

    def __init__(self, path, line, text):
        self.path = path
        self.line = line
        self.name = text[1:-1]
        self.quoted = text[0] == '"'

    def __str__(self):
        return f"{self.path}:{self.line}: {self.name}"


def folder_of(path):
    return os.path.dirname(path)


def sources(root):
    """Paths of all headers and sources from the root, sorted."""
    found = []
    for tree in TREES:
        for folder, _, names in os.walk(os.path.join(root, tree)):
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names if name.endswith(SUFFIXES)]
    return sorted(found)


def lines_of(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read().split("\n")


def includes(root):
    found = []
    for path in sources(root):
        for number, line in enumerate(lines_of(root, path), 1):
            match = INCLUDE.match(line)
            if match:
                found.append(Include(path, number, match.group(1)))
    return found


class Floors:
    """What scripts/floors says."""

    def __init__(self, root):
        lines = [line.split("#")[0].split() for line in lines_of(root, "scripts/floors")]
        self.lines = [line for line in lines if line]
        self.index = {folder: number for number, line in enumerate(self.lines) for folder in line}

    def of(self, folder):
        """The number of the line that has the folder; None if there is none."""
        return self.index.get(folder, self.index.get(folder.split("/")[0] + "/*"))

    def of_tree(self, tree):
        """The lines of one tree, ground first."""
        own = [[folder for folder in line if folder.split("/")[0] == tree] for line in self.lines]
        return [line for line in own if line]
