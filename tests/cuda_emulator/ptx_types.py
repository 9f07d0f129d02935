"""The types, state spaces and names of PTX, and how they are called in C."""

import re

WIDTH = {"pred": 1, "b8": 8, "u8": 8, "s8": 8, "b16": 16, "u16": 16, "s16": 16, "b32": 32, "u32": 32, "s32": 32,
         "b64": 64, "u64": 64, "s64": 64, "f32": 32, "f64": 64}
TYPES = set(WIDTH)
# Of a memory access: how it is cached and ordered, which changes nothing where memory is sequentially consistent.
ORDERING = {"volatile", "nc", "weak", "relaxed", "acquire", "release", "acq_rel", "sc", "mmio", "cta", "cluster",
            "gpu", "sys", "ca", "cg", "cs", "lu", "cv", "wb", "wt", "L1::evict_last", "L1::evict_first",
            "L1::evict_normal", "L1::evict_unchanged",
            "L1::no_allocate", "L2::64B", "L2::128B", "L2::256B", "L2::cache_hint", "unified"}
SPACES = {"global", "shared", "local", "param", "const", "shared::cta", "param::entry", "param::func"}
SPECIAL = {"%ntid": "t->ntid", "%tid": "t->tid", "%nctaid": "t->nctaid", "%ctaid": "t->ctaid"}
SPECIAL_WORDS = {"%laneid": "t->lane", "%warpid": "t->warp", "%smid": "0", "%nsmid": "1", "%gridid": "0",
                 "WARP_SZ": "32", "%clock": "(u32)emulator_clock()", "%clock64": "emulator_clock()",
                 "%globaltimer": "emulator_clock()", "%total_smem_size": "t->shared_size",
                 "%dynamic_smem_size": "(t->shared_size - t->static_shared)",
                 "%lanemask_eq": "(1U << t->lane)", "%lanemask_lt": "((1U << t->lane) - 1)",
                 "%lanemask_le": "((2U << t->lane) - 1)", "%lanemask_gt": "~((2U << t->lane) - 1)",
                 "%lanemask_ge": "~((1U << t->lane) - 1)"}


class Unsupported(Exception):
    pass


def c_type(ptx):
    """The C type of a PTX type."""
    if ptx == "pred":
        return "u8"
    return {"b": "u", "u": "u", "s": "i", "f": "f"}[ptx[0]] + str(WIDTH[ptx])


def storage(ptx):
    """The C type of a register: unsigned unless it holds floating-point numbers."""
    return c_type(ptx) if ptx[0] == "f" else "u" + str(max(8, WIDTH[ptx])) if ptx != "pred" else "u8"


def name(ptx):
    """A PTX identifier as a C identifier."""
    return re.sub(r"[^A-Za-z0-9_]", "_", ptx.replace("%", "R").replace("$", "L"))


def split_operands(text):
    """Operands separated by commas outside brackets."""
    parts, depth, start = [], 0, 0
    for k, ch in enumerate(text):
        if ch in "{[(":
            depth += 1
        elif ch in "}])":
            depth -= 1
        elif ch == "," and depth == 0:
            parts.append(text[start:k].strip())
            start = k + 1
    last = text[start:].strip()
    return parts + [last] if last else parts
