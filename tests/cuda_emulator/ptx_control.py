"""What moves a thread of PTX, or lets it meet others, as C."""

import re

from ptx_types import Unsupported, c_type, name, split_operands


class Control:
    """Barriers, operations of a warp, branches and calls."""

    def do_bar(self, m, ops):
        if m[:2] == ["warp", "sync"]:
            return self.emit(f"emulator_warp(t, warp_sync, {self.read(ops[0], 'u32')}, 0, 0, 0, 0, {self.place});")
        if not set(m) <= {"cta", "sync", "aligned"} or "sync" not in m:
            raise Unsupported("modifiers of bar")
        threads = self.read(ops[1], "u32") if len(ops) > 1 else "0"
        self.emit(f"emulator_barrier(t, {self.read(ops[0], 'u32')}, {threads}, {self.place});")

    do_barrier = do_bar

    def collective(self, kind, mask, value, b="0", c="0", predicate="0"):
        return f"emulator_warp(t, {kind}, {self.read(mask, 'u32')}, {value}, {b}, {c}, {predicate}, {self.place})"

    def with_predicate(self, targets, call):
        """A result of 32 bits and, if there is a register for it, the predicate that comes with it."""
        text = f"{{ u8 predicate; const u32 value = (u32){call}; " + self.write(targets[0], "b32", "value")
        if len(targets) > 1:
            text += " " + self.write(targets[1], "pred", "predicate")
        self.emit(text + " }")

    def do_shfl(self, m, ops):
        kinds = {"up": "up", "down": "down", "bfly": "xor", "idx": "index"}
        self.take(m, set(kinds) | {"sync"})
        if "sync" not in m:
            raise Unsupported("shfl without .sync")
        kind = "shuffle_" + [kinds[k] for k in m if k in kinds][0]
        b, c = (self.read(op, "u32") for op in ops[2:4])
        self.with_predicate(ops[0].split("|"), self.collective(kind, ops[4], self.read(ops[1], "b32"), b, c, "&predicate"))

    def do_vote(self, m, ops):
        ptx, = self.take(m, {"sync", "all", "any", "uni", "ballot"})
        kind = "vote_" + ("uniform" if m[1] == "uni" else m[1])
        self.result(ops, ptx, f"({c_type(ptx)})" + self.collective(kind, ops[2], self.read(ops[1], "pred")))

    def do_match(self, m, ops):
        ptx, = self.take(m, {"sync", "any", "all"})
        call = self.collective(f"match_{m[0]}", ops[2], self.read(ops[1], ptx), predicate="&predicate")
        self.with_predicate(ops[0].split("|"), call)

    def do_redux(self, m, ops):
        ptx, = self.take(m, {"sync", "add", "min", "max", "and", "or", "xor"})
        kind = f"reduce_{m[1]}" + (f"_{'s' if ptx[0] == 's' else 'u'}" if m[1] in ("min", "max") else "")
        self.result(ops, ptx, f"({c_type(ptx)})" + self.collective(kind, ops[2], f"(u32){self.read(ops[1], ptx)}"))

    def do_activemask(self, m, ops):
        self.result(ops, "b32", "(1U << t->lane)")  # threads of a warp run one by one: each is alone

    def do_bra(self, m, ops):
        self.emit(f"goto {name(ops[0])};")

    def do_ret(self, m, ops):
        self.emit("return;")

    def do_exit(self, m, ops):
        if self.kind != "entry":
            raise Unsupported("exit in a function")
        self.emit("return;")

    def do_trap(self, m, ops):
        self.emit(f'emulator_fault(t, "a trap instruction", {self.place});')

    def do_brkpt(self, m, ops):
        self.do_trap(m, ops)

    def do_nanosleep(self, m, ops):
        pass

    def do_call(self, m, rest):
        match = re.match(r"(?:\((.*?)\)\s*,\s*)?([\w$]+)\s*(?:,\s*\((.*?)\))?\s*$", rest, re.S)
        results, function, arguments = match.groups()
        if function not in self.module.functions:
            raise Unsupported("a call of " + function)
        self.kernel.need(function)
        places = split_operands(results or "") + split_operands(arguments or "")
        passed = ["t", "parameters"] + [f"(u8*)({self.locals[a]})" for a in places]
        self.emit(f"f_{name(function)}({', '.join(passed)});")
