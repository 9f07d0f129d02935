"""Instructions of PTX that move, compare and convert values or work on their bits, as C."""

from ptx_types import WIDTH, Unsupported, c_type, name, split_operands, storage


class Bits:
    """Moves, logic, shifts, comparisons and conversions."""

    def do_mov(self, m, ops):
        ptx, = self.take(m, ())
        to, source = ops
        if source.startswith("{"):
            parts = split_operands(source[1:-1])
            bits = WIDTH[ptx] // len(parts)
            values = [f"({storage(ptx)}){self.read(p, f'b{bits}')} << {k * bits}" for k, p in enumerate(parts)]
            self.result(ops, ptx, " | ".join(values))
        elif to.startswith("{"):
            parts = split_operands(to[1:-1])
            bits = WIDTH[ptx] // len(parts)
            whole = self.read(source, ptx)
            writes = [self.write(p, f"b{bits}", f"(u{bits})(whole >> {k * bits})") for k, p in enumerate(parts)]
            self.emit("{ const " + storage(ptx) + f" whole = {whole}; " + " ".join(writes) + " }")
        else:
            self.result(ops, ptx, self.read(source, ptx))

    def logical(symbol):
        def handler(self, m, ops):
            ptx, = self.take(m, ())
            self.result(ops, ptx, f"({c_type(ptx)})({self.read(ops[1], ptx)} {symbol} {self.read(ops[2], ptx)})")
        return handler

    do_and, do_or, do_xor = logical("&"), logical("|"), logical("^")

    def do_not(self, m, ops):
        ptx, = self.take(m, ())
        a = self.read(ops[1], ptx)
        self.result(ops, ptx, f"!{a}" if ptx == "pred" else f"({c_type(ptx)})~{a}")

    def do_cnot(self, m, ops):
        ptx, = self.take(m, ())
        self.result(ops, ptx, f"({self.read(ops[1], ptx)}) == 0")

    def do_shl(self, m, ops):
        ptx, = self.take(m, ())
        self.result(ops, ptx, f"shl_u{WIDTH[ptx]}({self.read(ops[1], ptx)}, {self.read(ops[2], 'u32')})")

    def do_shr(self, m, ops):
        ptx, = self.take(m, ())
        self.result(ops, ptx, f"shr_{c_type(ptx)}({self.read(ops[1], ptx)}, {self.read(ops[2], 'u32')})")

    def do_shf(self, m, ops):
        self.take(m, {"l", "r", "wrap", "clamp"})
        a, b, n = (self.read(op, "u32") for op in ops[1:4])
        if "wrap" in m:
            n = f"({n} & 31)"
        self.result(ops, "b32", f"funnel_{'left' if 'l' in m else 'right'}({a}, {b}, {n})")

    def do_bfe(self, m, ops):
        ptx, = self.take(m, ())
        sign = "s" if ptx[0] == "s" else "u"
        a = self.read(ops[1], ptx)
        position, length = (self.read(op, "u32") for op in ops[2:4])
        self.result(ops, ptx, f"({c_type(ptx)})bfe_{sign}({a}, {position}, {length}, {WIDTH[ptx]})")

    def do_bfi(self, m, ops):
        ptx, = self.take(m, ())
        a, b = (self.read(op, ptx) for op in ops[1:3])
        position, length = (self.read(op, "u32") for op in ops[3:5])
        self.result(ops, ptx, f"({c_type(ptx)})bfi({a}, {b}, {position}, {length}, {WIDTH[ptx]})")

    def count(function):
        def handler(self, m, ops):
            ptx, = self.take(m, ())
            self.result(ops, "u32", f"{function}_u{WIDTH[ptx]}({self.read(ops[1], ptx)})")
        return handler

    do_popc, do_clz = count("popc"), count("clz")

    def do_brev(self, m, ops):
        ptx, = self.take(m, ())
        self.result(ops, ptx, f"brev_u{WIDTH[ptx]}({self.read(ops[1], ptx)})")

    def do_prmt(self, m, ops):
        self.take(m, ())
        a, b, c = (self.read(op, "u32") for op in ops[1:4])
        self.result(ops, "b32", f"prmt({a}, {b}, {c})")

    def do_lop3(self, m, ops):
        self.take(m, ())
        a, b, c = (self.read(op, "u32") for op in ops[1:4])
        self.result(ops, "b32", f"(u32)lop3({a}, {b}, {c}, {int(ops[4], 0)})")

    def do_selp(self, m, ops):
        ptx, = self.take(m, ())
        self.result(ops, ptx, f"{self.read(ops[3], 'pred')} ? {self.read(ops[1], ptx)} : {self.read(ops[2], ptx)}")

    COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "lo": "<", "ls": "<=", "hi": ">",
                   "hs": ">="}
    OF_FLOATS = {"equ", "neu", "ltu", "leu", "gtu", "geu", "num", "nan", "ftz"}

    def comparison(self, m, ptx, a, b):
        test = m[0]
        if ptx[0] == "f":
            if test == "num":
                return f"({a} == {a} && {b} == {b})"
            if test == "nan":
                return f"({a} != {a} || {b} != {b})"
            if test == "ne":
                return f"({a} < {b} || {a} > {b})"
            unordered = {"equ": "eq", "neu": "ne", "ltu": "lt", "leu": "le", "gtu": "gt", "geu": "ge"}
            if test in unordered:
                if test == "equ":
                    return f"!({a} < {b} || {a} > {b})"
                if test == "neu":
                    return f"({a} != {b})"
                opposite = {"ltu": ">=", "leu": ">", "gtu": "<=", "geu": "<"}[test]
                return f"!({a} {opposite} {b})"
        return f"({a} {self.COMPARISONS[test]} {b})"

    def do_setp(self, m, ops):
        ptx, = self.take(m, set(self.COMPARISONS) | self.OF_FLOATS | {"and", "or", "xor"})
        a, b = (self.float_read(m, op, ptx) for op in ops[1:3])
        test = self.comparison(m, ptx, a, b)
        combine = [c for c in ("and", "or", "xor") if c in m]
        targets = ops[0].split("|")
        tests = [test, f"!{test}"]
        if combine:
            with_other = self.read(ops[3], "pred")
            tests = [f"({x}) {({'and': '&', 'or': '|', 'xor': '^'})[combine[0]]} {with_other}" for x in tests]
        if len(targets) == 1:
            return self.emit(self.write(targets[0], "pred", tests[0]))
        values = " ".join(f"const u8 s{k} = {x};" for k, x in enumerate(tests))  # before either is written
        self.emit("{ " + values + " " + " ".join(self.write(to, "pred", f"s{k}") for k, to in enumerate(targets)) + " }")

    def do_set(self, m, ops):
        to, ptx = self.take(m, set(self.COMPARISONS) | self.OF_FLOATS)
        a, b = (self.float_read(m, op, ptx) for op in ops[1:3])
        yes = "1.0F" if to == "f32" else f"({c_type(to)})-1"
        self.result(ops, to, f"{self.comparison(m, ptx, a, b)} ? {yes} : 0")

    def do_cvt(self, m, ops):
        to, source = self.take(m, {"rn", "rni", "rzi", "rmi", "rpi", "ftz", "sat", "rz"})
        other_width = ops[1] in self.registers and WIDTH[self.registers[ops[1]]] != WIDTH[source]
        x = f"({c_type(source)})({name(ops[1])})" if other_width and source[0] != "f" else self.read(ops[1], source)
        if source == "f32" and "ftz" in m:
            x = f"ftz({x})"
        whole = {"rni": "rint", "rzi": "trunc", "rmi": "floor", "rpi": "ceil"}
        if to[0] == "f" and source[0] == "f":
            for mode, function in whole.items():
                if mode in m:
                    x = f"{function}{'f' if source == 'f32' else ''}({x})"
            if "rz" in m:
                raise Unsupported("modifier .rz")
            return self.float_result(m, ops, to, f"({to}){x}")
        if to[0] == "f":
            if "rz" in m:
                raise Unsupported("modifier .rz")
            return self.float_result(m, ops, to, f"({to}){x}")
        if source[0] == "f":
            function = [f for mode, f in whole.items() if mode in m][0]
            return self.result(ops, to, f"{'f64_' if source == 'f64' else ''}to_{c_type(to)}({function}((f64){x}))")
        if "sat" in m:
            raise Unsupported("modifier .sat")
        self.result(ops, to, f"({c_type(to)}){x}")
