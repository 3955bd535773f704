"""The queues and containers that Bicep makes in Azure, made in Azurite."""

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

OWN_QUEUES = ("exchange-actions", "mailbox-checks", "mail-deliveries", "survey-work")
EVENT_QUEUES = ("process-starts", "process-events")
CONTAINERS = ("outgoing", "incoming", "state")


def make_resources(storage: str) -> None:
    """What is there already stays as it is."""
    with QueueServiceClient.from_connection_string(storage) as queues:
        for name in (*OWN_QUEUES, *(f"{name}-poison" for name in OWN_QUEUES), *EVENT_QUEUES):
            try:
                queues.create_queue(name)
            except ResourceExistsError:
                continue
    with BlobServiceClient.from_connection_string(storage) as blobs:
        for name in CONTAINERS:
            try:
                blobs.create_container(name)
            except ResourceExistsError:
                continue
