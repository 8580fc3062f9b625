"""The ways in which the same thing is written: where a resource is kept, how it is held, how a wait is reached, and
what the function that does it looks like. Mechanisms say only what is done (`Hold`, `Wait`, plain lines)."""
from program import indent

HOMES = ["local", "attribute", "attribute", "global", "class", "instance", "dict", "defaultdict", "list", "deque", "namedtuple",
         "dataclass", "lru_cache", "contextvar"]
BY_PARAMETER = ("local", "attribute", "deque", "namedtuple", "dataclass")
HOLDS = ["with", "with", "with", "try", "manager", "manager-try", "stack"]
# Holders that frames prove: they stand in a `with` block of it. Others can only be guessed from the source.
PROVED = ("with", "manager")
WAITS = ["inline", "inline", "helper", "helper-in-helper", "method", "closure", "decorated", "partial", "manager"]
ACTORS = ["function", "function", "method", "closure", "decorated", "partial"]


class Resource:
    """`parameter` + `suffix`: reached through what main() passes; otherwise `place`: the name in `module`."""
    def __init__(self, kind, module, parameter=None, suffix="", place=None, owner=None, home=None):
        self.kind, self.module, self.parameter, self.suffix, self.place = kind, module, parameter, suffix, place
        self.owner, self.home = owner, home          # owner: (Class, expression in main) if an instance of ours has it
        self.sync = False

    def expression(self, b, module):
        return b.ref(module, self.module, self.place) if self.place else self.parameter + self.suffix


def resource(b, label, kind, make, sync=False, homes=None, family=None):
    """Creates a resource in main() and keeps it somewhere. Resources of one family are kept in the same way, in
    different instances of one class, or under different keys."""
    family = family or label
    options = homes or [h for h in HOMES if not (sync and h == "contextvar")]
    home = b.choose("home of " + family, options, "home")
    m = b.module("home of " + family)
    shared = b.__dict__.setdefault("families", {}).setdefault(family, {})
    variable = b.names.variable("resource " + label, kind)
    attribute = b.names.attribute("family " + family, kind)
    constant = shared.get("constant") or b.names.constant("family " + family, kind)
    key = b.names.key(label)
    first = "constant" not in shared
    shared["constant"] = constant
    at = lambda name: b.ref(b.main, m, name)
    r = None

    def owner_class():
        if "class" not in shared:
            shared["class"] = m.add_class(b.names.cls("owner of " + family))
            c = shared["class"]
            c.params, c.init = ["name"], ["self.name = name", "self.%s = %s" % (attribute, make)]
        return shared["class"]

    if home == "local":
        b.setup.append("%s = %s" % (variable, make))
        r = Resource(kind, m, variable)
    elif home == "attribute":
        c = owner_class()
        b.setup.append('%s = %s("%s")' % (variable, at(c.name), key))
        r = Resource(kind, m, variable, "." + attribute, owner=(c, variable))
    elif home == "instance":
        c = owner_class()
        place = b.names.constant("instance " + label)
        m.head.append(["%s = None" % place])
        if m is b.main: b.globals.append(place)
        b.setup.append('%s = %s("%s")' % (at(place), at(c.name), key))
        r = Resource(kind, m, place=place + "." + attribute, owner=(c, at(place)))
    elif home == "global":
        place = b.names.variable("global " + label, kind)
        m.head.append(["%s = %s" % (place, make if sync else "None")])
        if not sync:            # before 3.10, a primitive of asyncio belongs to the loop that runs when it is made
            if m is b.main: b.globals.append(place)
            b.setup.append("%s = %s" % (at(place), make))
        r = Resource(kind, m, place=place)
    elif home == "class":
        name = b.names.cls("class of " + label)
        m.add_class(name).attributes.append("%s = %s" % (attribute, make if sync else "None"))
        if not sync: b.setup.append("%s.%s = %s" % (at(name), attribute, make))
        r = Resource(kind, m, place="%s.%s" % (name, attribute))
    elif home == "dict":
        if first: m.head.append(["%s = {}" % constant])
        b.setup.append('%s["%s"] = %s' % (at(constant), key, make))
        r = Resource(kind, m, place='%s["%s"]' % (constant, key))
    elif home == "defaultdict":
        if first: m.head.append(["%s = collections.defaultdict(lambda: %s)" % (constant, make)])
        r = Resource(kind, m, place='%s["%s"]' % (constant, key))
    elif home == "list":
        shared["count"] = shared.get("count", -1) + 1
        if first: m.head.append(["%s = []" % constant])
        b.setup.append("%s.append(%s)" % (at(constant), make))
        r = Resource(kind, m, place="%s[%d]" % (constant, shared["count"]))
    elif home == "deque":
        b.setup.append("%s = collections.deque([%s])" % (variable, make))
        r = Resource(kind, m, variable, "[0]")
    elif home in ("namedtuple", "dataclass"):
        if first:
            shared["type"] = b.names.cls("record " + family)
            m.head.append(['%s = collections.namedtuple("%s", "label %s")' % (shared["type"], shared["type"], attribute.strip("_"))]
                          if home == "namedtuple" else
                          ["@dataclasses.dataclass", "class %s:" % shared["type"], "    label: str", "    %s: object" % attribute.strip("_")])
        b.setup.append('%s = %s("%s", %s)' % (variable, at(shared["type"]), key, make))
        r = Resource(kind, m, variable, "." + attribute.strip("_"))
    elif home == "lru_cache":
        name = shared.setdefault("function", b.names.variable("cached " + family, kind) + "_for")
        if first: m.head.append(["@functools.lru_cache(maxsize=None)", "def %s(key):" % name, "    return %s" % make])
        r = Resource(kind, m, place='%s("%s")' % (name, key))
    elif home == "contextvar":
        m.head.append(['%s = contextvars.ContextVar("%s")' % (constant if first else constant + "_%s" % len(b.setup), key)])
        name = m.head[-1][0].split(" ")[0]
        b.setup.append("%s.set(%s)" % (at(name), make))
        r = Resource(kind, m, place="%s.get()" % name)
    r.home, r.sync = home, sync
    b.resources.append(r)
    return r


# --- what is done ----------------------------------------------------------------------------------------------------------
class Wait:
    """`into = await on call`, e.g. Wait(x, ".get()", "mark")."""
    def __init__(self, on, call, mark, into="", style=None):
        self.on, self.call, self.mark, self.into, self.style = on, call, mark, into, style


class Hold:
    def __init__(self, on, inner, mark, style=None):
        self.on, self.inner, self.mark, self.style = on, inner, mark, style


def decorator(b, module, sync):
    """A decorator that stands between the caller and the function, as tracing and retrying do."""
    key = "decorator %s" % sync
    if key not in b.__dict__:
        m = b.modules[-1]
        name = b.choose(key, ["traced", "retried", "timed", "logged"]) + ("_call" if sync else "")
        a, w = ("", "") if sync else ("async ", "await ")
        m.head.append(["def %s(function):" % name, "    @functools.wraps(function)", "    %sdef wrapper(*args, **kwargs):" % a,
                       "        return %sfunction(*args, **kwargs)" % w, "", "    return wrapper"])
        b.__dict__[key] = (m, name)
    m, name = b.__dict__[key]
    return b.ref(module, m, name)


class Renderer:
    """Writes nodes as lines of one function in one module."""
    def __init__(self, b, label, module, sync):
        self.b, self.label, self.module, self.sync = b, label, module, sync
        self.a, self.w = ("", "") if sync else ("async ", "await ")
        self.count = 0
        self.proved = True                   # all holds are provable

    def lines(self, nodes):
        out = []
        for node in nodes:
            if isinstance(node, str):
                out.append(node)
            elif isinstance(node, list):
                out += indent(self.lines(node))
            else:
                self.count += 1
                out += self.wait(node) if isinstance(node, Wait) else self.hold(node)
        return out

    def wait(self, n):
        b, a, w, label = self.b, self.a, self.w, "%s wait %d" % (self.label, self.count)
        style = n.style or b.choose("style of " + label, WAITS, "wait")
        into = n.into + " = " if n.into else ""
        mark = "  #@" + n.mark
        name, p = b.names.function(label), "source"
        m = b.module(label, at_least=self.module.depth)
        there = lambda: b.ref(self.module, m, name)
        if style == "inline":
            return ["%s%s%s%s%s" % (into, w, n.on, n.call, mark)]
        if style == "closure":
            return ["%sdef %s():" % (a, name), "    return %s%s%s%s" % (w, n.on, n.call, mark), "%s%s%s()%s" % (into, w, name, mark)]
        if style == "method":
            c = m.add_class(b.names.cls(label))
            c.params, c.init = [p], ["self.%s = %s" % (p, p)]
            c.methods.append(["%sdef %s(self):" % (a, name), "    return %sself.%s%s%s" % (w, p, n.call, mark)])
            return ["%s%s%s(%s).%s()%s" % (into, w, b.ref(self.module, m, c.name), n.on, name, mark)]
        if style == "manager":
            b.function(m, ["@contextlib.%scontextmanager" % a.strip(), "%sdef %s(%s):" % (a, name, p),
                           "    yield %s%s%s%s" % (w, p, n.call, mark)])
            return ["%swith %s(%s) as %s:%s" % (a, there(), n.on, n.into or "found", mark), "    pass"]
        lines = ["%sdef %s(%s):" % (a, name, p), "    return %s%s%s%s" % (w, p, n.call, mark)]
        if style == "decorated":
            lines.insert(0, "@" + decorator(b, m, self.sync))
        b.function(m, lines)
        if style == "helper-in-helper":
            outer = b.names.function(label + " outer")
            b.function(m, ["%sdef %s(%s):" % (a, outer, p), "    %s%s%s(%s)%s" % ("found = ", w, name, p, mark), "    return found"])
            name = outer
        if style == "partial":
            return ["step = functools.partial(%s, %s)" % (there(), n.on), "%s%sstep()%s" % (into, w, mark)]
        return ["%s%s%s(%s)%s" % (into, w, there(), n.on, mark)]

    def hold(self, n):
        b, a, w, label = self.b, self.a, self.w, "%s hold %d" % (self.label, self.count)
        style = n.style or b.choose("style of " + label, HOLDS, "hold")
        inner = indent(self.lines(n.inner))
        mark = "  #@" + n.mark
        self.proved = self.proved and style in PROVED
        if style == "with":
            return ["%swith %s:%s" % (a, n.on, mark)] + inner
        if style == "try":
            return ["%s%s.acquire()%s" % (w, n.on, mark), "try:"] + inner + ["finally:", "    %s.release()" % n.on]
        if style == "stack":
            enter = "stack.enter_%scontext" % ("" if self.sync else "async_")
            return (["%swith contextlib.%sExitStack() as stack:" % (a, "" if self.sync else "Async"),
                     "    %s%s(%s)%s" % (w, enter, n.on, mark)] + inner)
        name = b.names.function(label)
        m = b.module(label, at_least=self.module.depth)
        body = (["%swith owned:%s" % (a, mark), "    yield owned"] if style == "manager" else
                ["%sowned.acquire()%s" % (w, mark), "try:", "    yield owned", "finally:", "    owned.release()"])
        b.function(m, ["@contextlib.%scontextmanager" % a.strip(), "%sdef %s(owned):" % (a, name)] + indent(body))
        return ["%swith %s(%s):%s" % (a, b.ref(self.module, m, name), n.on, mark)] + inner


# --- who does it -----------------------------------------------------------------------------------------------------------
class Actor:
    """A function that tasks or threads run. `call(args)`: an expression in main() that calls it."""
    def __init__(self, b, label, uses, body, sync=False, parameters=None, shape=None, name=None):
        self.b, self.label, self.sync, self.uses = b, label, sync, uses
        shape = shape or b.choose("shape of actor " + label, ACTORS, "actor")
        depth = min([r.module.depth for r in uses if r.place] or [9])
        self.module = m = b.module("actor " + label, at_most=depth)
        self.function = name or b.names.function("actor " + label)
        self.parameters = list(parameters or dict.fromkeys(r.parameter for r in uses if r.parameter))
        self.shape = shape
        prefix = "self." if shape == "method" else ""
        if parameters:              # the same function for several resources: each use has a parameter of its own
            expressions = [prefix + p + r.suffix for p, r in zip(parameters, uses)]
        else:
            expressions = [r.expression(b, m) if r.place else prefix + r.parameter + r.suffix for r in uses]
        render = Renderer(b, label, m, sync)
        lines = render.lines(body(*expressions))
        self.proved = render.proved
        a = "" if sync else "async "
        plain = ["%sdef %s(%s):" % (a, self.function, ", ".join(self.parameters))] + indent(lines)
        self.qualname = self.function
        if shape == "method":
            c = m.add_class(b.names.cls("actor " + label))
            c.params = self.parameters
            c.init = ["self.%s = %s" % (p, p) for p in self.parameters]
            c.methods.append(["%sdef %s(self):" % (a, self.function)] + indent(lines))
            self.cls, self.qualname = c, c.name + "." + self.function
        elif shape == "closure":
            self.factory = b.names.function("factory " + label)
            b.function(m, ["def %s(%s):" % (self.factory, ", ".join(self.parameters)),
                           "    %sdef %s():" % (a, self.function)] + indent(lines, 2) + ["", "    return " + self.function])
            self.qualname = "%s.<locals>.%s" % (self.factory, self.function)
        else:
            if shape == "decorated":
                plain.insert(0, "@" + decorator(b, m, sync))
            b.function(m, plain)

    def callable(self, arguments=None):
        """(callable, arguments) as expressions in main()."""
        arguments = self.parameters if arguments is None else arguments
        here = lambda name: self.b.ref(self.b.main, self.module, name)
        joined = ", ".join(arguments)
        if self.shape == "method": return "%s(%s).%s" % (here(self.cls.name), joined, self.function), []
        if self.shape == "closure": return "%s(%s)" % (here(self.factory), joined), []
        if self.shape == "partial" and arguments: return "functools.partial(%s, %s)" % (here(self.function), joined), []
        return here(self.function), arguments

    def call(self, arguments=None):
        target, rest = self.callable(arguments)
        return "%s(%s)" % (target, ", ".join(rest))

    def default_name(self):
        return "func:" + self.function if self.sync else "coro:" + self.qualname


def start(b, actor, awaited=False, named=None, arguments=None, label=None, lines=None):
    """Starts a task or a thread in main() and returns who it is: its name, or `coro:`/`func:` where it has none."""
    label = label or actor.label
    named = b.chance("named " + label, 0.75) if named is None else named
    name = b.names.task(label) if named else None
    variable = b.names.variable("started " + label, "task")
    lines = b.starts if lines is None else lines
    if actor.sync:
        target, rest = actor.callable(arguments)
        lines.append("%s = threading.Thread(target=%s%s%s, daemon=True)" % (
            variable, target, ", args=(%s,)" % ", ".join(rest) if rest else "", ', name="%s"' % name if name else ""))
        lines.append("%s.start()" % variable)
    elif name:
        lines.append('%s = asyncio.create_task(%s, name="%s")' % (variable, actor.call(arguments), name))
    else:
        lines.append("%s = %s(%s)" % (variable, b.choose("starter " + label, ["asyncio.create_task", "asyncio.ensure_future"]),
                                      actor.call(arguments)))
    who = name or actor.default_name()
    actor.who, actor.variable = who, variable
    if awaited:
        b.awaited.append((variable, who))
    return who
