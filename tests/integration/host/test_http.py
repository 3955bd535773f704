"""HTTP triggers: the right function, the request as sent, the answer as meant."""

import hashlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.integration.host.hosted import Hosted, Queue, eventually, write_app

APP = """
@app.route("shelves/{name}")
def shelf(req: func.HttpRequest) -> str:
    return "shelf " + req.route_params["name"]

@app.route("shelves/new", methods=["GET"])
def new_shelf(req: func.HttpRequest) -> str:
    return "the form"

@app.route("shelves/{number:int}/books")
def numbered(req: func.HttpRequest) -> str:
    return "number " + req.route_params["number"]

@app.route("shelves/{name}/books")
def named(req: func.HttpRequest) -> str:
    return "name " + req.route_params["name"]

@app.route("shelves/{*rest}", methods=["DELETE"])
def anything(req: func.HttpRequest) -> str:
    return "rest " + req.route_params.get("rest", "(none)")

@app.route("pages/{number?}", methods=["GET"])
def page(req: func.HttpRequest) -> str:
    return "page " + req.route_params.get("number", "(none)")

@app.route("files/{name}.{kind}")
def file(req: func.HttpRequest) -> str:
    return req.route_params["kind"] + " " + req.route_params["name"]

@app.route("things", methods=["GET"])
def list_things(req: func.HttpRequest) -> str:
    return "list"

@app.route("things", methods=["POST"])
def make_thing(req: func.HttpRequest) -> func.HttpResponse:
    return func.HttpResponse("made", status_code=201, headers={"Location": "/api/things/1"})

@app.route()
def Unnamed(req: func.HttpRequest) -> str:
    return "by name"

@app.route("mirror")
def mirror(req: func.HttpRequest) -> func.HttpResponse:
    import hashlib
    told = {"method": req.method, "url": req.url, "headers": dict(req.headers), "params": dict(req.params),
            "size": len(req.get_body()), "sha": hashlib.sha256(req.get_body()).hexdigest()}
    return func.HttpResponse(json.dumps(told), mimetype="application/json")

@app.route("answers/{kind}")
def answers(req: func.HttpRequest):
    match req.route_params["kind"]:
        case "nothing":
            return None
        case "nonsense":
            return {"no": "answer"}
        case "raises":
            raise RuntimeError("the roof is leaking")
        case "bytes":
            return func.HttpResponse(bytes(range(256)), mimetype="application/octet-stream")
        case "cookies":
            response = func.HttpResponse("ok")
            response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
            response.headers.add("Set-Cookie", "b=2")
            return response
        case "length":
            return func.HttpResponse("four", headers={"Content-Length": "99"})

@app.route("told")
def told(req: func.HttpRequest, context: func.Context) -> str:
    logging.warning("a line of the function")
    def elsewhere():
        context.thread_local_storage.invocation_id = context.invocation_id
        logging.warning("a line of its thread")
    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    return json.dumps([context.invocation_id, context.function_name, context.function_directory,
                       context.trace_context.trace_parent, context.retry_context.retry_count])

@app.route("wait")
async def wait(req: func.HttpRequest) -> str:
    await asyncio.sleep(0.5)
    return "waited"

@app.route("slow")
def slow(req: func.HttpRequest) -> str:
    note(began=True)
    time.sleep(0.5)
    note(ended=True)
    return "done"
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("library")
    write_app(folder, APP)
    running = Hosted(folder, {"PYTHON_THREADPOOL_THREAD_COUNT": "2"})
    yield running
    running.end()


@pytest.mark.parametrize(
    ("method", "path", "answer"),
    [
        ("GET", "/api/shelves/new", "the form"),
        ("GET", "/api/shelves/old", "shelf old"),
        ("GET", "/API/Shelves/NEW", "the form"),
        ("GET", "/api/SHELVES/Oak", "shelf Oak"),
        ("GET", "/api/shelves/old/", "shelf old"),
        ("POST", "/api/shelves/new", "shelf new"),
        ("PUT", "/api/shelves/old", "shelf old"),
        ("OPTIONS", "/api/shelves/old", "shelf old"),
        ("GET", "/api/shelves/12/books", "number 12"),
        ("GET", "/api/shelves/oak/books", "name oak"),
        ("DELETE", "/api/shelves", "rest (none)"),
        ("DELETE", "/api/shelves/a/b/c", "rest a/b/c"),
        ("DELETE", "/api/shelves/a/b%20c", "rest a/b c"),
        ("GET", "/api/pages", "page (none)"),
        ("GET", "/api/pages/7", "page 7"),
        ("GET", "/api/files/report.2026.pdf", "pdf report.2026"),
        ("GET", "/api/things", "list"),
        ("POST", "/api/things", "made"),
        ("GET", "/api/unnamed", "by name"),
        ("GET", "/api/shelves/K%C3%B6ln%20%26%20co", "shelf Köln & co"),
        ("GET", "/api/shelves/a+b", "shelf a+b"),
        ("GET", "/api/shelves/x/../old", "shelf old"),
        ("GET", "/api/shelves/x/%2e%2e/old", "shelf old"),
    ],
)
def test_a_request_reaches_the_function_of_its_route(host: Hosted, method: str, path: str, answer: str) -> None:
    reply = host.ask(method, path)

    assert reply.body.decode() == answer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nowhere"),
        ("GET", "/shelves/old"),
        ("GET", "/"),
        ("DELETE", "/api/things"),
        ("HEAD", "/api/things"),
        ("OPTIONS", "/api/things"),
        ("GET", "/api/things/1"),
        ("GET", "/api/shelves/"),
        ("GET", "/api/shelves/a%2Fb"),
        ("GET", "/api/pages//7"),
        ("POST", "/api/pages/7"),
        ("GET", "/.auth/nonsense"),
    ],
)
def test_no_route_and_no_such_method_are_both_not_found(host: Hosted, method: str, path: str) -> None:
    reply = host.ask(method, path)

    assert (reply.status, reply.body) == (404, b"")


def test_head_is_answered_without_a_body_where_every_method_is_taken(host: Hosted) -> None:
    reply = host.ask("HEAD", "/api/shelves/old")

    assert (reply.status, reply.body) == (200, b"")


def test_the_function_sees_the_request_as_production_shows_it(host: Hosted) -> None:
    headers = [("Accept", "text/html"), ("Accept", "text/plain"), ("X-Colour", "Blue")]

    seen = host.ask("PATCH", "/api/mirror?a=1&a=2&b=x%20y+z&empty=", b"{}", headers).json()

    assert seen["method"] == "PATCH"
    assert seen["url"] == f"http://127.0.0.1:{host.port}/api/mirror?a=1&a=2&b=x%20y+z&empty="
    assert seen["headers"]["accept"] == "text/html,text/plain"
    assert seen["headers"]["x-colour"] == "Blue"
    assert seen["params"] == {"a": "1,2", "b": "x y z"}


def test_a_large_body_arrives_byte_for_byte(host: Hosted) -> None:
    body = bytes(range(256)) * 4096 * 100

    seen = host.ask("POST", "/api/mirror", body).json()

    assert len(body) > 100_000_000
    assert (seen["size"], seen["sha"]) == (len(body), hashlib.sha256(body).hexdigest())


def test_a_failing_function_answers_500_with_nothing_in_it(host: Hosted) -> None:
    reply = host.ask("GET", "/api/answers/raises")

    assert (reply.status, reply.body) == (500, b"")
    assert "the roof is leaking" in host.log()


def test_what_is_no_answer_is_a_failure_too(host: Hosted) -> None:
    reply = host.ask("GET", "/api/answers/nonsense")

    assert (reply.status, reply.body) == (500, b"")


def test_no_answer_is_no_content(host: Hosted) -> None:
    assert host.ask("GET", "/api/answers/nothing").status == 204


def test_status_headers_and_type_go_out_as_set(host: Hosted) -> None:
    made, text = host.ask("POST", "/api/things"), host.ask("GET", "/api/things")

    assert (made.status, made.header("Location")) == (201, "/api/things/1")
    assert made.header("Content-Type") == "text/plain; charset=utf-8"
    assert text.header("Content-Type") == "text/plain; charset=utf-8"


def test_bytes_go_out_unchanged(host: Hosted) -> None:
    reply = host.ask("GET", "/api/answers/bytes")

    assert (reply.body, reply.header("Content-Type")) == (bytes(range(256)), "application/octet-stream")


def test_every_cookie_gets_its_own_line(host: Hosted) -> None:
    reply = host.ask("GET", "/api/answers/cookies")

    assert [value for name, value in reply.headers if name.lower() == "set-cookie"] == ["a=1; HttpOnly; Path=/", "b=2"]


def test_a_length_set_by_the_function_does_not_break_the_answer(host: Hosted) -> None:
    assert host.ask("GET", "/api/answers/length").body == b"four"


def test_the_context_tells_who_runs_and_log_lines_carry_it(host: Hosted) -> None:
    invocation, name, directory, trace, retries = host.ask("GET", "/api/told").json()

    assert (name, directory, retries) == ("told", str(host.folder), 0)
    assert trace.startswith("00-")
    assert f"told {invocation[:8]}: a line of the function" in host.log()
    assert f"told {invocation[:8]}: a line of its thread" in host.log()


def _ask_at_once(host: Hosted, path: str, times: int) -> float:
    began = time.monotonic()
    threads = [threading.Thread(target=host.ask, args=("GET", path)) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


def test_async_functions_wait_together(host: Hosted) -> None:
    assert 0.5 <= _ask_at_once(host, "/api/wait", 10) < 2


def test_sync_functions_get_as_many_threads_as_set(host: Hosted) -> None:
    assert _ask_at_once(host, "/api/slow", 6) >= 1.5


def test_a_caller_who_hangs_up_does_not_end_the_function(host: Hosted) -> None:
    before = len(host.notes())
    with socket.create_connection(("127.0.0.1", host.port)) as caller:
        caller.sendall(b"GET /api/slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert eventually(lambda: len(host.notes()) == before + 1)

    assert eventually(lambda: [seen for seen in host.notes()[before:] if "ended" in seen])


def test_the_prefix_may_be_empty_or_set_from_outside(run_app: Callable[..., Hosted]) -> None:
    source = '@app.route("x/{id}")\ndef x(req: func.HttpRequest) -> str:\n    return req.route_params["id"]\n'

    bare = run_app(source, AzureFunctionsJobHost__extensions__http__routePrefix="")
    other = run_app(AzureFunctionsJobHost__extensions__http__routePrefix="v2/api")

    assert bare.ask("GET", "/x/1").body == b"1"
    assert other.ask("GET", "/v2/api/x/2").body == b"2"
    assert other.ask("GET", "/api/x/2").status == 404


def test_an_output_of_an_http_function_is_sent_before_the_answer(run_app: Callable[..., Hosted], queue: Queue) -> None:
    host = run_app(
        """
@app.route("orders")
@app.queue_output("out", "%QUEUE%", connection="AzureWebJobsStorage")
def order(req: func.HttpRequest, out: func.Out[func.QueueMessage]) -> str:
    out.set(func.QueueMessage(body=req.get_body()))
    return "noted"
"""
    )

    assert host.ask("POST", "/api/orders", json.dumps({"order": 4711}).encode()).body == b"noted"

    assert queue.texts() == ['{"order": 4711}']
