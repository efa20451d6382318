// Puts GOV.UK Frontend's scripts beside the compiled styles, as one module file for the browser.
import { mkdir, readFile, writeFile } from "node:fs/promises";

const library = await readFile("node_modules/govuk-frontend/dist/govuk/govuk-frontend.min.js", "utf8");

await mkdir("static/built", { recursive: true });
// The source map is not published; with its name left in, collectstatic would look for it and fail.
await writeFile("static/built/govuk-frontend.min.js", library.replace(/\n?\/\/# sourceMappingURL=.*\s*$/, "\n"));
