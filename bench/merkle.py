"""Row 8: appending to the log against two bare hashes per leaf; proofs against pymerkle."""

import asyncio
import hashlib
import os
import time

import pymerkle

from bench.measure import Row, alternate, servers
