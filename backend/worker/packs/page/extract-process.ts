import { serve } from "../isolation/serve.ts";
import { type DocumentRequest, readDocument } from "./read-document.ts";

serve((request: DocumentRequest, enter) => readDocument(request, () => enter("searching")));
