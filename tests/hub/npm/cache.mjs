// One cache for the hub's own npm client and for Etna: what either has downloaded the other finds, byte for byte.
// node cache.mjs SERVER ETNA   where ETNA is "hub_download_child": CACHE DATA ENDPOINT REPOSITORY
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { lstat, mkdtemp, readdir, readFile, readlink, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import * as hub from "@huggingface/hub";

const [, , serverProgram, etnaProgram] = process.argv;
const server = spawn(serverProgram, { stdio: ["pipe", "pipe", "inherit"] });
const lines = createInterface({ input: server.stdout })[Symbol.asyncIterator]();
const [hubUrl] = (await lines.next()).value.split(" ");
const repo = "etna/tiny";
const files = ["config.json", "model.safetensors", "sub/dir/extra.txt", "tiny.gguf"];

/// The test hub has no chunk store behind it: a client that is not told of one takes the plain way.
function withoutXet(response) {
  const headers = new Headers(response.headers);
  headers.delete("X-Xet-Hash");
  if ((headers.get("Link") ?? "").includes("xet-auth")) headers.delete("Link");
  const copy = new Response(response.body, { status: response.status, headers });
  Object.defineProperty(copy, "url", { value: response.url });
  return copy;
}

const etnaGet = (cache, data) => {
  const { status, stderr } = spawnSync(etnaProgram, [cache, data, hubUrl, repo], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
};

/// name → inode of each blob.
async function blobsOf(cache) {
  const folder = join(cache, "models--etna--tiny", "blobs");
  const found = {};
  for (const name of (await readdir(folder)).sort()) found[name] = (await lstat(join(folder, name))).ino;
  return found;
}

/// path → text of each link of the only snapshot.
async function linksOf(cache) {
  const folder = join(cache, "models--etna--tiny", "snapshots");
  const [commit] = await readdir(folder);
  const found = {};
  for (const path of files) found[path] = await readlink(join(folder, commit, path));
  return { commit, found };
}

const checks = {
  async "Etna uses what the npm client has downloaded"(cache, data) {
    const plain = (url, init) => fetch(url, init).then(withoutXet);
    await hub.snapshotDownload({ hubUrl, repo, cacheDir: cache, fetch: plain });
    const before = await blobsOf(cache);
    const links = await linksOf(cache);
    etnaGet(cache, data);
    assert.deepEqual(await blobsOf(cache), before);  // the same inodes: nothing was loaded again
    assert.deepEqual(await linksOf(cache), links);
  },
  async "the npm client uses what Etna has downloaded"(cache, data) {
    etnaGet(cache, data);
    const before = await blobsOf(cache);
    const { commit, found } = await linksOf(cache);
    assert.equal(await readFile(join(cache, "models--etna--tiny", "refs", "main"), "utf8"), commit);
    let bodies = 0;
    const counting = async (url, init) => {
      const range = new Headers(init?.headers).get("Range");
      if (String(url).includes("/resolve/") && range !== "bytes=0-0") ++bodies;
      return withoutXet(await fetch(url, init));
    };
    for (const path of files) {
      const file = await hub.downloadFileToCacheDir({
        hubUrl, repo, path, revision: commit, cacheDir: cache, fetch: counting,
      });
      assert.equal(file, join(cache, "models--etna--tiny", "snapshots", commit, path));
      assert.ok((await readFile(file)).length > 0);
    }
    assert.equal(bodies, 0);
    assert.deepEqual(await blobsOf(cache), before);
    assert.deepEqual((await linksOf(cache)).found, found);
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  const folder = await mkdtemp(join(tmpdir(), "etna-exchange-"));
  try {
    await check(join(folder, "hub"), join(folder, "data"));
    console.log(`ok    ${name}`);
  } catch (error) {
    ++failed;
    console.log(`FAIL  ${name}\n${error.stack}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}
server.stdin.end();
process.exit(failed === 0 ? 0 : 1);
