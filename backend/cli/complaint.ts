const OPTION = /^error: option '(?:-\w, )?(--[\w-]+)[^']*' argument '(.*)' is invalid\. (.*)$/s;
const ARGUMENT = /^error: command-argument value '(.*)' is invalid for argument '([^']+)'\. (.*)$/s;
const LONGEST = 40;

/** commander's complaint about a value as a sentence: what must be, then what it is. Any other stays as it is. */
export function complaint(text: string): string {
  const [, option, given = "", why = ""] = OPTION.exec(text) ?? [];
  if (option !== undefined) return sentence(option, given, why);
  const [, value = "", argument, reason = ""] = ARGUMENT.exec(text) ?? [];
  return argument === undefined ? text : sentence(`<${argument}>`, value, reason);
}

function sentence(name: string, value: string, why: string): string {
  const shown = JSON.stringify(value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);
  return `error: ${name} ${why.trimEnd()}${value.trim() === "" ? "" : ` (it is ${shown})`}\n`;
}
