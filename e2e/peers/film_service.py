"""An existing film service: asks for one-time codes to be mailed, one for each line "email code" of its standard input.

It knows nothing of ours: a body of JSON, no key, no headers.
"""

import asyncio
import json
import sys

from aiokafka import AIOKafkaProducer


async def main(brokers: str, topic: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=brokers)
    await producer.start()
    try:
        for line in sys.stdin:
            email, code = line.split()
            body = json.dumps({"email": email, "code": code})
            await producer.send_and_wait(topic, body.encode("utf-8"))
            print(f"sent {body}", flush=True)
    finally:
        await producer.stop()


asyncio.run(main(sys.argv[1], sys.argv[2]))
