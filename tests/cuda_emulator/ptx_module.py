"""A PTX module taken apart: its functions, parameters and variables."""

import re

from ptx_types import TYPES, WIDTH, Unsupported, split_operands


class Variable:
    """One of the module's: its space, alignment, bytes, and text of what it starts as."""

    def __init__(self, space, align, size, initial, element):
        self.space, self.align, self.size, self.initial, self.element = space, align, size, initial, element


VARIABLE = re.compile(r"(?:\.(?:visible|extern|weak|common)\s+)*\.(global|const|shared|local)\s+(?:\.align\s+(\d+)\s+)?"
                      r"(?:\.attribute\([^)]*\)\s*)?\.(\w+)\s+([\w$%.]+)\s*((?:\[\d*\])*)\s*(?:=\s*(.*))?$", re.S)


def parse_variable(text):
    match = VARIABLE.match(text)
    if not match:
        return None, None
    space, align, element, identifier, dimensions, initial = match.groups()
    if element not in TYPES:
        raise Unsupported("variable " + text[:100])
    count = 1
    for d in re.findall(r"\[(\d*)\]", dimensions):
        count *= int(d or 0)
    size = count * WIDTH[element] // 8
    return identifier, Variable(space, int(align or WIDTH[element] // 8), size, initial, element)


class Module:
    """The functions and variables of a PTX module, as text."""

    def __init__(self, text):
        self.functions = {}  # name: (header, body)
        self.variables = {}
        self.files = {}
        for number, path in re.findall(r'^\s*\.file\s+(\d+)\s+"([^"]*)"', text, re.M):
            self.files[number] = path
        text = re.sub(r"^\s*//.*$", "", text, flags=re.M)
        position, start = 0, 0
        token = re.compile(r"[{};]")
        while True:
            match = token.search(text, position)
            if not match:
                break
            if match.group() == ";":
                self.declaration(text[start:match.start()].strip())
                position = start = match.end()
                continue
            begin, depth, position = match.start(), 0, match.start()
            while True:
                match = token.search(text, position)
                depth += {"{": 1, "}": -1, ";": 0}[match.group()]
                position = match.end()
                if depth == 0:
                    break
            header = text[start:begin].strip()
            if header.endswith("="):
                continue  # an initialiser: the semicolon follows
            if ".section" in header.split("\n")[-1]:
                start = position
                continue
            self.function(header, text[begin + 1:position - 1])
            start = position

    def place(self, file, line):
        """The file with its last directory, and the line."""
        path = self.files.get(file, file).replace("\\", "").replace('"', "")
        return re.sub(r"^.*/(?=[^/]*/[^/]*$)", "", path) + ":" + line

    def declaration(self, text):
        text = re.sub(r"^\s*\.(version|target|address_size|file)\b.*$", "", text, flags=re.M).strip()
        identifier, variable = parse_variable(text)
        if variable:
            self.variables[identifier] = variable

    def function(self, header, body):
        match = re.search(r"\.(entry|func)\s+(?:\((.*?)\)\s*)?([\w$]+)\s*(?:\((.*?)\))?", header, re.S)
        if not match:
            raise Unsupported("in the module: " + header[:100])
        kind, results, identifier, parameters = match.groups()
        limit = re.search(r"\.(?:maxntid|reqntid)\s+([\d, ]+)", header)
        threads = 1
        for n in re.findall(r"\d+", limit.group(1)) if limit else ["1024"]:
            threads *= int(n)
        self.functions[identifier] = (kind, parse_parameters(results), parse_parameters(parameters), threads, body)


PARAMETER = re.compile(r"\.(?:param|reg)\s+(?:\.align\s+(\d+)\s+)?\.(\w+)\s+"
                       r"(?:\.ptr\s+(?:\.\w+\s+)*(?:\.align\s+\d+\s+)?)?([\w$%]+)\s*(?:\[(\d+)\])?$")


def parse_parameters(text):
    """A list of (name, alignment, bytes)."""
    found = []
    for part in split_operands(text or ""):
        match = PARAMETER.match(part)
        if not match:
            raise Unsupported("parameter " + part)
        align, element, identifier, count = match.groups()
        size = WIDTH[element] // 8
        found.append((identifier, int(align or size), size * int(count or 1)))
    return found
