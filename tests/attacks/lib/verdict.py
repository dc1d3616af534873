# SPDX-License-Identifier: LGPL-2.1-or-later
"""What an attack has shown: a line for each claim, figures with their bars, and an exit status."""
import argparse
import os
import signal
import sys
import traceback

_failed = 0
_shown = 0
_skipped = 0


def _options():
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("build", help="a build folder, with the programs of tests/fakes")
    parser.add_argument("--short", action="store_true", help="fewer tries, and figures not judged")
    parser.add_argument("--only", metavar="WORD", default="",
                        help="only the parts whose names have it in them")
    return parser


def check(claim, good, why=""):
    """claim is a true sentence of a daemon that keeps its promises."""
    global _failed, _shown
    _shown += 1
    _failed += not good
    print(f"ok {claim}" if good else f"not ok {claim}" + (f": {why}" if str(why) else ""), flush=True)
    return good


def figure(name, value, unit, bar):
    """A figure with its bar, whose claim is judged in a run of its own only."""
    if options.short:
        print(f"figure {name}: {value:.4g} {unit} (bar {bar:.4g} {unit}; not judged in a short run)",
              flush=True)
        return
    print(f"figure {name}: {value:.4g} {unit} (bar {bar:.4g} {unit})", flush=True)
    check(f"{name} is at most {bar:.4g} {unit}", value <= bar, f"{value:.4g} {unit}")


def note(text):
    print(f"# {text}", flush=True)


def skip(why):
    """This machine cannot show it."""
    global _skipped
    _skipped += 1
    print(f"skip {why}", flush=True)


def run(*parts):
    """Each by itself: one that ends early has failed, and the next one runs."""
    global options
    options = _options().parse_args()
    os.environ["DOM0D_BUILD"] = os.path.abspath(options.build)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended
    for part in parts:
        if options.only not in part.__name__:
            continue
        try:
            part()
        except Exception as error:  # whatever it is, this part has shown nothing
            last = traceback.extract_tb(error.__traceback__)
            where = next((f for f in reversed(last) if "/lib/" not in f.filename), last[-1])
            check(f"{part.__name__.replace('_', ' ')} comes to its end", False,
                  f"{error!r} at line {where.lineno}")
    sys.exit(1 if _failed or not _shown + _skipped else 0)
