"""The yardstick of row 11: a POST that decodes a body and answers with the same, nothing else."""

import socket
import sys

import uvicorn
from litestar import Litestar, post
from litestar.params import JSONBody

from guild.invoicing.schemas import IssuedOut


@post("/echo")
async def echo(data: JSONBody[IssuedOut]) -> IssuedOut:
    """Decoded, checked and encoded again by the same library."""
    return data


def main() -> None:
    """Serve on the socket with the given descriptor, as `guild api` does."""
    app = Litestar([echo], openapi_config=None, logging_config=None)
    config = uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False,
                            log_level="warning", server_header=False)  # fmt: skip
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()
