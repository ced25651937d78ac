// The hub's own npm client against the test hub: listing, pages, downloads, uploads, errors.
// node check.mjs SERVER   where SERVER prints "ENDPOINT SHA256" and lives as long as its input.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as hub from "@huggingface/hub";
import { gguf } from "@huggingface/gguf";

const server = spawn(process.argv[2], { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const [hubUrl, patternHash] = (await lines.next()).value.split(" ");
const reader = { hubUrl, accessToken: "hf_reader" };
const writer = { hubUrl, accessToken: "hf_writer" };
const repo = "etna/tiny";

const all = async (generator) => {
  const items = [];
  for await (const item of generator) items.push(item);
  return items;
};
const sha256 = async (blob) => createHash("sha256").update(Buffer.from(await blob.arrayBuffer())).digest("hex");
const download = (path, more = {}) => hub.downloadFile({ hubUrl, repo, path, xet: false, ...more });

const checks = {
  async "the account behind a token"() {
    assert.equal((await hub.whoAmI(writer)).name, "writer");
  },
  async "a listing through its pages"() {
    const models = await all(hub.listModels({ hubUrl, search: { owner: "etna" } }));
    assert.deepEqual(models.map((model) => model.name).sort(),
                     ["etna/gated", "etna/m0", "etna/m1", "etna/m2", "etna/m3", "etna/m4", "etna/tiny"]);
    assert.equal(models.find((model) => model.name === "etna/gated").gated, "manual");
  },
  async "a model page, and a renamed one"() {
    assert.equal((await hub.modelInfo({ hubUrl, name: repo, additionalFields: ["sha"] })).sha.length, 40);
    assert.equal((await hub.modelInfo({ hubUrl, name: "old/tiny" })).name, repo);
  },
  async "files with sizes and hashes"() {
    const files = await all(hub.listFiles({ hubUrl, repo, recursive: true }));
    const pattern = files.find((file) => file.path === "pattern.bin");
    assert.equal(pattern.size, 3000000);
    assert.equal(pattern.lfs.oid, patternHash);
    const [info] = await hub.pathsInfo({ hubUrl, repo, paths: ["model.safetensors"] });
    assert.equal(info.path, "model.safetensors");
    assert.equal((await hub.fileDownloadInfo({ hubUrl, repo, path: "pattern.bin" })).size, 3000000);
  },
  async "small, large and partial downloads"() {
    assert.equal(await (await download("config.json")).text(), '{"model_type":"llama"}\n');
    const blob = await download("pattern.bin");
    assert.equal(await sha256(blob), patternHash);
    const whole = Buffer.from(await blob.arrayBuffer());
    const part = Buffer.from(await blob.slice(1000, 2000).arrayBuffer());
    assert.ok(part.equals(whole.subarray(1000, 2000)));
    assert.equal(await download("missing.json"), null);
    assert.equal(await sha256(await download("pattern.bin", { accessToken: "hf_reader" })), patternHash);
  },
  async "headers of weight files"() {
    const { metadata } = await gguf(`${hubUrl}/${repo}/resolve/main/tiny.gguf`);
    assert.equal(metadata["general.architecture"], "llama");
    const { header } = await hub.parseSafetensorsMetadata({ hubUrl, repo, path: "model.safetensors" });
    assert.deepEqual(header.a.shape, [2, 3]);
  },
  async "a snapshot in a cache"() {
    const cacheDir = await mkdtemp(join(tmpdir(), "etna-npm-"));
    try {
      const plain = (url, init) => fetch(url, init).then(withoutXet);
      const folder = await hub.snapshotDownload({ hubUrl, repo, cacheDir, fetch: plain });
      assert.equal(await readFile(join(folder, "sub/dir/extra.txt"), "utf8"), "extra\n");
      assert.equal(createHash("sha256").update(await readFile(join(folder, "pattern.bin"))).digest("hex"), patternHash);
    } finally {
      await rm(cacheDir, { recursive: true });
    }
  },
  async "uploads: regular, one part, several parts, and back"() {
    const name = "etna/uploaded";
    await hub.createRepo({ ...writer, repo: name });
    const one = new Blob(["x".repeat(500000)]);
    const several = new Blob(["y".repeat(5500000)]);
    const { commit } = await hub.uploadFiles({
      ...writer, repo: name, useXet: false,
      files: [{ path: "config.json", content: new Blob(["{}"]) }, { path: "a.safetensors", content: one },
              { path: "big.bin", content: several }],
    });
    assert.equal(commit.oid.length, 40);
    const back = await hub.downloadFile({ hubUrl, repo: name, path: "big.bin", xet: false });
    assert.equal(await sha256(back), await sha256(several));
    await hub.deleteFile({ ...writer, repo: name, path: "a.safetensors" });
    assert.ok(!(await hub.fileExists({ hubUrl, repo: name, path: "a.safetensors" })));
    await hub.deleteRepo({ ...writer, repo: name });
  },
  async "errors as the client knows them"() {
    const code = (promise) => promise.then(() => 0, (error) => error.statusCode);
    assert.equal(await code(hub.modelInfo({ hubUrl, name: "etna/none" })), 401);
    assert.equal(await code(hub.modelInfo({ ...reader, name: "etna/none" })), 404);
    assert.equal(await code(hub.downloadFile({ hubUrl, repo: "etna/gated", path: "config.json" })), 401);
    assert.equal(await code(hub.downloadFile({ ...reader, repo: "etna/gated", path: "config.json" })), 403);
    assert.equal(await code(hub.createRepo({ ...reader, repo: "etna/mine" })), 403);
  },
  async "no token left the hub"() {
    server.stdin.write("leaks\n");
    assert.equal((await lines.next()).value, "0");
  },
};

/// The test hub has no chunk store behind it: a client that is not told of one takes the plain way.
function withoutXet(response) {
  const headers = new Headers(response.headers);
  headers.delete("X-Xet-Hash");
  if ((headers.get("Link") ?? "").includes("xet-auth")) headers.delete("Link");
  const copy = new Response(response.body, { status: response.status, headers });
  Object.defineProperty(copy, "url", { value: response.url });
  return copy;
}

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok    ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL  ${name}\n${error.stack}`);
  }
}
server.stdin.end();
process.exit(failed === 0 ? 0 : 1);
