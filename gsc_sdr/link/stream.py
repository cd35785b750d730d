# SPDX-License-Identifier: MIT
"""Sample streams between programs, with back-pressure and no silent loss.

::

    StreamReceiver (connects)                    StreamSender (binds)
        hello: who, settings        ---->
                                    <----    info: stream, place in it, settings
        credit: taken, up to        ---->
                                    <----    chunk: stream, sequence, first sample, samples
        credit ...                  ---->    chunk ...
        bye                         ---->    or bye

A sender sends nothing that it has no credit for, so nothing piles up and
nothing is dropped: while a receiver is slow or absent, the sender waits. Either
end may come first, go and come back. A new sender begins a new stream; within
one, a sequence number that is not the next one is a loss, and is counted. One
receiver is served at a time; another is refused while the first one lives, and
takes over when that one is gone.
"""

from gsc_sdr.link.info import StreamInfo
from gsc_sdr.link.receiver import StreamReceiver
from gsc_sdr.link.sender import StreamSender

__all__ = ["StreamInfo", "StreamReceiver", "StreamSender"]
