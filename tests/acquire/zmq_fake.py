"""A fake at the wire: what Micro-Manager's ZMQ server says to the pyjavaz client, in front of a real in-process core.

Real Java is untested. The protocol is that of pyjavaz 1.2.8 and of the public source of its server (PyJavaZ, ZMQServer
5.1.0), the Java side of the core that of MMCoreJ.i. What differs from an in-process core, and is kept because callers
stumble over it:

* one request after the other: a call that waits keeps every other thread of the client waiting,
* methods are found by the Java types of their arguments; a type that is not there is an error,
* whole doubles arrive as integers, because org.json drops the trailing ".0",
* pixels arrive flat, as bytes or 16-bit words; a region as an object with fields; names as an object, not as a list,
* an error is the text of a Java exception; null and void are one answer, "none".
"""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pymmcore
import zmq
from numpy.typing import NDArray
from pyjavaz import server_terminated

VERSION = "5.1.0"
LOOPBACK = "tcp://127.0.0.1"
ENCODING = "iso-8859-1"
BUFFER_MB = 64
CORE_CLASS = "mmcorej.CMMCore"
STRING, ANY = "java.lang.String", "java.lang.Object"
ARGUMENTS = {
    "char const *": STRING,
    "double": "double",
    "float": "float",
    "bool": "boolean",
    "int": "int",
    "long": "int",
    "unsigned int": "long",
}
"""Java types of what MMCore takes, as SWIG maps them; a method with any other argument is left out."""
RETURNS = ARGUMENTS | {None: "void", "std::string": STRING, "void *": ANY, "StrVector": "mmcorej.StrVector"}
ARRAYS = {"uint8": ("byte-array", "[B"), "uint16": ("short-array", "[S"), "float32": ("float-array", "[F")}
COMPONENTS = {"uint32": np.uint8, "uint64": np.uint16}
"""An in-process core packs the four components of an RGB pixel into one number, Java does not."""
TAKES = {"getLastTaggedImage": "getLastImageMD", "popNextTaggedImage": "popNextImageMD"}

Spec = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JavaObject:
    """What stays on the server; the client gets a shadow of it, and says when it lets that go."""

    name: str
    api: Sequence[Spec] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)
    methods: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


class Server:
    """Answers one request after the other.

    Parameters
    ----------
    core : CMMCore
        Configured; every client gets this one.
    """

    def __init__(self, core: pymmcore.CMMCore) -> None:
        api = core_api()
        methods = {spec["name"]: core_method(core, spec["name"]) for spec in api}
        self._core = JavaObject(name=CORE_CLASS, api=api, methods=methods)
        self._known: dict[str, JavaObject] = {}
        self._hashes = count(1)

    def answer(self, request: Sequence[bytes]) -> list[bytes]:
        """Return the parts of the reply: JSON, then a hash and the bytes of an array if there is one."""
        arrays: list[bytes] = []
        try:
            reply = self._do(json.loads(request[0].decode(ENCODING)), arrays)
        except Exception as error:
            reply = {"type": "exception", "value": f"java.lang.RuntimeException: {error}\n\tat ZMQServer.java"}
        return [json.dumps(reply, ensure_ascii=False).encode(ENCODING, "replace"), *arrays]

    def _do(self, request: Spec, arrays: list[bytes]) -> Spec:
        match request["command"]:
            case "connect":
                return {"type": "none", "version": VERSION}
            case "get-constructors":
                return {"type": "none", "api": [{"name": CORE_CLASS, "arguments": []}]}
            case "constructor" if request["classpath"] == CORE_CLASS:
                return self._serialised(self._core, arrays)
            case "run-method":
                return self._run(self._known[request["hash-code"]], request, arrays)
            case "get-field":
                return self._serialised(self._known[request["hash-code"]].fields[request["name"]], arrays)
            case "destructor":
                del self._known[request["hash-code"]]
                return {"type": "none"}
        raise LookupError("Unknown Command")

    def _run(self, target: JavaObject, request: Spec, arrays: list[bytes]) -> Spec:
        name = request["name"]
        if not any(spec["name"] == name and spec["arguments"] == request["argument-types"] for spec in target.api):
            raise LookupError("No Matching method found with argument types")
        try:
            result = target.methods[name](*request["arguments"])
        except Exception as error:  # what a core throws is the answer
            where = f"mmcorej.MMCoreJJNI.{name}(Native Method)\n{target.name}.{name}({target.name}.java)\n"
            return {"type": "exception", "value": f"java.lang.Exception: {error}\n{where}"}
        return self._serialised(result, arrays)

    def _serialised(self, value: Any, arrays: list[bytes]) -> Spec:
        match value:
            case None:
                return {"type": "none"}
            case str():
                return {"type": "string", "value": value}
            case bool() | int() | float():
                whole = isinstance(value, float) and value.is_integer()
                return {"type": "primitive", "value": int(value) if whole else value}
            case dict():
                return {"type": "object", "class": "JSONObject", "value": json.dumps(value)}
            case np.ndarray():
                return self._array(value, arrays)
        return self._shadow(value)

    def _array(self, value: NDArray[Any], arrays: list[bytes]) -> Spec:
        kind, prefix = ARRAYS[value.dtype.name]
        number = next(self._hashes)
        arrays += [number.to_bytes(4, sys.byteorder), value.tobytes()]
        return {"type": kind, "value": f"{prefix}@{number:x}"}

    def _shadow(self, value: JavaObject) -> Spec:
        key = uuid4().hex
        self._known[key] = value
        described = {"class": value.name, "interfaces": [value.name, ANY], "fields": list(value.fields)}
        return {"type": "unserialized-object", "hash-code": key, "api": list(value.api), **described}


def core_api() -> list[Spec]:
    """Describe the methods of a Java core by those of the Python one, whose docstrings give the C++ signatures."""
    methods = (getattr(pymmcore.CMMCore, name) for name in dir(pymmcore.CMMCore))
    lines = [line for method in methods for line in (method.__doc__ or "").splitlines()]
    tagged = [{"name": name, "arguments": [], "return-type": "mmcorej.TaggedImage"} for name in TAKES]
    return tagged + [spec for line in lines for spec in overloads(line)]


def overloads(line: str) -> Iterator[Spec]:
    """Give the Java methods that SWIG makes of one C++ signature: one more for each argument with a default."""
    found = re.fullmatch(r"(\w+)\(CMMCore self(?:, (.*))?\)(?: -> (.*))?", line.strip())
    if not found:
        return
    name, listed, returns = found.groups()
    arguments = (listed or "").split(", ") if listed else []
    types = [ARGUMENTS.get(re.sub(r"( const)? \w+(=.*)?$", "", argument)) for argument in arguments]
    if None in types or returns not in RETURNS:
        return
    optional = sum("=" in argument for argument in arguments)
    for size in range(len(types) - optional, len(types) + 1):
        yield {"name": name, "arguments": types[:size], "return-type": RETURNS[returns]}


def core_method(core: pymmcore.CMMCore, name: str) -> Callable[..., Any]:
    """Return a method of the core that gives what its Java namesake gives."""
    if name in TAKES:
        return lambda: tagged_image(core, getattr(core, TAKES[name]))
    return lambda *arguments: as_java(name, getattr(core, name)(*arguments))


def as_java(name: str, value: Any) -> Any:
    """Turn what a Python core returned into what a Java core would."""
    if name == "getROI":
        fields = dict(zip(("x", "y", "width", "height"), value, strict=True))
        return JavaObject(name="java.awt.Rectangle", fields=fields)
    if isinstance(value, tuple):
        return strings(value)
    return flat(value) if isinstance(value, np.ndarray) else value


def flat(pixels: NDArray[Any]) -> NDArray[Any]:
    """Return the pixels as Java has them: one row of components."""
    return pixels.ravel().view(COMPONENTS.get(pixels.dtype.name, pixels.dtype))


def strings(values: tuple[str, ...]) -> JavaObject:
    """Make a `StrVector`: the client cannot iterate over it."""
    api: list[Spec] = [
        {"name": "size", "arguments": [], "return-type": "long"},
        {"name": "get", "arguments": ["int"], "return-type": STRING},
    ]
    return JavaObject(name="mmcorej.StrVector", api=api, methods={"size": values.__len__, "get": values.__getitem__})


def tagged_image(core: pymmcore.CMMCore, take: Callable[[pymmcore.Metadata], NDArray[Any]]) -> JavaObject:
    """Make a `TaggedImage` of an image of the running sequence."""
    metadata = pymmcore.Metadata()
    pixels = flat(take(metadata))
    tags: dict[str, Any] = {key: metadata.GetSingleTag(key).GetValue() for key in metadata.GetKeys()}
    tags |= {"Width": core.getImageWidth(), "Height": core.getImageHeight(), "BitDepth": core.getImageBitDepth()}
    return JavaObject(name="mmcorej.TaggedImage", fields={"pix": pixels, "tags": tags})


def serve(adapters: str, config: str) -> None:
    """Answer on a free port, told on standard output, until standard input is closed."""
    core = pymmcore.CMMCore()
    core.setDeviceAdapterSearchPaths([adapters])
    core.setCircularBufferMemoryFootprint(BUFFER_MB)
    core.loadSystemConfiguration(config)
    threading.Thread(target=lambda: os._exit(len(sys.stdin.read())), daemon=True).start()
    server = Server(core)
    with zmq.Context() as context, context.socket(zmq.REP) as socket:
        sys.stdout.write(f"{socket.bind_to_random_port(LOOPBACK)}\n")
        sys.stdout.flush()
        while True:
            socket.send_multipart(server.answer(socket.recv_multipart()))


@contextmanager
def running(adapters: Path, config: Path) -> Iterator[int]:
    """Run the server in a process of its own and give its port.

    A process of its own, because pycromanager gives a Python core of the same process to whoever asks for a port. Its
    end is told to the client, which would wait for ever to let go what a failed test still holds.
    """
    command = [sys.executable, __file__, str(adapters), str(config)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline() if process.stdout else "")
        try:
            yield port
        finally:
            process.kill()
            server_terminated(port)


if __name__ == "__main__":
    serve(*sys.argv[1:])
