"""Holds our requests against the official SDKs' own parameter types, unknown fields included.

Reads one JSON object per line, {"interface": ..., "body": ...}, and prints one line for each that does not fit.
"""

import json
import sys

from pydantic import TypeAdapter, ValidationError
from anthropic.types.message_create_params import MessageCreateParamsNonStreaming as Messages
from anthropic.types.messages.batch_create_params import BatchCreateParams as MessageBatch
from openai.types.batch_create_params import BatchCreateParams as Batch
from openai.types.chat.completion_create_params import CompletionCreateParamsNonStreaming as Chat
from openai.types.responses.response_create_params import ResponseCreateParamsNonStreaming as Responses
from ollama._types import ChatRequest

# Kept alive: what they validate lazily refers back to them.
TYPES = {
    "messages": TypeAdapter(Messages),
    "chat": TypeAdapter(Chat),
    "responses": TypeAdapter(Responses),
    "message-batch": TypeAdapter(MessageBatch),
    "batch": TypeAdapter(Batch),
}


def plain(value):
    """Typed dictionaries hold iterators: only what was walked through has been validated."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (str, bytes)) or not hasattr(value, "__iter__"):
        return value
    return [plain(item) for item in value]


def wrong(interface, body):
    try:
        if interface == "ollama":
            read = ChatRequest.model_validate(body).model_dump(exclude_none=True)
        else:
            read = plain(TYPES[interface].validate_python(body))
    except ValidationError as error:
        first = error.errors()[0]
        return f"{first['loc']}: {first['msg']}"
    lost = dropped(body, json.loads(json.dumps(read)))
    return f"the SDK does not know {lost}" if lost else None


def dropped(sent, read, where=""):
    """The first field that the types let fall."""
    if isinstance(sent, dict) and isinstance(read, dict):
        for key, item in sent.items():
            if key not in read:
                return f"{where}.{key}"
            if found := dropped(item, read[key], f"{where}.{key}"):
                return found
    elif isinstance(sent, list) and isinstance(read, list):
        for at, (left, right) in enumerate(zip(sent, read)):
            if found := dropped(left, right, f"{where}[{at}]"):
                return found
    return None


checked, failed = {}, 0
for line in sys.stdin:
    request = json.loads(line)
    why = wrong(request["interface"], request["body"])
    checked[request["interface"]] = checked.get(request["interface"], 0) + 1
    if why:
        failed += 1
        print(f"{request['interface']}: {why}\n  {json.dumps(request['body'])[:400]}")
print(" ".join(f"{name}={count}" for name, count in sorted(checked.items())))
sys.exit(1 if failed else 0)
