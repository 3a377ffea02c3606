"""A WebAssembly module's sections, and the same module with less: code, and memory to ask for.

See the WebAssembly core specification, section 5 ("Binary Format").
"""

CUSTOM, IMPORTS, MEMORY, EXPORTS, ELEMENTS, CODE = 0, 2, 5, 7, 9, 10
FUNCTION = 0  # a kind of import or export
MAGIC = b"\0asm\1\0\0\0"
STUB = bytes([3, 0, 0x00, 0x0B])  # three bytes: no locals, `unreachable`, `end`


class Reader:
    """A place in a binary, with what the format is made of."""

    def __init__(self, binary: bytes, start: int, length: int):
        self.binary, self.at, self.end = binary, start, start + length

    def at_end(self) -> bool:
        return self.at >= self.end

    def byte(self) -> int:
        self.at += 1
        return self.binary[self.at - 1]

    def number(self) -> int:
        """An unsigned LEB128 number."""
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def bytes(self, count: int) -> bytes:
        self.at += count
        return self.binary[self.at - count : self.at]

    def skip_numbers(self, count: int) -> None:
        for _ in range(count):
            while self.byte() >= 128:
                pass


class Module:
    """The sections of a module: ``(kind, start, length)`` each."""

    def __init__(self, binary: bytes):
        if not binary.startswith(MAGIC):
            raise ValueError("this is no WebAssembly module of version 1")
        self.binary = binary
        self.sections = []
        reader = Reader(binary, len(MAGIC), len(binary) - len(MAGIC))
        while not reader.at_end():
            kind, length = reader.byte(), reader.number()
            self.sections.append((kind, reader.at, length))
            reader.at += length

    def section(self, kind: int) -> Reader:
        """The first section of a kind."""
        return next(Reader(self.binary, *place) for k, *place in self.sections if k == kind)

    def bodies(self) -> list[tuple[int, int]]:
        """Start and length of the body of each function that is not imported."""
        code, found = self.section(CODE), []
        for _ in range(code.number()):
            length = code.number()
            found.append((code.at, length))
            code.at += length
        return found

    def count_imports(self) -> int:
        """How many functions are imported: they have the first numbers."""
        imports = self.section(IMPORTS)
        count = imports.number()
        for _ in range(count):
            imports.bytes(imports.number())
            imports.bytes(imports.number())
            if imports.byte() != FUNCTION:
                raise ValueError("only functions are expected among the imports")
            imports.number()
        return count


def without(binary: bytes, left_out: str) -> bytes:
    """The module whose functions in these ranges trap when they are called.

    ``left_out`` has a range of function numbers a line, ``first-last``. Custom sections, which
    hold the functions' names, are left out as well.
    """
    module = Module(binary)
    first = module.count_imports()
    gone = set()
    for line in left_out.split():
        low, high = map(int, line.split("-"))
        gone.update(range(low - first, high - first + 1))
    bodies = module.bodies()
    code = [leb128(len(bodies))]
    for k, (start, length) in enumerate(bodies):
        code.append(STUB if k in gone else leb128(length) + binary[start : start + length])
    return rewritten(module, {CUSTOM: None, CODE: b"".join(code)})


def limited(binary: bytes, most: int) -> bytes:
    """The module whose one memory does not grow beyond ``most`` pages of 64 KiB."""
    module = Module(binary)
    memory = module.section(MEMORY)
    if memory.number() != 1 or memory.byte() != 0:
        raise ValueError("one memory is expected, without a limit of its own")
    least = leb128(memory.number())
    return rewritten(module, {MEMORY: bytes([1, 1]) + least + leb128(most)})


def rewritten(module: Module, changes: dict[int, bytes | None]) -> bytes:
    """The module with other contents in the sections of some kinds; None leaves them out."""
    parts = [MAGIC]
    for kind, start, length in module.sections:
        body = changes.get(kind, module.binary[start : start + length])
        if body is not None:
            parts += [bytes([kind]), leb128(len(body)), body]
    return b"".join(parts)


def leb128(number: int) -> bytes:
    """An unsigned number in the format's encoding: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    return bytes([*encoded, number])
