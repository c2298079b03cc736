// How keys name the elements of mapped steps (pure).
export interface StepElement {
  /** The step of the definition. */
  of: string;
  /** Null where it stands for all of them, which are not known or are none. */
  mappingKey: string | null;
}

/** Null for a step that is not mapped. */
export function elementOf(stepKey: string): StepElement | null {
  const [, of, mappingKey] = /^([^[]+)\[(.+)\]$/.exec(stepKey) ?? [];
  if (of === undefined || mappingKey === undefined) return null;
  return { of, mappingKey: mappingKey === "?" ? null : mappingKey };
}
