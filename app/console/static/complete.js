// Offer names in the page's code editors: members behind a dot, and modules.
//
// A name is {label, kind, detail, info}. All of them are shown as text, never as markup.
import { EditorState, EditorView, StateEffect, syntaxTree } from "nicegui-codemirror";

const PLAIN = new Set(["Comment", "String", "FormatString"]);
let known = new Map(); // the members of the boards' modules and classes
const own = new WeakMap(); // an editor's {members, meaning}, each a Map

/** Take the members of the boards' modules and classes, by their dotted names. */
export function learn(members) {
  known = new Map(Object.entries(members));
}

/** Offer names in editors; `files`: {members, meaning} by the id of the editor's element. */
export async function offer(files) {
  for (const [id, { members, meaning }] of Object.entries(files)) {
    const element = document.getElementById(id);
    await (element && getElement(element)?.editorPromise); // the library makes it at any time
    const view = element && EditorView.findFromDOM(element);
    if (!view) continue; // the page was left
    if (!own.has(view)) {
      const namesOf = (context) => complete(context, own.get(view));
      const data = EditorState.languageData.of(() => [{ autocomplete: namesOf }]);
      view.dispatch({ effects: StateEffect.appendConfig.of(data) });
    }
    own.set(view, {
      members: new Map(Object.entries(members)),
      meaning: new Map(Object.entries(meaning)),
    });
  }
}

function complete(context, { members, meaning }) {
  const typed = context.matchBefore(/[\w.]*/);
  if (!typed || (!typed.text && !context.explicit)) return null;
  if (PLAIN.has(syntaxTree(context.state).resolveInner(context.pos, -1).name)) return null;
  const dot = typed.text.lastIndexOf(".");
  const found = dot < 0 ? modules(members) : inside(typed.text.slice(0, dot), members, meaning);
  return found && { from: typed.from + dot + 1, options: found.map(option), validFor: /^\w*$/ };
}

function modules(members) {
  const names = [...known.keys(), ...members.keys()].filter((name) => /^[a-z]\w*$/.test(name));
  return names.filter((name) => name !== "self").map((label) => ({ label, kind: "namespace" }));
}

function inside(before, members, meaning) {
  const [first, ...rest] = before.split(".");
  const name = meaning.get(before) ?? [meaning.get(first) ?? first, ...rest].join(".");
  return members.get(name) ?? known.get(name);
}

// Without empty fields, as the library tells two sources' same name by them.
function option({ label, kind, detail, info }) {
  return { label, type: kind, detail: detail || undefined, info: info || undefined };
}
