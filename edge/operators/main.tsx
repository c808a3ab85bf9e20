import { render } from "preact";
import { mountAt } from "../console/router.tsx";
import { applyTheme } from "../console/theme.ts";
import { App } from "./app.tsx";

mountAt("");
applyTheme();
const root = document.querySelector("#operators");
if (root !== null) render(<App />, root);
