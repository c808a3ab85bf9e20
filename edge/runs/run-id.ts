import { idParameter } from "../http/parameters.ts";

export const runIdParameter = {
  ...idParameter("run id", "The run's id.", "01a1fa37-24d5-77a5-b92c-ccf601371541"),
  component: "RunId",
};
