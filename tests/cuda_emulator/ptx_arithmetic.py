"""Arithmetic instructions of PTX as C."""

from ptx_types import WIDTH, Unsupported, c_type


class Arithmetic:
    """Of integers and floating-point numbers."""

    def binary(symbol):
        def handler(self, m, ops):
            ptx = self.take(m, {"rn", "ftz", "sat", "cc"})[0]
            a, b = (self.float_read(m, op, ptx) for op in ops[1:3])
            if ptx[0] == "f":
                return self.float_result(m, ops, ptx, f"{a} {symbol} {b}")
            if "sat" in m:
                raise Unsupported("modifier .sat")
            u = "u" + str(WIDTH[ptx])  # wraps
            self.result(ops, ptx, f"({c_type(ptx)})(({u}){a} {symbol} ({u}){b})")
        return handler

    def with_carry(self, m, ops, ptx, function, a, b, carry_in):
        """The result of `function`, and its carry if the instruction asks for it."""
        carry_out = "&t->carry" if "cc" in m else "&ignored"
        call = f"({c_type(ptx)}){function}({a}, {b}, {carry_in}, {WIDTH[ptx]}, {carry_out})"
        self.emit("{ u32 ignored; (void)ignored; " + self.write(ops[0], ptx, call) + " }")

    def carry(function, carry_in):
        def handler(self, m, ops):
            ptx, = self.take(m, {"cc"})
            a, b = (self.read(op, "b" + str(WIDTH[ptx])) for op in ops[1:3])
            self.with_carry(m, ops, ptx, function, a, b, carry_in)
        return handler

    plain_add, plain_sub = binary("+"), binary("-")
    carry_add, carry_sub = carry("add_carry", "0"), carry("subtract_borrow", "0")
    do_addc, do_subc = carry("add_carry", "t->carry"), carry("subtract_borrow", "t->carry")

    def do_add(self, m, ops):
        (self.carry_add if "cc" in m else self.plain_add)(m, ops)

    def do_sub(self, m, ops):
        (self.carry_sub if "cc" in m else self.plain_sub)(m, ops)

    def product(self, m, ptx, a, b):
        """a·b, and the type that it has."""
        u = "u" + str(WIDTH[ptx])
        if "wide" in m:
            wide = ptx[0] + str(2 * WIDTH[ptx])
            return f"(({c_type(wide)}){a} * ({c_type(wide)}){b})", wide
        if "hi" in m:
            return f"mulhi_{c_type(ptx)}({a}, {b})", ptx
        if WIDTH[ptx] == 16:
            u = "u32"
        return f"(({u}){a} * ({u}){b})", ptx

    def do_mul(self, m, ops):
        ptx, = self.take(m, {"lo", "hi", "wide", "rn", "ftz", "sat"})
        a, b = (self.float_read(m, op, ptx) for op in ops[1:3])
        if ptx[0] == "f":
            return self.float_result(m, ops, ptx, f"{a} * {b}")
        value, ptx = self.product(m, ptx, a, b)
        self.result(ops, ptx, f"({c_type(ptx)}){value}")

    def do_mad(self, m, ops):
        ptx, = self.take(m, {"lo", "hi", "wide", "rn", "ftz", "sat", "cc"})
        if ptx[0] == "f":
            return self.do_fma(m, ops)
        value, wide = self.product(m, ptx, self.read(ops[1], ptx), self.read(ops[2], ptx))
        u = "u" + str(WIDTH[wide])
        if "cc" in m:
            addend = self.read(ops[3], "b" + str(WIDTH[wide]))
            return self.with_carry(m, ops, wide, "add_carry", f"({u}){value}", addend, "0")
        self.result(ops, wide, f"({c_type(wide)})(({u}){value} + ({u}){self.read(ops[3], wide)})")

    def do_madc(self, m, ops):
        ptx, = self.take(m, {"lo", "hi", "cc"})
        value, wide = self.product(m, ptx, self.read(ops[1], ptx), self.read(ops[2], ptx))
        addend = self.read(ops[3], "b" + str(WIDTH[wide]))
        self.with_carry(m, ops, wide, "add_carry", f"(u{WIDTH[wide]}){value}", addend, "t->carry")

    def do_fma(self, m, ops):
        ptx, = self.take(m, {"rn", "ftz", "sat"})
        a, b, c = (self.float_read(m, op, ptx) for op in ops[1:4])
        self.float_result(m, ops, ptx, f"__builtin_fma{'f' if ptx == 'f32' else ''}({a}, {b}, {c})")

    def do_div(self, m, ops):
        ptx, = self.take(m, {"rn", "approx", "full", "ftz"})
        a, b = (self.float_read(m, op, ptx) for op in ops[1:3])
        if ptx[0] != "f":
            return self.result(ops, ptx, f"div_{c_type(ptx)}({a}, {b})")
        exact = "rn" in m
        if not exact and ptx == "f64":
            raise Unsupported("div.approx.f64")
        self.float_result(m, ops, ptx, f"{a} / {b}" if exact else f"div_approx({a}, {b})")

    def do_rem(self, m, ops):
        ptx, = self.take(m, ())
        self.result(ops, ptx, f"rem_{c_type(ptx)}({self.read(ops[1], ptx)}, {self.read(ops[2], ptx)})")

    def approximate(exact):
        """Of one operand; `exact`: what computes it with .rn in C, if PTX has that."""
        def handler(self, m, ops, opcode):
            ptx, = self.take(m, {"approx", "ftz"} | ({"rn"} if exact else set()))
            x = self.float_read(m, ops[1], ptx)
            if "rn" in m:
                value = exact.replace("X", x).replace("F", "f" if ptx == "f32" else "")
            elif ptx == "f64":
                raise Unsupported(opcode + ".approx.f64")
            else:
                value = f"{opcode}_approx({x})"
            self.float_result(m, ops, ptx, value)
        return handler

    with_exact_root, with_exact_reciprocal = approximate("__builtin_sqrtF(X)"), approximate("1 / X")
    only_approximate = approximate(None)

    def do_sqrt(self, m, ops):
        self.with_exact_root(m, ops, "sqrt")

    def do_rcp(self, m, ops):
        self.with_exact_reciprocal(m, ops, "rcp")

    def do_rsqrt(self, m, ops):
        self.only_approximate(m, ops, "rsqrt")

    def do_sin(self, m, ops):
        self.only_approximate(m, ops, "sin")

    def do_cos(self, m, ops):
        self.only_approximate(m, ops, "cos")

    def do_lg2(self, m, ops):
        self.only_approximate(m, ops, "lg2")

    def do_ex2(self, m, ops):
        self.only_approximate(m, ops, "ex2")

    def do_tanh(self, m, ops):
        self.only_approximate(m, ops, "tanh")

    def do_neg(self, m, ops):
        ptx, = self.take(m, {"ftz"})
        a = self.float_read(m, ops[1], ptx)
        if ptx[0] == "f":  # the sign bit, of a NaN too
            return self.result(ops, ptx, f"-({a})")
        self.result(ops, ptx, f"({c_type(ptx)})(0 - (u{WIDTH[ptx]}){a})")

    def do_abs(self, m, ops):
        ptx, = self.take(m, {"ftz"})
        a = self.float_read(m, ops[1], ptx)
        function = {"f32": "fabsf", "f64": "fabs"}.get(ptx) or "abs_" + c_type(ptx)
        self.result(ops, ptx, f"{function}({a})")

    def do_copysign(self, m, ops):
        ptx, = self.take(m, ())
        function = "copysignf" if ptx == "f32" else "copysign"
        self.result(ops, ptx, f"{function}({self.read(ops[2], ptx)}, {self.read(ops[1], ptx)})")

    def do_testp(self, m, ops):
        ptx, = self.take(m, {"finite", "infinite", "number", "notanumber"})
        test = {"finite": "__builtin_isfinite(X)", "infinite": "__builtin_isinf(X)", "number": "!__builtin_isnan(X)",
                "notanumber": "__builtin_isnan(X)"}[m[0]].replace("X", self.read(ops[1], ptx))
        self.result(ops, "pred", f"({test}) != 0")

    def extreme(which):
        def handler(self, m, ops):
            ptx, = self.take(m, {"ftz"})
            a, b = (self.float_read(m, op, ptx) for op in ops[1:3])
            if ptx[0] == "f":
                return self.result(ops, ptx, f"{which}_{ptx}({a}, {b})")
            self.result(ops, ptx, f"({a} {'<' if which == 'min' else '>'} {b} ? {a} : {b})")
        return handler

    do_min, do_max = extreme("min"), extreme("max")
