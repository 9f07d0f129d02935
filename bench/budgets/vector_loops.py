#!/usr/bin/env python3
"""Reads the loops of compiled step code from its disassembly: how many instructions each holds, and of which kind.

A loop is what lies between a backward jump and its target. Counted are instructions on whole vectors of the widest
register that the code uses, and floating-point arithmetic on single numbers, which has no place in a loop over packs of
chains. Knows x86-64, as printed by GNU objdump.
"""

import re
import subprocess
from dataclasses import dataclass
from itertools import accumulate

INSTRUCTION = re.compile(r"^\s+([0-9a-f]+):\s+(?:(?:rep|repz|repnz|lock|notrack|bnd|data16|cs)\s+)*(\S+)\s*(.*)$")
FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
TARGET = re.compile(r"^([0-9a-f]+)(?: <|$)")
# Arithmetic on one float or double: mul, add, sub, div, sqrt and every form of fused multiply-add.
SCALAR_ARITHMETIC = re.compile(r"^v?(?:add|sub|mul|div|sqrt|min|max|fn?m(?:add|sub)(?:132|213|231))s[sd]$")
# The same on vectors, and the integer operations of Philox.
PACKED_ARITHMETIC = re.compile(
    r"^v?(?:(?:add|sub|mul|div|sqrt|min|max|fn?m(?:add|sub)(?:132|213|231))p[sd]|pmuludq|pmuldq|pmulld|pternlog[dq]|"
    r"p(?:add|sub)[dq]|pxor[dq]?|psr[la][dq]|psl[ld][dq]?)$")
# The widest register of each SIMD level, and how many arithmetic instructions make a loop a hot one.
REGISTER = {"generic": "xmm", "avx2": "ymm", "avx512": "zmm"}
HOT = 16


@dataclass(frozen=True)
class Instruction:
    address: int
    mnemonic: str
    operands: str

    @property
    def target(self):
        """Where a jump goes; None for anything else."""
        found = TARGET.match(self.operands) if self.mnemonic.startswith("j") else None
        return int(found.group(1), 16) if found else None


@dataclass(frozen=True)
class Loop:
    instructions: tuple
    packed: int  # arithmetic instructions on whole vectors of the widest register
    scalar: int  # floating-point arithmetic on single numbers

    @property
    def size(self):
        return len(self.instructions)


def functions_of(text):
    """Disassembly → {demangled name: [Instruction]}."""
    functions = {}
    body = None
    for line in text.splitlines():
        name = FUNCTION.match(line)
        if name:
            body = functions.setdefault(name.group(1), [])
            continue
        found = INSTRUCTION.match(line)
        if found and body is not None:
            body.append(Instruction(int(found.group(1), 16), found.group(2), found.group(3)))
    return functions


def loops_of(body, register):
    """The loops of one function, outer ones first. Backward jumps to one place are one loop."""
    ends = {}
    start = body[0].address if body else 0
    for instruction in body:
        target = instruction.target
        if target is not None and start <= target <= instruction.address:
            ends[target] = max(ends.get(target, 0), instruction.address)
    place = {instruction.address: k for k, instruction in enumerate(body)}
    # How many there are before each place: loops overlap, and each instruction is looked at once.
    packed = [0, *accumulate(bool(PACKED_ARITHMETIC.match(i.mnemonic)) and register in i.operands for i in body)]
    scalar = [0, *accumulate(bool(SCALAR_ARITHMETIC.match(i.mnemonic)) for i in body)]
    loops = []
    for head, end in ends.items():
        if head in place:
            first, last = place[head], place[end] + 1
            loops.append(Loop(tuple(body[first:last]), packed[last] - packed[first], scalar[last] - scalar[first]))
    return sorted(loops, key=lambda loop: -loop.size)


def disassemble(objdump, path):
    command = [objdump, "--disassemble", "--no-show-raw-insn", "--demangle", "--wide", path]
    return functions_of(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
