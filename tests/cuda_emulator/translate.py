#!/usr/bin/env python3
"""Translates one kernel of a PTX module to C, with the device functions that it calls.

usage: translate.py MODULE.ptx KERNEL > KERNEL.c

Registers become variables, labels stay labels, and a thread of a block is one call of the function. Whatever is not
known here is an error that names it: nothing is left out silently.
"""

import re
import sys

from ptx_arithmetic import Arithmetic
from ptx_bits import Bits
from ptx_control import Control
from ptx_memory import Memory
from ptx_module import Module
from ptx_types import WIDTH, Unsupported, name
from ptx_writer import Writer


class Function(Arithmetic, Bits, Memory, Control, Writer):
    """The C text of one PTX function."""


INCLUDES = "".join(f'#include "tests/cuda_emulator/{header}.h"\n' for header in
                   ("device", "device_memory", "device_integers", "device_floats"))


class Kernel:
    """A kernel with all that it needs, as C."""

    def __init__(self, module, identifier):
        if module.functions.get(identifier, ("",))[0] != "entry":
            raise Unsupported("no kernel " + identifier + " in this module")
        self.module, self.shared, self.static_shared = module, {}, 0
        self.variables, self.wanted, self.functions = [], [identifier], {}
        dynamic = [n for n, v in module.variables.items() if v.space == "shared" and v.size == 0]
        for known in module.variables:
            variable = module.variables[known]
            if variable.space == "shared" and variable.size > 0 and self.mentions(identifier, known):
                self.add_shared(known, variable)
        for known in dynamic:
            self.shared[known] = "t->static_shared"
        while self.wanted:
            function = self.wanted.pop()
            if function not in self.functions:
                self.functions[function] = Function(module, function, self)
        self.entry = self.functions[identifier]

    def mentions(self, identifier, variable):
        """Whether this kernel, or any function of the module, does."""
        kinds = self.module.functions
        return any(variable in body for f, (kind, _, _, _, body) in kinds.items() if f == identifier or kind == "func")

    def need(self, function):
        self.wanted.append(function)

    def add_shared(self, identifier, variable):
        align = max(variable.align, 1)
        self.static_shared = (self.static_shared + align - 1) // align * align
        self.shared[identifier] = self.static_shared
        self.static_shared += variable.size

    def address_of(self, identifier, variable):
        if identifier not in self.variables:
            self.variables.append(identifier)
        return f"a_{name(identifier)}"

    def initial(self, variable):
        """The bytes that a variable starts as, as C initialiser."""
        numbers = [n.strip() for n in variable.initial.strip().strip("{}").split(",") if n.strip()]
        size = WIDTH[variable.element] // 8
        out = []
        for n in numbers:
            match = re.fullmatch(r"0[fFdD]([0-9a-fA-F]+)", n)
            if not match and not re.fullmatch(r"-?(0[xX][0-9a-fA-F]+|\d+)U?", n):
                raise Unsupported("initial value " + n)
            value = int(match.group(1), 16) if match else int(n.rstrip("U"), 0)
            out += [(value >> 8 * k) & 255 for k in range(size)]
        return ",".join(map(str, out))

    def text(self):
        entry, out = self.entry, [INCLUDES]
        rows = []
        for identifier in self.variables:
            variable, n = self.module.variables[identifier], name(identifier)
            out.append(f"static u64 a_{n};\n")
            if variable.initial:
                out.append(f"static const u8 i_{n}[{variable.size}] = {{{self.initial(variable)}}};\n")
            rows.append(f'{{"{identifier}", {variable.size}, {"i_" + n if variable.initial else "0"}, &a_{n}}}')
        out += [f.signature() + ";\n" for f in self.functions.values()]
        out += [f.text() for f in self.functions.values()]
        offsets, sizes = entry.parameter_offsets or [0], [p[2] for p in entry.parameters] or [0]
        out.append(f"static const u32 offsets[] = {{{', '.join(map(str, offsets))}}};\n")
        out.append(f"static const u32 sizes[] = {{{', '.join(map(str, sizes))}}};\n")
        out.append(f"static const struct EmulatorVariable variables[] = {{{', '.join(rows) or '{0, 0, 0, 0}'}}};\n")
        shared = (self.static_shared + 15) // 16 * 16
        out.append("const struct EmulatorKernel emulator_kernel = {" +
                   f"k_{name(entry.identifier)}, {shared}, {entry.threads}, {len(entry.parameters)}, offsets, sizes, "
                   f"{len(rows)}, variables}};\n")
        return "".join(out)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8", errors="replace") as file:
        text = file.read().rstrip("\0")
    try:
        sys.stdout.write(Kernel(Module(text), sys.argv[2]).text())
    except Unsupported as error:
        sys.exit(f"cuda_emulator: not supported: {error}")


if __name__ == "__main__":
    main()
