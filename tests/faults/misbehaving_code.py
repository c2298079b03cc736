"""An author's file whose steps misbehave, each in its own way."""

CODE = """
import ctypes, locale, signal, subprocess, sys, threading

@step
def report(start=None):
    # As an innocent step finds its process.
    mask = os.umask(0)
    os.umask(mask)
    print("innocent")
    return {
        "folder": os.getcwd(),
        "environment": {k: v for k, v in os.environ.items()},
        "mask": mask,
        "handlers": [getattr(signal.getsignal(n), "__qualname__", signal.getsignal(n)) for n in signal.Signals],
        "timers": [signal.getitimer(n) for n in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL)],
        "blocked": sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "streams": [s.name for s in (sys.stdin, sys.stdout, sys.stderr)],
        "locale": locale.setlocale(locale.LC_ALL),
        "hour": time.localtime(0).tm_hour,
        "threads": sorted(t.name for t in threading.enumerate()),
        "children": Path(f"/proc/self/task/{os.getpid()}/children").read_text(),
        "user": os.getuid(),
    }, os.getpid()

@step
def neighbour():
    # Tells how it finds its process whenever it is asked.
    while not (HERE / "neighbour.open").exists():
        if (HERE / "asked").exists():
            (HERE / "asked").unlink()
            note("answers", report())
        time.sleep(0.005)

@pipeline
def next_door():
    neighbour()

def between_innocents(bad):
    @pipeline(name=bad.name)
    def misbehaves():
        report.alias("after")(start=bad(start=report.alias("before")()))

    globals()["of_" + bad.name] = misbehaves
    return bad

def alone(bad):
    @pipeline(name=bad.name)
    def misbehaves():
        bad()

    globals()["of_" + bad.name] = misbehaves
    return bad

START = {"start": In(Nothing)}

@between_innocents
@step(ins=START)
def changes_folder():
    os.mkdir(HERE / "elsewhere")
    os.chdir(HERE / "elsewhere")
    os.rmdir(HERE / "elsewhere")

@between_innocents
@step(ins=START)
def changes_environment():
    os.environ.update(PATH="", ADDED="1", TZ="Asia/Tokyo")
    del os.environ["HOME"]
    time.tzset()

@between_innocents
@step(ins=START)
def changes_file_mode_mask():
    os.umask(0o007)

@between_innocents
@step(ins=START)
def changes_signals():
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGALRM, signal.SIGUSR1):
        signal.signal(number, lambda *_: os._exit(66))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)

@between_innocents
@step(ins=START)
def replaces_streams():
    sys.stdout = sys.stderr = open(os.devnull, "w")
    print("lost")

@between_innocents
@step(ins=START)
def changes_locale():
    locale.setlocale(locale.LC_ALL, "C.UTF-8" if locale.setlocale(locale.LC_ALL) == "C" else "C")

@between_innocents
@step(ins=START)
def leaves_threads():
    threading.Thread(target=time.sleep, args=[600], name="left", daemon=True).start()
    threading.Thread(target=time.sleep, args=[600], name="left too").start()

@between_innocents
@step(ins=START)
def closes_streams():
    sys.stdout.close()
    os.close(2)

@between_innocents
@step(ins=START)
def closes_descriptors():
    os.close(0)

@between_innocents
@step(ins=START)
def leaves_a_child():
    note("left", subprocess.Popen(["sleep", "1000"]).pid)

@between_innocents
@step(ins=START)
def leaves_a_daemon():
    subprocess.run([sys.executable, "-c", DAEMON, str(HERE / "left")])

DAEMON = '''
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open(sys.argv[1], "a") as file:
            file.write(f"{os.getpid()}\\\\n")
        time.sleep(1000)
    os._exit(0)
time.sleep(0.2)
'''

@between_innocents
@step(ins=START)
def forks_and_lets_the_copy_return():
    # Both come back from here.
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
    return "only one of us"

@between_innocents
@step(ins=START)
def forks_and_lets_the_copy_raise(context):
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    context.log.error("of the copy")
    raise ValueError("in the copy")

@alone
@step
def is_killed():
    print("last words", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

@alone
@step
def exits_at_once():
    os._exit(3)

@alone
@step
def reads_where_nothing_is():
    ctypes.string_at(0)

@alone
@step
def kills_its_group():
    # As `kill 0` in a script does.
    os.kill(0, signal.SIGTERM)
    time.sleep(600)

@alone
@step
def closes_its_channel():
    os.closerange(3, 1000)
    time.sleep(600)

@alone
@step
def asks_for_more_memory_than_there_is():
    return bytes(1 << 60)

@alone
@step
def interrupts_itself():
    raise KeyboardInterrupt

@alone
@step
def raises_from_a_chain():
    try:
        try:
            {}["rows"]
        except KeyError as missing:
            raise ConnectionError("no rows") from missing
    except ConnectionError:
        raise ValueError("no result")

class Unshowable(Exception):
    def __str__(self):
        raise RuntimeError("not even this")

@alone
@step
def raises_what_cannot_be_shown():
    raise Unshowable

@alone
@step
def exits_with_zero():
    sys.exit(0)

@alone
@step
def gives_what_cannot_be_pickled():
    return threading.Lock()

class Trap:
    def __reduce__(self):
        os.kill(os.getpid(), 11)

@alone
@step
def dies_as_it_is_pickled():
    return Trap()

class LateTrap:
    def __reduce__(self):
        return os._exit, (4,)

@step
def gives_a_trap():
    return LateTrap()

@step(retry_policy=RetryPolicy(max_retries=1))
def is_given_a_trap(trap):
    note("is_given_a_trap", "entered")

@pipeline
def trapping():
    is_given_a_trap(gives_a_trap())

# More than the system takes, or gives, in one call.
SIZE = (2 << 30) + 7

@step(tags={"dalsegno/memory_limit": "2200MiB"})
def gives_much():
    return bytes(SIZE)

@step
def counts(value):
    return len(value)

@pipeline
def much():
    counts(gives_much())

@alone
@step
def logs_a_million_lines(context):
    for number in range(1_000_000):
        context.log.debug("line %d", number)

@alone
@step
def logs_long_lines(context):
    for _ in range(100):
        context.log.info("x" * 1_000_000)

@alone
@step
def logs_from_a_thread_that_goes_on(context):
    def talk():
        while True:
            context.log.info("still here")
            time.sleep(0.001)
    threading.Thread(target=talk, daemon=True).start()

@alone
@step
def prints_much():
    print("first line")
    for _ in range(40):
        os.write(1, b"x" * (1 << 20))
    print("\\nlast line")

@alone
@step
def prints_what_is_no_text():
    sys.stdout.write("caf\u00e9 ")
    sys.stdout.flush()
    os.write(1, b"\\xff\\xfe\\x00caf\\xe9\\n")
    ctypes.CDLL(None).puts(b"\\xe9")
    os.write(2, b"\\xf0\\x9f")

@step(tags={"dalsegno/memory_limit": "200MB"})
def takes_much(size):
    return len(bytearray(size))

@step
def size_in_use(start):
    return int(Path("/proc/self/statm").read_text().split()[5]) * 4096

@pipeline
def taking_memory():
    size_in_use(start=takes_much())

@step
def limited_by_pipeline():
    return len(bytearray(150 << 20))

@pipeline(tags={"dalsegno/memory_limit": "100MiB"})
def taking_memory_by_pipeline():
    limited_by_pipeline()

@step(tags={"dalsegno/memory_limit": "100MiB"})
def aborts_for_want_of_memory():
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    if libc.malloc(ctypes.c_size_t(1 << 30)) is None:
        os.abort()

@pipeline
def aborting_for_want_of_memory():
    aborts_for_want_of_memory()

@alone
@step(tags={"dalsegno/time_limit": "0.3"}, retry_policy=RetryPolicy(max_retries=1))
def loops_once(context):
    while context.attempt == 1:
        pass
    return os.getpid()

@alone
@step(tags={"dalsegno/time_limit": "0.3"})
def loops_stubbornly():
    note("left", subprocess.Popen(["sleep", "1000"]).pid)
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass

@alone
@step
def lets_nothing_else_run_in_its_process():
    # Called without letting go of the interpreter's lock: until somebody opens it for writing.
    os.mkfifo(HERE / "fifo")
    note("holds", os.getpid())
    ctypes.PyDLL(None).open(bytes(HERE / "fifo"), os.O_RDONLY)

@alone
@step(tags={"dalsegno/time_limit": "0.3"})
def loops_in_c():
    sum(range(10**13))
"""
