"""Writes a PTX function as C: its statements, declarations and operands."""

import re

from ptx_module import parse_variable
from ptx_types import SPECIAL, SPECIAL_WORDS, TYPES, WIDTH, Unsupported, c_type, name, split_operands, storage


class Writer:
    """The C text of one PTX function. Subclasses have a do_OPCODE for every opcode that they know."""

    def __init__(self, module, identifier, kernel):
        self.module, self.identifier, self.kernel = module, identifier, kernel
        self.kind, self.results, self.parameters, self.threads, body = module.functions[identifier]
        self.registers = {}   # PTX name: PTX type
        self.locals = {}      # names in local and parameter space: C expression of the address
        self.declarations, self.lines = [], []
        self.place = '"?"'
        self.scopes = 0
        self.parameter_offsets, offset = [], 0
        for k, (parameter, align, size) in enumerate(self.parameters):
            offset = (offset + align - 1) // align * align
            self.parameter_offsets.append(offset)
            self.locals[parameter] = f"(u64)(parameters + {offset})" if self.kind == "entry" else f"(u64)parameter{k}"
            offset += size
        for k, (result, _, _) in enumerate(self.results):
            self.locals[result] = f"(u64)result{k}"
        for statement in self.statements(body):
            try:
                self.statement(statement)
            except Unsupported as error:
                raise Unsupported(f"{error} in `{statement}` of {identifier}") from None
            except (KeyError, IndexError, ValueError, AttributeError) as error:
                raise Unsupported(f"({type(error).__name__}: {error}) in `{statement}` of {identifier}") from None

    @staticmethod
    def statements(body):
        """Statements, labels and braces in their order."""
        pending = ""
        for line in re.sub(r"//[^\n]*", "", body).split("\n"):
            line = line.strip()
            if re.match(r"\.(loc|pragma)\b", line):  # these end with their line
                yield line
                continue
            while line:
                if not pending and line[0] in "{}":
                    yield line[0]
                    line = line[1:].strip()
                    continue
                match = None if pending else re.match(r"([$\w]+):(?!:)", line)
                if match:
                    yield match.group()
                    line = line[match.end():].strip()
                    continue
                end = line.find(";")
                if end < 0:
                    pending += line + " "
                    break
                yield (pending + line[:end]).strip()
                pending, line = "", line[end + 1:].strip()

    # ---- operands ----

    def symbol(self, identifier):
        """The address of a variable, in its own space."""
        if identifier in self.locals:
            return self.locals[identifier]
        if identifier in self.kernel.shared:
            return f"(u64){self.kernel.shared[identifier]}"
        variable = self.module.variables.get(identifier)
        if variable is None:
            raise Unsupported("the name " + identifier)
        return self.kernel.address_of(identifier, variable)

    def read(self, operand, ptx):
        """A C expression of the operand's value as a number of PTX type `ptx`."""
        want = c_type(ptx)
        if operand.startswith("!"):
            return f"!{self.read(operand[1:], ptx)}"
        if operand in self.registers:
            have = self.registers[operand]
            if storage(have) == want:
                return name(operand)
            if have[0] == "f" or ptx[0] == "f":
                if WIDTH[have] != WIDTH[ptx]:
                    raise Unsupported(f"{operand} read as {ptx}")
                if have[0] == "f" and ptx[0] == "f":
                    return name(operand)
                if ptx[0] == "f":
                    return f"as_{want}({name(operand)})"
                return f"({want})as_u{WIDTH[ptx]}({name(operand)})"
            return f"({want}){name(operand)}"
        match = re.fullmatch(r"0[fF]([0-9a-fA-F]{8})", operand)
        if match:
            value = f"as_f32(0x{match.group(1)}U)"
            return value if ptx == "f32" else f"(f64){value}" if ptx == "f64" else f"0x{match.group(1)}U"
        match = re.fullmatch(r"0[dD]([0-9a-fA-F]{16})", operand)
        if match:
            value = f"as_f64(0x{match.group(1)}ULL)"
            return value if ptx == "f64" else f"(f32){value}" if ptx == "f32" else f"0x{match.group(1)}ULL"
        match = re.fullmatch(r"(-?)(0[xX][0-9a-fA-F]+|\d+)U?", operand)
        if match:
            digits = match.group(2)
            if re.fullmatch(r"0[0-7]+", digits):
                raise Unsupported("octal " + digits)
            return f"({want}){match.group(1)}{digits}ULL" if not match.group(1) else f"({want})(0-{digits}ULL)"
        if operand in ("true", "false"):
            return str(int(operand == "true"))
        match = re.fullmatch(r"(%\w+)\.([xyz])", operand)
        if match and match.group(1) in SPECIAL:
            return f"({want}){SPECIAL[match.group(1)]}[{'xyz'.index(match.group(2))}]"
        if operand in SPECIAL_WORDS:
            return f"({want}){SPECIAL_WORDS[operand]}"
        match = re.fullmatch(r"([\w$]+)(?:\+(-?\d+))?", operand)
        if match and not operand.startswith("%"):
            return f"({want})({self.symbol(match.group(1))} + {match.group(2) or 0})"
        raise Unsupported("operand " + operand)

    def write(self, operand, ptx, expression):
        """A C statement that sets the register to a number of PTX type `ptx`."""
        if operand == "_":
            return f"(void)({expression});"
        have = self.registers[operand]
        target = storage(have)
        if have[0] == "f" and ptx[0] != "f":
            return f"{name(operand)} = as_{target}(({storage('b' + str(WIDTH[ptx]))})({expression}));"
        if have[0] != "f" and ptx[0] == "f":
            return f"{name(operand)} = as_{'u' + str(WIDTH[ptx])}({expression});"
        if have == "pred" or c_type(ptx) == target:
            return f"{name(operand)} = {expression};"
        return f"{name(operand)} = ({target})({c_type(ptx)})({expression});"

    def address(self, operand):
        """The C expression of an address in brackets."""
        inner = operand.strip()[1:-1].strip()
        match = re.fullmatch(r"([\w$%]+)\s*(?:\+\s*(-?\d+))?", inner)
        if not match:
            raise Unsupported("address " + operand)
        base, offset = match.group(1), int(match.group(2) or 0)
        if base in self.registers:
            text = name(base)
            if WIDTH[self.registers[base]] == 32:
                return f"(u32)({text} + {offset}U)" if offset >= 0 else f"(u32)({text} - {-offset}U)"
        elif base.isdigit():
            text = base
        else:
            text = self.symbol(base)
        return f"((u64)({text}) + (u64)({offset}))" if offset else f"(u64)({text})"

    # ---- statements ----

    def emit(self, text):
        self.lines.append(self.guard + text if self.guard else text)

    def statement(self, text):
        self.guard = ""
        if text in "{}":
            self.scopes += 1 if text == "{" else -1
            self.lines.append(text)
            return
        if text.endswith(":"):
            self.lines.append(f"{name(text[:-1])}: __attribute__((unused));")
            return
        if text.startswith("."):
            return self.directive(text)
        match = re.match(r"@(!?)(%\w+)\s+(.*)$", text, re.S)
        if match:
            self.guard = f"if ({match.group(1)}{name(match.group(2))}) "
            text = match.group(3)
        match = re.match(r"([a-z][\w]*)((?:\.[\w:]+)*)\s*(.*)$", text, re.S)
        if not match:
            raise Unsupported("statement")
        opcode, modifiers, rest = match.groups()
        modifiers = modifiers.split(".")[1:]
        handler = getattr(self, "do_" + opcode, None)
        if handler is None:
            raise Unsupported("opcode " + opcode)
        if opcode == "call":
            return handler(modifiers, rest)
        handler(modifiers, split_operands(rest))

    def directive(self, text):
        words = text.split()
        if words[0] == ".loc":
            self.place = '"' + self.module.place(words[1], words[2])
            match = re.search(r"inlined_at (\d+) (\d+)", text)
            self.place += f', inlined at {self.module.place(*match.groups())}"' if match else '"'
            return
        if words[0] in (".pragma", ".maxnreg", ".minnctapersm"):
            return
        match = re.match(r"\.reg\s+\.(\w+)\s+(.*)$", text, re.S)
        if match:
            for register in split_operands(match.group(2)):
                counted = re.fullmatch(r"(%?[\w$]+)<(\d+)>", register)
                names = [counted.group(1) + str(k) for k in range(int(counted.group(2)))] if counted else [register]
                if match.group(1) not in TYPES:
                    raise Unsupported("register type " + match.group(1))
                for one in names:
                    self.registers[one] = match.group(1)
                if not counted or self.scopes:
                    self.lines.append(f"{storage(match.group(1))} {', '.join(name(n) + ' = 0' for n in names)};")
                else:
                    self.declarations.append((match.group(1), names))
            return
        match = re.match(r"\.param\s+(?:\.align\s+(\d+)\s+)?\.(\w+)\s+([\w$%]+)\s*(?:\[(\d+)\])?$", text)
        if match:
            align, element, identifier, count = match.groups()
            size = WIDTH[element] // 8 * int(count or 1)
            self.lines.append(f"u8 {name(identifier)}[{size}] __attribute__((aligned({align or 8})));")
            self.locals[identifier] = f"(u64){name(identifier)}"
            return
        identifier, variable = parse_variable(text)
        if variable and variable.space == "local":
            align = max(16, variable.align)
            self.lines.append(f"u8 {name(identifier)}[{variable.size}] __attribute__((aligned({align})));")
            self.lines.append(f"memset({name(identifier)}, 0xa5, {variable.size});")
            self.locals[identifier] = f"(u64){name(identifier)}"
            return
        if variable and variable.space == "shared":
            self.kernel.add_shared(identifier, variable)
            return
        raise Unsupported("directive")

    @staticmethod
    def take(modifiers, known):
        """The modifiers that are types; any other must be among `known`."""
        types = [m for m in modifiers if m in TYPES]
        for m in modifiers:
            if m not in TYPES and m not in known:
                raise Unsupported("modifier ." + m)
        return types

    def result(self, ops, ptx, expression):
        self.emit(self.write(ops[0], ptx, expression))

    def float_result(self, modifiers, ops, ptx, expression):
        if "ftz" in modifiers and ptx == "f32":
            expression = f"ftz({expression})"
        if "sat" in modifiers:
            expression = f"sat_{ptx}({expression})"
        self.result(ops, ptx, expression)

    def float_read(self, modifiers, op, ptx):
        value = self.read(op, ptx)
        return f"ftz({value})" if "ftz" in modifiers and ptx == "f32" else value

    def signature(self):
        takes = "struct EmulatorThread* const t, const u8* const parameters"
        if self.kind == "entry":
            return f"static void k_{name(self.identifier)}({takes})"
        takes += "".join(f", u8* result{k}" for k in range(len(self.results)))
        takes += "".join(f", u8* parameter{k}" for k in range(len(self.parameters)))
        return f"static void f_{name(self.identifier)}({takes})"

    def text(self):
        mentioned = set(re.findall(r"\bR\w+", "\n".join(self.lines)))
        declared = []
        for ptx, names in self.declarations:
            kept = [name(n) for n in names if name(n) in mentioned]
            for k in range(0, len(kept), 12):
                declared.append(f"{storage(ptx)} {', '.join(n + ' = 0' for n in kept[k:k + 12])};")
        return self.signature() + " {\n" + "\n".join(declared + self.lines) + "\n}\n"
