"""Raw HTTP to the sandbox."""

import json


class Api:
    """Raw HTTP to one server with one key."""

    def __init__(self, session, server, key):
        self.session, self.server, self.key = session, server, key

    def __call__(self, method, path, body=None, prefix="/dip/publicapi", **options):
        options.setdefault("auth", (self.key, ""))
        url = self.server.url + prefix + path
        data = body if body is None or isinstance(body, bytes) else json.dumps(body)
        return self.session.request(
            method, url, data=data, allow_redirects=False, **options
        )

    def get(self, path, **options):
        response = self("GET", path, **options)
        assert response.status_code == 200, response.text
        return response.json()

    def put(self, path, body):
        response = self("PUT", path, body)
        assert response.status_code == 200, response.text
        return response.json()


def assert_error(response, status, error_type, text):
    assert response.status_code == status
    body = response.json()
    assert set(body) == {
        "errorType",
        "message",
        "detailedMessage",
        "detailedMessageHTML",
        "stackTraceStr",
    }
    assert body["errorType"].endswith(error_type)
    assert text in body["message"]


def read(api, kind, name, project="P"):
    response = api.get(f"/projects/{project}/{kind}/{name}")
    return response["recipe"] if kind == "recipes" else response


def write(api, kind, name, document):
    body = {"recipe": document} if kind == "recipes" else document
    return api("PUT", f"/projects/P/{kind}/{name}", body)
