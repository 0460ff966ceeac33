// Runs prompts through llama.cpp greedily.
//   node greedy.mjs MODEL.gguf CASES.json RESULT.json
// CASES: [{tokens, most, stop, text?}]; RESULT: [{tokens, encoded?}], in the same order. node-llama-cpp must be
// installed in the folder this runs in; nothing is fetched or built. One thread: on a busy machine threads that wait for
// each other take minutes.
import {readFileSync, writeFileSync} from "node:fs";
import {createRequire} from "node:module";
import {pathToFileURL} from "node:url";

const here = createRequire(process.cwd() + "/");
const {getLlama, LlamaLogLevel} = await import(pathToFileURL(here.resolve("node-llama-cpp")).href);
const [modelPath, casesPath, resultPath] = process.argv.slice(2);
const cases = JSON.parse(readFileSync(casesPath, "utf8"));

const llama = await getLlama({
    gpu: false, build: "never", skipDownload: true, progressLogs: false, logLevel: LlamaLogLevel.error
});
const model = await llama.loadModel({modelPath, gpuLayers: 0});
const size = Math.max(...cases.map((c) => c.tokens.length + c.most)) + 8;
const context = await model.createContext({contextSize: size, threads: 1, batchSize: 512});
const sequence = context.getSequence();

const results = [];
for (const c of cases) {
    await sequence.clearHistory();
    const tokens = [];
    for await (const token of sequence.evaluate(c.tokens, {temperature: 0, yieldEogToken: true})) {
        tokens.push(token);
        if (tokens.length >= c.most || c.stop.includes(token)) {
            break;
        }
    }
    results.push({tokens, encoded: c.text === undefined ? undefined : model.tokenize(c.text, true)});
}
writeFileSync(resultPath, JSON.stringify(results));
await context.dispose();
await model.dispose();
process.exit(0);
