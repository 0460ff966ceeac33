// The measurements of compare-llamacpp.sh:
//   node compare-llamacpp.mjs SLUICE MODEL.gguf ROUNDS        runs both engines in turn
//   node compare-llamacpp.mjs --peer MODEL.gguf THREADS JSON  one measurement of llama.cpp, in a process of its own
import {execFileSync} from "node:child_process";
import {createRequire} from "node:module";
import {availableParallelism, cpus, loadavg} from "node:os";
import {fileURLToPath, pathToFileURL} from "node:url";

// Tokens per second of processor time of each thread: on a machine that does other work, too, what remains comparable.
const PROCESSOR = "by processor time: ";
const seconds = ({user, system}) => (user + system) / 1e6;
const sizes = (name, otherwise) => (process.env[name] ?? otherwise).split(",").map(Number);

/** Times a prompt until its first token, and the tokens after it; both after a warm-up. */
async function peer(modelPath, threads, {prefill, decode}) {
    const here = createRequire(process.cwd() + "/");
    const {getLlama, LlamaLogLevel} = await import(pathToFileURL(here.resolve("node-llama-cpp")).href);
    const llama = await getLlama({
        gpu: false, build: "never", skipDownload: true, progressLogs: false, logLevel: LlamaLogLevel.error,
        maxThreads: threads
    });
    const model = await llama.loadModel({modelPath, gpuLayers: 0});
    const contextSize = Math.max(...prefill, 32) + Math.max(...decode) + 64;
    const context = await model.createContext({contextSize, batchSize: 512, threads});
    const sequence = context.getSequence();
    let state = 1;
    const prompt = (n) => Array.from({length: n}, () => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return state % 256;
    });

    async function run(n, generate) {
        await sequence.clearHistory();
        const tokens = prompt(n);
        const start = performance.now(), processor = process.cpuUsage();
        let first = 0, count = 0, used = 0;
        for await (const _ of sequence.evaluate(tokens, {temperature: 0, yieldEogToken: true})) {
            if (count++ === 0) {
                first = performance.now();
                used = seconds(process.cpuUsage(processor));
            }
            if (count > generate) {
                break;
            }
        }
        const more = Math.max(1, count - 1), all = seconds(process.cpuUsage(processor));
        return {first: first - start, rest: (performance.now() - first) / more, used, usedLater: (all - used) / more, count};
    }

    const result = {};
    await run(64, 8);
    for (const n of prefill) {
        const r = await run(n, 0);
        result[`prefill ${n}`] = n * 1000 / r.first;
        result[`${PROCESSOR}prefill ${n}`] = n * threads / r.used;
    }
    for (const n of decode) {
        const r = await run(32, n);
        if (r.count < n / 2) {
            throw new Error(`llama.cpp ended after ${r.count} of ${n} tokens`);
        }
        result[`decode ${n}`] = 1000 / r.rest;
        result[`${PROCESSOR}decode ${n}`] = threads / r.usedLater;
    }
    console.log(JSON.stringify(result));
    process.exit(0);
}

/** Tokens per second of each test, and of a plain read of what a decode step needs. */
function sluice(launcher, model, threads, {prefill, decode}) {
    const out = execFileSync(launcher, [
        "bench", "--model", model, "--threads", threads, "--prompt", prefill.join(","), "--generate", decode.join(","),
        "--repeat", "1", "--json"
    ], {encoding: "utf8", maxBuffer: 1 << 26, stdio: ["ignore", "pipe", "inherit"]});
    const rates = {};
    for (const r of JSON.parse(out).results) {
        rates[`${r.test} ${r.tokens}`] = r.tokens_per_second;
        rates[`${PROCESSOR}${r.test} ${r.tokens}`] = r.tokens * threads * 1000 / r.median_processor_ms;
        if (r.plain_read_tokens_per_second) {
            rates[`plain read for ${r.test} ${r.tokens}`] = r.plain_read_tokens_per_second;
        }
    }
    return rates;
}

const median = (values) => {
    const v = [...values].sort((a, b) => a - b);
    return v.length % 2 ? v[v.length >> 1] : (v[v.length / 2 - 1] + v[v.length / 2]) / 2;
};

function compare(launcher, model, rounds) {
    const threads = String(process.env.THREADS ?? availableParallelism());
    const what = {prefill: sizes("PREFILL", "256,2048"), decode: sizes("DECODE", "64")};
    console.log(`${model}, ${threads} threads, ${cpus()[0].model}, medians of ${rounds} rounds in turn`);
    const all = {sluice: {}, peer: {}};
    const add = (to, rates) => Object.entries(rates).forEach(([k, v]) => (to[k] ??= []).push(v));
    for (let i = 0; i < rounds; i++) {
        const load = loadavg()[0];
        add(all.sluice, sluice(launcher, model, threads, what));
        add(all.peer, JSON.parse(execFileSync(process.execPath, [
            fileURLToPath(import.meta.url), "--peer", model, threads, JSON.stringify(what)
        ], {encoding: "utf8", stdio: ["ignore", "pipe", "inherit"]})));
        console.error(`round ${i + 1} of ${rounds} (load before it ${load.toFixed(1)}): `
            + JSON.stringify([all.sluice, all.peer].map((rates) => Object.entries(rates).map(([k, v]) => [k, +v.at(-1).toFixed(2)]))));
    }
    const f = (v) => v.toFixed(v < 100 ? 2 : 0).padStart(10);
    console.log(`${"tokens/s".padEnd(32)}${"Sluice".padStart(10)}${"llama.cpp".padStart(10)}${"ratio".padStart(8)}`
        + `${"plain read".padStart(12)}${"share".padStart(8)}`);
    for (const test of Object.keys(all.peer)) {
        const ours = median(all.sluice[test]), theirs = median(all.peer[test]);
        const plain = all.sluice[`plain read for ${test}`];
        console.log(test.padEnd(32) + f(ours) + f(theirs) + (ours / theirs).toFixed(2).padStart(8)
            + (plain ? f(median(plain)).padStart(12) + `${(100 * ours / median(plain)).toFixed(0)} %`.padStart(8) : ""));
    }
    console.log(JSON.stringify(all));
}

const [first, ...rest] = process.argv.slice(2);
if (first === "--peer") {
    await peer(rest[0], Number(rest[1]), JSON.parse(rest[2]));
} else {
    compare(first, rest[0], Number(rest[1]));
}
