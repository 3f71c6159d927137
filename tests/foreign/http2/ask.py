"""Asks over HTTP/2 as a program does that uses httpx: several requests at once on one connection. Says version, status and path of each."""

import asyncio
import os
import ssl

import httpx


async def main():
    trusted = ssl.create_default_context(cafile=os.environ["CA"])
    async with httpx.AsyncClient(http2=True, proxy=os.environ["PROXY"], verify=trusted, timeout=30) as client:
        paths = [f"/py/{number}" for number in range(8)]
        for answer in await asyncio.gather(*(client.post(os.environ["URL"] + path, json={"of": path}) for path in paths)):
            asked = answer.json()["url"] if answer.status_code == 200 else answer.text.strip()
            print(answer.http_version, answer.status_code, asked)


asyncio.run(main())
