// What each way to re-execute is called and does (pure). One that is not known here is called as the service calls it.
import type { Strategy } from "./plan-fields";

interface StrategyText {
  label: string;
  meaning: string;
}

const TEXTS: Readonly<Record<string, StrategyText>> = {
  ALL_STEPS: { label: "All steps", meaning: "Everything once more, nothing is reused." },
  SELECTED_STEPS: { label: "Selected steps", meaning: "Exactly the steps that you selected." },
  FROM_SELECTED: { label: "From selected", meaning: "Your selection and everything downstream of it." },
  FROM_FAILURE: {
    label: "From failure",
    meaning: "What is not settled yet and everything downstream of it.",
  },
  FROM_CHANGED: {
    label: "From changed",
    meaning: "What is not settled, or has other code, config or inputs now, and everything downstream of it.",
  },
};

export function strategyText(strategy: Strategy): StrategyText {
  return TEXTS[strategy] ?? { label: inWords(strategy), meaning: "" };
}

/** FROM_CHANGED reads "From changed". */
function inWords(name: string): string {
  const words = name.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function needsSelection(strategy: Strategy): boolean {
  return strategy === "SELECTED_STEPS" || strategy === "FROM_SELECTED";
}
