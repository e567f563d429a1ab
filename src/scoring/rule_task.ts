import type { Rule } from '../core/scoring/rule.ts';
import type { Window } from '../core/scoring/window.ts';

/** The KQL rule and its window; null where only `regularity` is applied. */
export type RuleTask = { readonly rule: Rule; readonly window: Window } | null;
