"""What every test run needs: Ctrl-C that reaches the commands which tests start, also when the run is in the background."""

import signal

# A shell starts background jobs with Ctrl-C ignored, and children inherit that: a command could not be interrupted then.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
