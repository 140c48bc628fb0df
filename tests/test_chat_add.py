"""Adding articles over HTTP: what readers upload and paste, and what that must not reach."""

from __future__ import annotations

import io
import json
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from index.lock import writing
from index.store import Index
from index.types import Article
from qa.answerer import Answerer
from qa.chat import build_app
from qa.cli import main
from qa.web import adding
from qa.web.adding import FILES, PASTE, UPLOAD_BYTES, label

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:gradio.queueing")

STORY = "The mayor of Zelgrad opened the tannery bridge on Monday. Nobody clapped."


@pytest.fixture
def client(index: Index) -> Iterator[TestClient]:
    app = build_app([Answerer(index)], index, ("testserver",), allow_add=True)
    with TestClient(app) as client:
        yield client


def uploaded(client: TestClient, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
    sent = [("files", (name, io.BytesIO(content))) for name, content in files]
    response = client.post("/footnote/add", files=sent)
    assert response.status_code == 200, response.text
    return [json.loads(line) for line in response.text.splitlines()]


def pasted(client: TestClient, **fields: Any) -> Any:
    return client.post("/footnote/add", content=json.dumps({"title": "T", "text": STORY, **fields}))


def counts(report: dict[str, Any]) -> tuple[int, int, int]:
    return report["added"], report["updated"], report["unchanged"]


def test_uploaded_files_become_articles_that_can_be_asked_about(
    client: TestClient, index: Index
) -> None:
    page = f"<html><head><title>Bridge</title></head><body><p>{STORY}</p></body></html>"
    first, second, report = uploaded(
        client, ("notes.txt", STORY.encode()), ("tree.md", b"# Tree\n\nThe oak fell on Sunday.")
    )
    assert [(e["event"], e["done"], e["total"], e["name"]) for e in (first, second)] == [
        ("progress", 1, 2, "notes.txt"), ("progress", 2, 2, "tree.md"),
    ]  # fmt: skip
    assert report["event"] == "report" and counts(report) == (2, 0, 0) and report["skipped"] == []
    assert {a.title for a in index.articles()} == {"notes", "Tree"} and page
    about = client.get("/footnote/about").json()
    assert about["articles"] == 2 and about["allow_add"]
    asked = client.post("/footnote/ask", json={"question": "Who opened the tannery bridge?"})
    answer = json.loads(asked.text.splitlines()[-1])["answer"]
    assert "mayor of Zelgrad" in answer["text"]


def test_what_cannot_be_read_is_listed_with_its_reason(client: TestClient, index: Index) -> None:
    *_, report = uploaded(
        client,
        ("a.exe", b"MZ"),
        ("noending", b"text"),
        ("empty.txt", b""),
        ("bad.pdf", b"%PDF-1.7 nothing"),
        ("bad.zip", b"PK\x03\x04"),
        ("good.txt", STORY.encode()),
    )
    assert counts(report) == (1, 0, 0) and len(index.articles()) == 1
    reasons = {skipped["name"]: skipped["reason"] for skipped in report["skipped"]}
    assert set(reasons) == {"a.exe", "noending", "empty.txt", "bad.pdf", "bad.zip"}
    assert "ending that is not known" in reasons["a.exe"] and "no text" in reasons["empty.txt"]
    assert tempfile.gettempdir() not in json.dumps(report) and "footnote-" not in json.dumps(report)


@pytest.mark.parametrize(
    "name",
    ["../../evil.txt", "/etc/cron.d/evil.txt", "..\\..\\evil.txt", "C:\\evil.txt", "~/evil.txt",
     "a/../../evil.txt", "evil.txt\x00.html", "....//evil.txt", "%2e%2e%2fevil.txt",
     "evil\r\nX-Header: 1.txt", "\u202etxt.evil.txt", "-rf .txt", ".txt", "$(id).txt",
     "x" * 300 + ".txt"],
)  # fmt: skip
def test_a_name_is_a_label_and_never_a_path(
    client: TestClient, index: Index, tmp_path: Path, name: str
) -> None:
    before = set(tmp_path.rglob("*evil*")) | set(Path.cwd().glob("*evil*"))
    *_, report = uploaded(client, (name, STORY.encode()))
    assert counts(report) == (1, 0, 0)
    (article,) = index.articles()
    assert article.path == label(article.path) and len(article.path or "") < 80
    assert set(tmp_path.rglob("*evil*")) | set(Path.cwd().glob("*evil*")) == before


def test_an_archive_reaches_nothing_outside_itself(client: TestClient, index: Index) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../../../etc/evil.txt", STORY)
        archive.writestr("good.txt", "The oak fell on Sunday.")
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    uploaded(client, ("a.zip", made.getvalue()))
    assert not any("root:" in article.text for article in index.articles())
    assert any("oak" in article.text for article in index.articles())


def test_two_readers_files_of_one_name_do_not_replace_each_other(
    client: TestClient, index: Index, tmp_path: Path
) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "notes.txt").write_text("The harbour froze.")
    assert main(["add", str(tmp_path / "own"), "--index", str(index.path)]) == 0
    *_, one = uploaded(client, ("notes.txt", STORY.encode()))
    *_, two = uploaded(client, ("notes.txt", b"The oak fell on Sunday."))
    *_, again = uploaded(client, ("other name.txt", STORY.encode()))
    assert [counts(report) for report in (one, two)] == [(1, 0, 0), (1, 0, 0)]
    texts = [article.text for article in index.articles()]
    assert "The harbour froze." in texts and STORY in texts and "The oak fell on Sunday." in texts
    assert again["updated"] == 0
    # And the folder that was added by the command still knows its own file.
    assert main(["add", str(tmp_path / "own"), "--prune", "--index", str(index.path)]) == 0
    assert len(index.articles()) == len(texts)


def test_too_many_files_and_too_many_bytes_are_refused(client: TestClient, index: Index) -> None:
    files = [("files", (f"{n}.txt", STORY.encode())) for n in range(FILES + 1)]
    response = client.post("/footnote/add", files=files)
    assert response.status_code == 413 and str(FILES) in response.json()["detail"]
    huge = [("files", ("a.txt", b"x" * (UPLOAD_BYTES + 200_000)))]
    response = client.post("/footnote/add", files=huge)
    assert response.status_code == 413 and "bytes" in response.json()["detail"]

    def chunks() -> Iterator[bytes]:  # without a length
        yield b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\n'
        for _ in range(UPLOAD_BYTES // 1_000_000 + 2):
            yield b"x" * 1_000_000

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    response = client.post("/footnote/add", content=chunks(), headers=headers)
    assert response.status_code == 413
    assert index.articles() == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "multipart/form-data"),
        (b"", "multipart/form-data; boundary=b"),
        (b"--b\r\n", "multipart/form-data; boundary=b"),
        (b"nonsense", "multipart/form-data; boundary=b"),
        (b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
         "multipart/form-data; boundary=b"),
        (b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\nx\r\n--b--',
         "multipart/form-data; boundary=b"),
        (b"--b\r\n" + b"A: " + b"x" * 100_000, "multipart/form-data; boundary=b"),
        (b"{}", "text/plain"), (b"[]", "application/json"), (b"\xff", "application/json"),
    ],
)  # fmt: skip
def test_forged_forms_are_refused_in_words(
    client: TestClient, index: Index, body: bytes, kind: str
) -> None:
    response = client.post("/footnote/add", content=body, headers={"Content-Type": kind})
    assert response.status_code == 422 and response.json()["detail"]
    assert index.articles() == []


def test_a_file_of_very_many_articles_is_cut_with_a_word(
    client: TestClient, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "ARTICLES", 3)
    lines = "\n".join(json.dumps({"title": f"T{n}", "text": f"Ferry {n} left."}) for n in range(9))
    *_, report = uploaded(client, ("many.jsonl", lines.encode()))
    assert report["added"] == 3 == len(index.articles())
    assert "over 3 articles" in report["skipped"][-1]["reason"]


def test_a_pasted_article_is_stored_as_it_was_described(client: TestClient, index: Index) -> None:
    response = pasted(
        client, title=" Bridge ", source="Ledger", published="2024-03-05", url="https://l.example/9"
    )
    report = json.loads(response.text.splitlines()[-1])
    assert counts(report) == (1, 0, 0)
    (article,) = index.articles()
    assert (article.title, article.source, article.url) == (
        "Bridge",
        "Ledger",
        "https://l.example/9",
    )
    assert str(article.published) == "2024-03-05" and article.text == STORY


ELSE = "The mayor of Zelgrad closed the tannery bridge on Friday. Everybody clapped."


def owned(index: Index, folder: Path) -> list[Article]:
    """Articles of the owner's: one known by its path, by its `id` and by its address."""
    folder.mkdir()
    (folder / "path.md").write_text(f"# Path\n\n{STORY}")
    (folder / "id.md").write_text("---\ntitle: Id\nid: story-9\n---\nThe harbour froze.")
    (folder / "url.md").write_text(
        "---\ntitle: Url\nurl: https://l.example/9\n---\nThe oak fell on Sunday."
    )
    assert main(["add", str(folder), "--index", str(index.path)]) == 0
    return index.articles()


def test_no_upload_takes_the_place_of_an_owners_article(
    client: TestClient, index: Index, tmp_path: Path
) -> None:
    before = owned(index, tmp_path / "own")
    forged = [f"id: {article.id}" for article in before] + ["id: story-9"]
    files = [
        (f"{n}.md", f"---\ntitle: Forged\n{line}\n---\nForged {n}. {ELSE}".encode())
        for n, line in enumerate(forged)
    ]
    lines = "\n".join(
        json.dumps({"title": "L", "id": a.id, "text": f"{ELSE} {a.title}"}) for a in before
    )
    *_, report = uploaded(client, *files, ("lines.jsonl", lines.encode()))
    assert counts(report) == (len(files) + len(before), 0, 0)  # each an article of its own
    *_, report = uploaded(
        client, ("url.md", f"---\ntitle: U\nurl: https://l.example/9\n---\n{ELSE}".encode())
    )
    assert counts(report) == (0, 0, 0)
    ((skipped),) = report["skipped"]
    assert skipped["name"] == "url.md" and "in the index already" in skipped["reason"]
    assert [index.article(article.id) for article in before] == before
    assert all(index.origin(article.id) for article in before)


def test_no_paste_takes_the_place_of_an_article(client: TestClient, index: Index) -> None:
    def report(**fields: Any) -> dict[str, Any]:
        url = "https://l.example/9"
        return dict(json.loads(pasted(client, url=url, **fields).text.splitlines()[-1]))

    assert counts(report()) == (1, 0, 0)
    assert counts(report()) == (0, 0, 1)
    (first,) = index.articles()
    for fields in ({"title": "New"}, {"text": ELSE}, {"published": "2024-03-05"}):
        said = report(**fields)
        assert counts(said) == (0, 0, 0)
        assert "in the index already" in said["skipped"][0]["reason"]
    assert index.articles() == [first]


def test_the_same_sent_again_is_unchanged_and_stays_where_it_was(
    client: TestClient, index: Index, tmp_path: Path
) -> None:
    before = owned(index, tmp_path / "own")
    for file in (tmp_path / "own").iterdir():
        file.rename(tmp_path / file.name)  # gone for now: it comes back
    upload = ("mine.md", f"---\ntitle: Mine\nid: x\n---\n{ELSE}".encode())
    *_, one = uploaded(client, upload)
    *_, two = uploaded(
        client, ("other.md", upload[1]), ("u.md", (tmp_path / "url.md").read_bytes())
    )
    assert (counts(one), counts(two)) == ((1, 0, 0), (0, 0, 2))
    assert [index.article(article.id) for article in before] == before
    assert index.origin(before[-1].id) == str(tmp_path / "own" / "url.md")


def test_what_a_reader_added_the_owner_can_replace(
    client: TestClient, index: Index, tmp_path: Path
) -> None:
    assert counts(json.loads(pasted(client, url="https://l.example/9").text.splitlines()[-1]))[0]
    owned(index, tmp_path / "own")
    assert STORY not in [a.text for a in index.articles() if a.url]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": " "}, "a title."), ({"title": None}, "a title."), ({"title": 7}, "must be text"),
        ({"title": "x" * 2_000}, "limit"),
        ({"text": ""}, "a text."), ({"text": " \n"}, "a text."), ({"text": None}, "a text."),
        ({"text": "\u200b \n"}, "holds no text"), ({"text": 7}, "must be text"),
        ({"text": "x" * (PASTE + 1)}, "the limit is"),
        ({"text": "half \ud83d"}, "broken character"),
        ({"url": "javascript:alert(1)"}, "must begin with http"), ({"url": "https:///x"}, "http"),
        ({"url": 7}, "must be text"), ({"published": "31/02/2024"}, "must be a day"),
        ({"published": "2024-02-30"}, "must be a day"), ({"source": ["x"]}, "must be text"),
    ],
)  # fmt: skip
def test_a_forged_paste_is_refused_in_words(
    client: TestClient, index: Index, fields: dict[str, Any], words: str
) -> None:
    response = pasted(client, **fields)
    assert response.status_code == 422 and words in response.json()["detail"]
    assert index.articles() == []


def test_hostile_text_comes_back_as_text(client: TestClient, index: Index) -> None:
    text = "<script>alert(1)</script> ${7*191} {{7*191}} <img src=http://spy.example/a.gif> stayed."
    pasted(client, title="<b onclick=alert(1)>Mayor</b> ${7*191}", text=text)
    (heading,) = client.get("/footnote/articles").json()["articles"]
    assert heading["title"] == "<b onclick=alert(1)>Mayor</b> ${7*191}"
    body = client.post(
        "/footnote/article", json={"article": heading["id"], "version": heading["version"]}
    )
    assert body.json()["blocks"] == [[{"text": text, "keys": []}]]
    assert body.headers["content-type"] == "application/json"


def test_while_another_program_writes_the_reader_is_told(client: TestClient, index: Index) -> None:
    with writing(index.path):
        last = json.loads(pasted(client).text.splitlines()[-1])
    assert (last["event"], last["kind"]) == ("error", "busy") and "/" not in last["message"]
    assert counts(json.loads(pasted(client).text.splitlines()[-1])) == (1, 0, 0)


def test_nothing_can_be_added_unless_it_was_allowed(index: Index) -> None:
    client = TestClient(build_app([Answerer(index)], index, ("testserver",)))
    files = [("files", ("a.txt", STORY.encode()))]
    assert client.post("/footnote/add", files=files).status_code == 404
    assert pasted(client).status_code == 404
    assert client.post("/footnote/add", content=b"x" * 3_000_000).status_code == 413
    assert index.articles() == [] and client.get("/footnote/about").json()["allow_add"] is False


def test_the_samples_are_never_added_to(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chat", "--seeds", "--allow-add"]) == 1
    assert "kept for the sample articles" in capsys.readouterr().err
