// Runs one program in MicroPython: node run.mjs MODULE FOLDER PROGRAM HEAP
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [module, folder, program, heap] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(module).href);
const lines = [];
const python = await loadMicroPython({
    heapsize: Number(heap),
    stdout: (line) => lines.push(line),
    linebuffer: true,
});
for (const name of fs.readdirSync(folder)) {
    const file = path.join(folder, name);
    if (fs.statSync(file).isFile()) {
        python.FS.writeFile("/" + name, fs.readFileSync(file));
    }
}
let status = 0;
try {
    python.runPython("import os\nos.chdir('/')\nimport sys\nsys.path.insert(0, '/')\n");
    // Garbage is collected between the steps only, where no stack has to be searched.
    for (const step of fs.readFileSync(path.join(folder, program), "utf8").split("# step\n")) {
        python.runPython(step);
    }
} catch (error) {
    lines.push(String(error));
    status = 1;
}
fs.writeSync(1, lines.join("\n") + "\n");
process.exit(status);
