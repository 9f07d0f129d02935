"""Reads the machine code of CUDA kernels out of object files, without a GPU and without a disassembler.

An object file holds device code as ELF images (cubins) inside its section of fat binaries; nvcc -no-compress leaves them
as they are. In an image, section .text.KERNEL is the code of a kernel; section .nv.info lists for each function the
registers of a thread and the bytes of its stack frame, which lies in local memory.

Encoding of sm_80 to sm_90, found by comparing nvdisasm's output with the bytes: an instruction is 16 bytes, two
little-endian words. Of the low word, bits 0-8 are the operation and bits 9-11 the form of its operands, bits 12-14 the
predicate that guards it (7: none). A branch holds its signed distance from the next instruction: up to sm_89 in bytes, in
bits 32-63 of the low word and 0-17 of the high one; on sm_90 in units of 4 bytes, in bits 34-63 and 0-17, and the lowest
byte in bits 16-23 of the low word. The function of MUFU stands in bits 10-13 of the high word. The architecture is the
second byte of the ELF header's flags.
"""

import collections
import functools
import re
import struct

ELF_MAGIC = b"\x7fELF"
MACHINE_CUDA = 190
INSTRUCTION_BYTES = 16
SIZED_RECORD, REGISTERS, FRAME_BYTES = 0x04, 0x2F, 0x11
BRANCH, CALL, MULTIFUNCTION = "BRA", "CALL", "MUFU"

# Low nine bits of an instruction. What is not here is shown in hexadecimal and counted as an instruction of no pipe.
OPERATIONS = {
    0x002: "MOV", 0x003: "P2R", 0x004: "R2P", 0x005: "CS2R", 0x007: "SEL", 0x008: "FSEL", 0x009: "FMNMX", 0x00A: "FSET",
    0x00B: "FSETP", 0x00C: "ISETP", 0x010: "IADD3", 0x011: "LEA", 0x012: "LOP3", 0x013: "IABS", 0x016: "PRMT", 0x017: "IMNMX",
    0x019: "SHF", 0x01C: "PLOP3", 0x020: "FMUL", 0x021: "FADD", 0x023: "FFMA", 0x024: "IMAD", 0x025: "IMAD.WIDE", 0x026: "IDP",
    0x027: "IMAD.HI", 0x028: "DMUL", 0x029: "DADD", 0x02A: "DSETP", 0x02B: "DFMA", 0x035: "HFMA2", 0x036: "VIADD",
    0x045: "I2FP", 0x046: "VIADDMNMX", 0x048: "VIMNMX", 0x082: "UMOV", 0x087: "USEL", 0x08C: "UISETP", 0x090: "UIADD3", 0x091: "ULEA",
    0x092: "ULOP3", 0x096: "UPRMT", 0x099: "USHF", 0x09C: "UPLOP3", 0x0A4: "UIMAD", 0x0A5: "UIMAD.WIDE", 0x0B9: "ULDC",
    0x0CA: "R2UR", 0x100: "FLO", 0x104: "F2F", 0x105: "F2I", 0x106: "I2F", 0x108: "MUFU", 0x109: "POPC",
    0x110: "F2F.64", 0x111: "F2I.64", 0x112: "I2F.64", 0x118: "NOP", 0x119: "S2R", 0x11D: "BAR", 0x141: "BSYNC",
    0x142: "BREAK", 0x144: "CALL", 0x145: "BSSY", 0x147: "BRA", 0x148: "WARPSYNC", 0x14D: "EXIT", 0x150: "RET", 0x180: "LD", 0x181: "LDG",
    0x182: "LDC", 0x183: "LDL", 0x184: "LDS", 0x186: "STG", 0x187: "STL", 0x188: "STS", 0x18C: "ATOMS", 0x18E: "RED",
    0x1A8: "ATOMG", 0x1C3: "S2UR",
}
MUFU_FUNCTIONS = {0: "COS", 1: "SIN", 2: "EX2", 3: "LG2", 4: "RCP", 5: "RSQ", 6: "RCP64H", 7: "RSQ64H", 8: "SQRT", 9: "TANH"}

Instruction = collections.namedtuple("Instruction", "operation predicated target")
# The instructions from `first` to the branch back at `last`, both included.
Loop = collections.namedtuple("Loop", "first last")


class Kernel:
    """The code of one kernel, as a list of Instruction; the targets of branches are places in it."""

    def __init__(self, name, code, architecture, registers, frame_bytes):
        self.name = name
        self.registers = registers
        self.frame_bytes = frame_bytes
        words = [struct.unpack_from("<QQ", code, at) for at in range(0, len(code) - INSTRUCTION_BYTES + 1, INSTRUCTION_BYTES)]
        self.instructions = [decode(architecture, place, *pair) for place, pair in enumerate(words)]

    def count(self, loop=None):
        """Instructions by operation, in one loop or all of them."""
        body = self.instructions if loop is None else self.instructions[loop.first:loop.last + 1]
        return collections.Counter(instruction.operation for instruction in body)

    @functools.cached_property
    def loops(self):
        """Every loop, the shortest first. Branches back to one place make one loop."""
        ends = {}
        for place, instruction in enumerate(self.instructions):
            if instruction.target is not None and 0 <= instruction.target < place:
                ends[instruction.target] = max(ends.get(instruction.target, 0), place)
        return sorted((Loop(*ends_) for ends_ in ends.items()), key=lambda loop: loop.last - loop.first)


def decode(architecture, place, low, high):
    operation = OPERATIONS.get(low & 0x1FF, hex(low & 0x1FF))
    target = None
    if operation == BRANCH:
        target = place + 1 + branch_distance(architecture, low, high)
    elif operation == MULTIFUNCTION:
        operation += "." + MUFU_FUNCTIONS.get(high >> 10 & 0xF, "?")
    return Instruction(operation, low >> 12 & 0x7 != 7, target)


def branch_distance(architecture, low, high):
    """Instructions from the one after the branch to its target."""
    if architecture < 90:
        return signed(low >> 32 | (high & 0x3FFFF) << 32, 50) // INSTRUCTION_BYTES
    return (signed(low >> 34 | (high & 0x3FFFF) << 30, 48) << 8 | low >> 16 & 0xFF) // 4


def signed(number, bits):
    return number - (1 << bits) if number >> bits - 1 else number


class Image:
    """One 64-bit ELF file within `data`."""

    def __init__(self, data, start):
        self.data = data
        self.start = start
        table, = struct.unpack_from("<Q", data, start + 0x28)
        size, count, names = struct.unpack_from("<HHH", data, start + 0x3A)
        headers = [struct.unpack_from("<IIQQQQIIQQ", data, start + table + i * size) for i in range(count)]
        self.sections = [(self.text(headers[names][4] + header[0]), header) for header in headers]

    def text(self, offset):
        at = self.start + offset
        return self.data[at:self.data.index(b"\0", at)].decode()

    def content(self, header):
        return self.data[self.start + header[4]:self.start + header[4] + header[5]]

    def find(self, name):
        return next((header for text, header in self.sections if text == name), None)

    def symbol(self, index):
        symbols = self.find(".symtab")
        name, = struct.unpack_from("<I", self.content(symbols), 24 * index)
        return self.text(self.sections[symbols[6]][1][4] + name)

    def resources(self, attribute):
        """{function: number} of one attribute of .nv.info, whose records are form, attribute, size and content."""
        info = self.find(".nv.info")
        content = self.content(info) if info else b""
        numbers, at = {}, 0
        while at < len(content):
            form, kind, size = struct.unpack_from("<BBH", content, at)
            if form == SIZED_RECORD and kind == attribute:
                symbol, number = struct.unpack_from("<II", content, at + 4)
                numbers[self.symbol(symbol)] = number
            at += 4 + (size if form == SIZED_RECORD else 0)
        return numbers

    def kernels(self):
        architecture = self.data[self.start + 0x31]
        registers, frames = self.resources(REGISTERS), self.resources(FRAME_BYTES)
        for name, header in self.sections:
            if name.startswith(".text."):
                kernel = name[len(".text."):]
                yield Kernel(kernel, self.content(header), architecture, registers.get(kernel, 0), frames.get(kernel, 0))


def kernels_of(path):
    """The kernels of a cubin, or of all cubins in an object file."""
    with open(path, "rb") as file:
        data = file.read()
    for found in re.finditer(ELF_MAGIC, data):
        start = found.start()
        if struct.unpack_from("<H", data, start + 0x12)[0] == MACHINE_CUDA:
            yield from Image(data, start).kernels()
