"""Accesses to memory of PTX as C."""

from ptx_types import ORDERING, SPACES, WIDTH, c_type, name, split_operands, storage


class Memory:
    """Loads, stores, atomics, fences, and addresses of one space as those of another."""

    def do_cvta(self, m, ops):
        ptx, = self.take(m, SPACES | {"to"})
        space = self.space(m)
        function = "from_generic" if "to" in m else "to_generic"
        self.result(ops, ptx, f"({c_type(ptx)}){function}(t, space_{space}, {self.read(ops[1], ptx)})")

    def do_isspacep(self, m, ops):
        self.take(m, SPACES)
        space = self.space(m)
        a = self.read(ops[1], "u64")
        test = {"global": f"{a} - t->window < t->window_size", "shared": f"{a} - (u64)t->shared < t->shared_size",
                "local": f"({a} >= t->local_first && {a} < t->local_last)"}[space]
        self.result(ops, "pred", test)

    @staticmethod
    def space(m):
        spaces = [s.split("::")[0] for s in m if s in SPACES]
        return spaces[0] if spaces else "generic"

    def access(self, space, size, kind):
        """The check of an access to `address`."""
        if space == "param":
            return ""
        return f"CHECK(space_{space}, address, {size}, {kind}, {self.place}); "

    def do_ld(self, m, ops):
        ptx = self.take(m, ORDERING | SPACES | {"v2", "v4"})[0]
        space = self.space(m)
        parts = split_operands(ops[0][1:-1]) if ops[0].startswith("{") else [ops[0]]
        size = WIDTH[ptx] // 8
        kind = "emulator_read | emulator_atomic" if {"relaxed", "acquire"} & set(m) else "emulator_read"
        text = "{ const u64 address = " + self.address(ops[1]) + "; " + self.access(space, size * len(parts), kind)
        values = []
        for k, part in enumerate(parts):  # all are read before any is written: the address may be among them
            text += f"const {c_type(ptx)} v{k} = AT({c_type(ptx)}, space_{space}, address + {k * size}); "
            values.append(self.widened(part, ptx, f"v{k}"))
        self.emit(text + " ".join(values) + " }")

    def widened(self, register, ptx, value):
        """Writes to a register that may be wider than the number."""
        if register == "_":
            return ""
        have = self.registers[register]
        if WIDTH[have] > WIDTH[ptx]:
            signed = ptx[0] == "s"
            return f"{name(register)} = ({storage(have)}){'(i' + str(WIDTH[have]) + ')' if signed else ''}{value};"
        return self.write(register, ptx, value)

    def do_st(self, m, ops):
        ptx = self.take(m, ORDERING | SPACES | {"v2", "v4"})[0]
        space = self.space(m)
        parts = split_operands(ops[1][1:-1]) if ops[1].startswith("{") else [ops[1]]
        size = WIDTH[ptx] // 8
        kind = "emulator_write | emulator_atomic" if {"relaxed", "release"} & set(m) else "emulator_write"
        text = "{ const u64 address = " + self.address(ops[0]) + "; " + self.access(space, size * len(parts), kind)
        for k, part in enumerate(parts):
            value = f"({c_type(ptx)})" + self.narrowed(part, ptx)
            text += f"AT({c_type(ptx)}, space_{space}, address + {k * size}) = {value}; "
        self.emit(text + "}")

    def narrowed(self, operand, ptx):
        if operand in self.registers and WIDTH[self.registers[operand]] > WIDTH[ptx]:
            return name(operand)
        return self.read(operand, ptx)

    do_ldu = do_ld

    def atomic(self, m, target, place, values):
        operations = {"add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"}
        ptx = self.take(m, ORDERING | SPACES | operations)[0]
        operation = [o for o in m if o in operations][0]
        space = self.space(m)
        size = WIDTH[ptx] // 8
        kind = c_type(ptx)
        value = [self.read(v, ptx) for v in values] + ["0"]
        text = "{ const u64 address = " + self.address(place) + "; " + \
            self.access(space, size, "emulator_read | emulator_write | emulator_atomic")
        call = f"atom_{operation}_{kind}(&AT({kind}, space_{space}, address), {value[0]}, {value[1]})"
        self.emit(text + (self.write(target, ptx, call) if target else f"(void){call};") + " }")

    def do_atom(self, m, ops):
        self.atomic(m, ops[0], ops[1], ops[2:])

    def do_red(self, m, ops):
        self.atomic(m, None, ops[0], ops[1:])

    def do_membar(self, m, ops):
        self.take(m, ORDERING | {"gl"})
        self.emit("__atomic_thread_fence(__ATOMIC_SEQ_CST);")

    do_fence = do_membar
