"""Reading the files of the project library, whose ids have slashes."""

from typing import Any, ClassVar

import pytest

from dataikuapi.iac.editing import move_object
from dataikuapi.iac.sandbox.kinds.library_file import LIBRARY_FILE
from iac.typed import KEY, TypeContract, changed_ids

LINKS = """{
  "gitReferences": {"python/shared": {"remote": "git@example.com:lib.git",
    "checkout": "main", "lastHash": "abc", "isDirty": false}},
  "pythonPath": ["python"],
  "importLibrariesFromProjects": []
}"""


class TestLibraryFile(TypeContract):
    """Files of the library."""

    resource_type = "library_file"
    kind = LIBRARY_FILE
    objects: ClassVar[dict[str, Any]] = {
        "python/orders/cleaning.py": {"payload": "password = 'not searched'\n"},
        "python/orders/__init__.py": {"payload": ""},
        "R/plots & maps.R": {"payload": "plot(1)\r\n"},
        "readme – notes.md": {"payload": "# Notes\n"},
        "external-libraries.json": {"payload": LINKS},
    }
    path = "libraries/contents/{id}"
    listing = "libraries/contents"

    @pytest.fixture
    def write(self, client):
        """Return a function that writes a file as the client does."""
        library = client.get_project(KEY).get_library()

        def written(path, text):
            library.get_file(path).write(text)

        return written

    def edit(self, client, object_id, change):
        """Write the same content again, if there is no change."""
        library = client.get_project(KEY).get_library()
        file = library.get_file(object_id)
        file.write(file.read())

    def test_edit_shows_as_that_file(self, manager, write):
        """Each file is an object of its own."""
        for path in self.objects:
            if path.endswith(".json"):
                continue
            write(path, f"# {path}\n")
            assert changed_ids(manager) == [self.resource_id(path)]
            manager.refresh()

    def test_selected_by_id_and_pattern(self, manager, write):
        """Ids with slashes work wherever ids do."""
        path = "python/orders/cleaning.py"
        write(path, "x = 1\n")
        for selector in (path, "python/*", "*/cleaning.py"):
            report = manager.drift(ids=[self.resource_id(selector)])
            assert [diff.resource_id for diff in report] == [self.resource_id(path)]

    def test_file_that_became_a_folder_is_removed(self, manager, shop):
        """DSS responds with an error of its own where a file is a folder."""
        path = "readme – notes.md"
        files = shop.project(KEY).objects(LIBRARY_FILE)
        files.remove(path)
        shop.add(LIBRARY_FILE, KEY, f"{path}/x.py", payload="1")
        rid = self.resource_id(path)
        assert [diff.resource_id for diff in manager.drift(ids=[rid])] == [rid]
        assert rid not in manager.refresh([rid])

    @pytest.mark.parametrize(
        "path",
        [
            "/python/orders/cleaning.py",
            "python//orders/cleaning.py",
            "python/./orders/cleaning.py",
            "python/x/../orders/cleaning.py",
            "../python/orders/cleaning.py",
            "python/orders/cleaning.py/",
        ],
    )
    def test_other_spelling_of_a_path_is_refused(self, manager, path):
        """DSS may find the file, which would be in the state twice."""
        right = self.resource_id("python/orders/cleaning.py")
        for call in (
            manager.sync_resource,
            lambda other: manager.drift(ids=[other]),
            lambda other: manager.refresh([right, other]),
            lambda other: move_object(manager.load_state(), right, other),
        ):
            with pytest.raises(ValueError, match=f"^Invalid .*: write {right}$"):
                call(self.resource_id(path))

    @pytest.mark.parametrize("path", ["/", ".", "..", "python/.."])
    def test_root_of_the_library_is_no_file(self, manager, path):
        """Neither is what is above it."""
        with pytest.raises(ValueError, match="there is no object of that name"):
            manager.refresh([self.resource_id(path)])

    def test_what_was_fetched_from_git_is_no_change(self, manager, write):
        """DSS notes what it fetched last."""
        write("external-libraries.json", LINKS.replace("abc", "def"))
        assert changed_ids(manager) == []
        write("external-libraries.json", LINKS.replace("main", "release"))
        assert changed_ids(manager) == [self.resource_id("external-libraries.json")]

    def test_what_a_repository_owns_is_left_to_it(self, manager, shop):
        """Its files change whenever somebody fetches."""
        shop.add(LIBRARY_FILE, KEY, "python/shared/x.py", payload="1")
        shop.add(LIBRARY_FILE, KEY, "python/shared_not/x.py", payload="1")
        assert changed_ids(manager) == [self.resource_id("python/shared_not/x.py")]

    @pytest.mark.parametrize("content", [b"\x89PNG\r\n\xff", b"a\x00b"])
    def test_bytes_that_are_no_text_are_digested(self, manager, client, content):
        """A change of them shows, and they are not in the state."""
        path = f"/projects/{KEY}/libraries/contents/logo.png"
        client._perform_empty("POST", path, raw_body=content)
        manager.refresh()
        attributes = manager.load_state()[self.resource_id("logo.png")].attributes
        assert set(attributes) == {"sha256"}
        client._perform_empty("POST", path, raw_body=content + b"!")
        assert changed_ids(manager) == [self.resource_id("logo.png")]

    def test_code_is_not_searched(self, manager):
        """A script may hold anything."""
        resource = manager.load_state()[self.resource_id("python/orders/cleaning.py")]
        assert resource.attributes == {"text": "password = 'not searched'\n"}
