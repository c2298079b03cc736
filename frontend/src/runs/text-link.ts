// How a link within text looks: its line tells it, not its colour alone.
export const TEXT_LINK =
  "text-accent underline decoration-accent/40 underline-offset-2 hover:decoration-accent [overflow-wrap:anywhere]";
