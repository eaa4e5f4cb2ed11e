// Imports the modules that it is given, and says how long that took and how large the process is.
// JavaScript, so that nothing has to be stripped of types before it runs.
const before = performance.now()
for (const name of process.argv.slice(2)) await import(name)
const importMs = performance.now() - before
console.log(JSON.stringify({ importMs, rssMb: process.memoryUsage.rss() / 2 ** 20 }))
