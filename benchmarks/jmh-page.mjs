// Turns JMH's JSON into a page like that of `sluice compare`:
//   java -jar benchmarks/target/benchmarks.jar Matmul -p backend=cpu,opencl -rf json -rff all.json
//   node benchmarks/jmh-page.mjs all.json page.html
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [from, to] = process.argv.slice(2);
if (!from || !to) {
  console.error('usage: node jmh-page.mjs RESULTS.json PAGE.html');
  process.exit(2);
}
let results;
try {
  results = JSON.parse(readFileSync(from, 'utf8'));
} catch (e) {
  console.error(`jmh-page: ${from} cannot be read as JMH's JSON: ${e.message}`);
  process.exit(2);
}

// One style for both pages: it lies in the class that writes the other one.
const home = dirname(fileURLToPath(import.meta.url));
const page = readFileSync(join(home, '../cli/src/main/java/org/sluice/cli/compare/Page.java'), 'utf8');
const style = page.match(/STYLE =\s*"""\n([\s\S]*?)"""/)[1].replace(/^ {12}/gm, '');

const escape = (t) =>
  String(t).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const number = (v) =>
  v >= 100 ? Math.round(v).toLocaleString('en') : v.toLocaleString('en', { maximumSignificantDigits: 3 });

const groups = new Map();
for (const r of results) {
  const name = r.benchmark.split('.').slice(-2).join('.');
  const { backend = 'all', ...rest } = r.params ?? {};
  const label = Object.entries(rest).map(([k, v]) => `${k}=${v}`).join(' ') || name;
  const add = (title, metric) => {
    if (!groups.has(title)) groups.set(title, []);
    groups.get(title).push({ label, backend, metric });
  };
  add(`${name}, ${r.primaryMetric.scoreUnit}`, r.primaryMetric);
  for (const [key, metric] of Object.entries(r.secondaryMetrics ?? {})) {
    add(`${name}: ${key}, ${metric.scoreUnit}`, metric);
  }
}
const backends = [...new Set(results.map((r) => r.params?.backend ?? 'all'))];
const colour = (backend) => backends.indexOf(backend) % 7;
const finite = (v) => (Number.isFinite(Number(v)) ? Number(v) : 0); // JMH writes "NaN" where there is no error

const WIDTH = 720, LABEL = 250, VALUE = 130, LINE = 24, BAR = 14;
function chart(title, bars) {
  const most = Math.max(...bars.map((b) => finite(b.metric.score))) || 1;
  const lines = bars.map((b, i) => {
    const y = i * LINE + 4;
    const score = finite(b.metric.score);
    const w = Math.max((score / most) * (WIDTH - LABEL - VALUE), 1);
    const error = finite(b.metric.scoreError);
    return `<text x="${LABEL - 10}" y="${y + 12}" text-anchor="end">${escape(b.label)}</text>
<rect class="c${colour(b.backend)}" x="${LABEL}" y="${y}" width="${w.toFixed(1)}" height="${BAR}" rx="2"><title>${escape(b.backend)}</title></rect>
<text x="${(LABEL + w + 8).toFixed(1)}" y="${y + 12}">${number(score)}${error ? ` ± ${number(error)}` : ''}</text>`;
  });
  return `<h2>${escape(title)}</h2>
<svg viewBox="0 0 ${WIDTH} ${bars.length * LINE + 4}" role="img" aria-label="${escape(title)}">
${lines.join('\n')}
</svg>`;
}

const first = results[0] ?? {};
writeFileSync(
  to,
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Benchmarks</title>
<style>
${style}</style>
</head>
<body>
<h1>Benchmarks</h1>
<p class="soft">JMH ${escape(first.jmhVersion ?? '')}, ${escape(first.vmName ?? '')} ${escape(first.vmVersion ?? '')}, ${results.length} results</p>
<p class="key">${backends.map((b) => `<span class="c${colour(b)}">${escape(b)}</span>`).join('')}</p>
${[...groups].map(([title, bars]) => chart(title, bars)).join('\n')}
</body>
</html>
`,
);
